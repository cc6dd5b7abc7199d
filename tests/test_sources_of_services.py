"""One system for each thing that services are read from, with the graph that is expected of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources import Source, edges, services, written

STOCK = """
    from fastapi import FastAPI
    app = FastAPI()


    @app.get("/items/{sku}")
    def show(sku: str):
        return {"sku": sku}
    """
SHOP = """
    import os
    import httpx
    from fastapi import FastAPI
    app = FastAPI()
    STOCK_URL = os.environ["STOCK_URL"]


    @app.get("/availability/{sku}")
    def availability(sku: str):
        return httpx.get(f"{STOCK_URL}/items/{sku}").json()
    """
DOCKERFILE = "FROM python:3.12\nCOPY . /app\nCMD uvicorn main:app\n"
ASKS = "http shop shop/main.py:10 -> stock stock/main.py:6"

COMPOSE = Source(
    {
        "docker-compose.yml": """
            services:
              shop:
                extends: {file: deploy/common.yml, service: web}
                build: ./shop
                env_file: [shop/shop.env]
              stock:
                extends: {file: deploy/common.yml, service: web}
                build: ./stock
                networks:
                  backend: {aliases: [inventory]}
              audit:
                build: ./audit
                profiles: [full]
                environment:
                  - STOCK_URL=http://${STOCK_HOST:-stock}:8000
            networks: {backend: {}}
            """,
        "deploy/common.yml": """
            services:
              web:
                expose: ["8000"]
            """,
        "shop/shop.env": "# where the stock is\nSTOCK_URL=http://inventory:8000\n",
        "shop/Dockerfile": DOCKERFILE,
        "shop/main.py": SHOP,
        "stock/Dockerfile": DOCKERFILE,
        "stock/main.py": STOCK,
        "audit/Dockerfile": "FROM python:3.12\nCOPY . /app\nCMD python audit.py\n",
        "audit/audit.py": """
            import os
            import requests


            def check(sku):
                return requests.get(os.environ["STOCK_URL"] + "/items/" + sku)


            if __name__ == "__main__":
                check("7")
            """,
    },
    {"shop": "shop", "stock": "stock", "audit": "audit"},
    ("http audit audit/audit.py:6 -> stock stock/main.py:6", ASKS),
)

KUBERNETES = Source(
    {
        "deploy/base/kustomization.yaml": """
            resources: [shop.yaml, stock.yaml]
            configMapGenerator:
              - name: urls
                literals: [STOCK_URL=http://nowhere]
            """,
        "deploy/base/shop.yaml": """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: shop}
            spec:
              selector: {matchLabels: {app: shop}}
              template:
                metadata: {labels: {app: shop}}
                spec:
                  containers:
                    - name: shop
                      image: registry.example.com/acme/shop:1
                      envFrom:
                        - configMapRef: {name: shop-settings}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: shop-settings}
            data:
              STOCK_URL: http://stock-service.default.svc.cluster.local
            """,
        "deploy/base/stock.yaml": """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: stock}
            spec:
              selector: {matchLabels: {app: stock}}
              template:
                metadata: {labels: {app: stock}}
                spec:
                  containers: [{name: stock, image: "registry.example.com/acme/stock:1"}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: stock-service}
            spec:
              selector: {app: stock}
              ports: [{port: 80, targetPort: 8000}]
            """,
        "charts/audit/Chart.yaml": "apiVersion: v2\nname: audit\nversion: 0.1.0\n",
        "charts/audit/values.yaml": """
            image: {repository: acme/audit, tag: "1"}
            env:
              STOCK_URL: http://stock-service
            """,
        "charts/audit/templates/deployment.yaml": """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: {{ .Release.Name }}-audit
            spec:
              template:
                spec:
                  containers:
                    - name: audit
                      image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
                      env:
                        {{- range $name, $value := .Values.env }}
                        - name: {{ $name }}
                          value: {{ $value | quote }}
                        {{- end }}
            """,
        "shop/Dockerfile": DOCKERFILE,
        "shop/main.py": SHOP,
        "stock/Dockerfile": DOCKERFILE,
        "stock/main.py": STOCK,
        "audit/Dockerfile": "FROM python:3.12\nCOPY . /app\nCMD python main.py\n",
        "audit/main.py": """
            import os
            import requests


            def check(sku):
                return requests.get(os.environ["STOCK_URL"] + "/items/" + sku)


            check("7")
            """,
    },
    {"shop": "shop", "stock": "stock", "audit": "audit"},
    ("http audit audit/main.py:6 -> stock stock/main.py:6", ASKS),
)

SAM = Source(
    {
        "template.yaml": """
            AWSTemplateFormatVersion: "2010-09-09"
            Transform: AWS::Serverless-2016-10-31
            Globals:
              Function: {Runtime: python3.12, Handler: app.handler}
            Resources:
              Orders: {Type: AWS::SNS::Topic, Properties: {TopicName: orders}}
              Mails:
                Type: AWS::SQS::Queue
                Properties:
                  QueueName: mails
                  RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
              Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
              MailsOfOrders:
                Type: AWS::SNS::Subscription
                Properties: {Protocol: sqs, TopicArn: !Ref Orders, Endpoint: !GetAtt Mails.Arn}
              Place:
                Type: AWS::Serverless::Function
                Properties:
                  CodeUri: place/
                  Environment: {Variables: {TOPIC_ARN: !Ref Orders}}
                  Events:
                    Api: {Type: Api, Properties: {Path: "/orders", Method: post}}
              Mail:
                Type: AWS::Serverless::Function
                Properties:
                  CodeUri: mail/
                  Environment:
                    Variables:
                      API: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod"
                  Events:
                    Queue: {Type: SQS, Properties: {Queue: !GetAtt Mails.Arn}}
            """,
        "place/app.py": """
            import json
            import os
            import boto3
            sns = boto3.client("sns")


            def handler(event, context):
                sns.publish(TopicArn=os.environ["TOPIC_ARN"], Message=json.dumps(event["body"]))
                return {"statusCode": 202}
            """,
        "mail/app.py": """
            import os
            import requests


            def handler(event, context):
                for record in event["Records"]:
                    requests.post(os.environ["API"] + "/orders", json=record)
            """,
    },
    {"mail": "mail", "place": "place"},
    (
        "consume topic orders -> mail mail/app.py:5",
        "http mail mail/app.py:7 -> place place/app.py:7",
        "publish place place/app.py:8 -> topic orders",
    ),
)

SERVERLESS = Source(
    {
        "orders/serverless.yml": """
            service: orders
            provider:
              name: aws
              runtime: python3.12
              environment:
                MAIL_QUEUE: ${self:custom.queue}
            custom:
              queue: mails
            functions:
              place:
                handler: handlers.place
                events:
                  - httpApi: "POST /orders"
            """,
        "orders/handlers.py": """
            import os
            import boto3
            sqs = boto3.client("sqs")


            def place(event, context):
                url = sqs.get_queue_url(QueueName=os.environ["MAIL_QUEUE"])["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody=event["body"])
                return {"statusCode": 202}
            """,
        "mail/serverless.yml": """
            service: mail
            provider: {name: aws, runtime: python3.12}
            functions:
              send:
                handler: handlers.send
                events:
                  - sqs: {arn: "arn:aws:sqs:eu-west-1:123456789012:mails"}
            """,
        "mail/handlers.py": """
            def send(event, context):
                for record in event["Records"]:
                    print(record)
            """,
    },
    {"mail": "mail", "orders": "orders"},
    (
        "consume topic mails -> mail mail/handlers.py:1",
        "publish orders orders/handlers.py:8 -> topic mails",
    ),
)

FOLDERS = Source(
    {
        "services/shop/requirements.txt": "fastapi\nhttpx\n",
        "services/shop/main.py": SHOP,
        "services/shop/.env": "STOCK_URL=http://stock:8000\n",
        "services/stock/pyproject.toml": "[project]\nname = 'stock'\nversion = '1'\n",
        "services/stock/stock/main.py": STOCK,
        "libs/money/pyproject.toml": "[project]\nname = 'money'\nversion = '1'\n",
        "libs/money/money/rounding.py": "def rounded(amount):\n    return round(amount, 2)\n",
    },
    {"shop": "services/shop", "stock": "services/stock"},
    ("http shop services/shop/main.py:10 -> stock services/stock/stock/main.py:6",),
)

DECLARED = Source(
    {
        "pyproject.toml": """
            [tool.edanalyze.services]
            front = { path = "src/front" }
            warehouse = { path = "src/inventory", hosts = ["stock.internal.example.com"] }
            payments = { external = true, hosts = ["pay.internal"] }

            [tool.edanalyze.environment]
            STOCK_URL = "https://stock.internal.example.com"
            """,
        "src/front/main.py": SHOP
        + """

    @app.post("/charges")
    def charge():
        httpx.post("http://pay.internal/charges")
    """,
        "src/inventory/main.py": STOCK,
    },
    {"front": "src/front", "warehouse": "src/inventory"},
    (
        "http front src/front/main.py:10 -> warehouse src/inventory/main.py:6",
        "http front src/front/main.py:15 -> external payments",
    ),
)

PROCFILE = Source(
    {
        "Procfile": """
            web: gunicorn shop.web:app
            worker: celery -A shop.tasks worker
            beat: celery -A shop.tasks beat
            """,
        "requirements.txt": "flask\ncelery\n",
        "shop/__init__.py": "",
        "shop/web.py": """
            from flask import Flask
            from shop.tasks import send_mail
            app = Flask(__name__)


            @app.post("/orders")
            def place():
                send_mail.delay(1)
                return "", 202
            """,
        "shop/tasks.py": """
            from celery import Celery
            app = Celery("shop", broker="amqp://broker")
            app.conf.beat_schedule = {"tidy": {"task": "shop.tasks.tidy", "schedule": 60}}


            @app.task
            def send_mail(number): ...


            @app.task
            def tidy(): ...
            """,
    },
    {"web": ""},
    (
        "consume topic shop.tasks.send_mail -> web shop/tasks.py:7",
        "consume topic shop.tasks.tidy -> web shop/tasks.py:11",
        "publish web shop/web.py:8 -> topic shop.tasks.send_mail",
    ),
)

SOURCES = {
    "compose": COMPOSE,
    "Kubernetes, Kustomize and Helm": KUBERNETES,
    "SAM": SAM,
    "Serverless Framework": SERVERLESS,
    "plain folders": FOLDERS,
    "declared": DECLARED,
    "Procfile": PROCFILE,
}


@pytest.mark.parametrize("source", SOURCES)
def test_services_are_found(source: str, tmp_path: Path) -> None:
    expected = SOURCES[source]
    assert services(written(tmp_path, expected.files)) == expected.services


@pytest.mark.parametrize("source", SOURCES)
def test_edges_are_found(source: str, tmp_path: Path) -> None:
    expected = SOURCES[source]
    assert edges(written(tmp_path, expected.files)) == sorted(expected.edges)
