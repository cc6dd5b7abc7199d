from __future__ import annotations

from collections.abc import Callable

import msgspec

from tests.discover.discovered import Discovered

Found = Callable[[dict[str, str]], Discovered]

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: urls}
data:
  CART_ADDR: "cart:8080"
  LEVEL: info
"""
ORDERS = """\
apiVersion: v1
kind: Service
metadata: {name: orders, namespace: shop}
spec:
  selector: {app: orders}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders-deployment}
spec:
  template:
    metadata:
      labels: {app: orders, tier: web}
      annotations: {dapr.io/app-id: order-app}
    spec:
      containers:
      - name: proxy
        image: gcr.io/tools/proxy:1
      - name: orders-deployment
        image: registry.example/team/orders:v1@sha256:00
        args: ["--port=$(PORT)"]
        ports: [{containerPort: 8080}]
        env:
        - {name: PORT, value: "8080"}
        - {name: SELF, value: "http://orders:$(PORT)/$x"}
        - name: CART_URL
          valueFrom: {configMapKeyRef: {name: urls, key: CART_ADDR}}
        - name: SECRET
          valueFrom: {secretKeyRef: {name: s, key: k}}
        envFrom:
        - configMapRef: {name: urls}
        - {prefix: P_, configMapRef: {name: urls}}
        - configMapRef: {name: missing}
"""


def test_workload_with_its_service_and_config_map(found: Found) -> None:
    project = found(
        {
            "k8s/config.yaml": CONFIG,
            "k8s/orders.yaml": ORDERS,
            "services/orders/Dockerfile": "FROM python\nCOPY . .\nCMD python main.py",
            "services/orders/main.py": "",
        }
    )
    orders = project.services.named("orders")
    assert orders
    assert (orders.path, orders.kind) == ("services/orders", "python")
    assert orders.ports == (8080, 80)
    for host in ("orders", "orders.shop", "orders.shop.svc.cluster.local", "orders.other.svc", "order-app"):
        assert project.services.by_host(host) is orders
    assert project.services.by_host("orders.example.com") is None
    lookup = {name: project.environment.lookup("orders", name) for name in project.environment.names("orders")}
    assert {name: each.value for name, each in lookup.items() if each} == {
        "PORT": "8080",
        "SELF": "http://orders:8080/$x",
        "CART_URL": "cart:8080",
        "CART_ADDR": "cart:8080",
        "LEVEL": "info",
        "P_CART_ADDR": "cart:8080",
        "P_LEVEL": "info",
    }
    proxy = project.services.named("proxy")
    assert proxy and (proxy.kind, proxy.hosts, proxy.ports) == ("image", (), ())
    url = lookup["CART_URL"]
    assert url and (url.file, url.line) == ("k8s/config.yaml", 5)
    assert orders.processes[0].command == "--port=8080"


def test_config_map_nearest_to_the_workload_wins(found: Found) -> None:
    project = found(
        {
            "a/config.yaml": CONFIG.replace("cart:8080", "far:1"),
            "k8s/config.yaml": CONFIG,
            "k8s/orders.yaml": ORDERS,
            "orders/Dockerfile": "FROM python",
            "orders/main.py": "",
        }
    )
    assert [each.value for each in project.environment.values("orders", "CART_ADDR")] == ["cart:8080", "far:1"]


def test_secret_in_plain_text_is_read_like_a_config_map(found: Found) -> None:
    secret = "kind: Secret\nmetadata: {name: s}\nstringData: {k: 'amqp://broker'}\ndata: {other: aGlkZGVu}\n"
    code = {"orders/Dockerfile": "FROM python", "orders/main.py": ""}
    project = found({"k8s/secret.yaml": secret, "k8s/orders.yaml": ORDERS, **code})
    value = project.environment.lookup("orders", "SECRET")
    assert value and value.value == "amqp://broker"


def test_generated_config_map_of_a_kustomization(found: Found) -> None:
    project = found(
        {
            "k8s/kustomization.yaml": """\
                configMapGenerator:
                - name: urls
                  literals: [CART_ADDR=literal:1]
                  envs: [urls.env]
                """,
            "k8s/urls.env": "LEVEL=debug\n",
            "k8s/orders.yaml": ORDERS,
            "orders/Dockerfile": "FROM python",
            "orders/main.py": "",
        }
    )
    url, level = (project.environment.lookup("orders", name) for name in ("CART_ADDR", "LEVEL"))
    assert url and level
    assert (url.value, url.file) == ("literal:1", "k8s/kustomization.yaml")
    assert (level.value, level.file) == ("debug", "k8s/urls.env")


def test_image_built_by_skaffold(found: Found) -> None:
    project = found(
        {
            "skaffold.yaml": """\
                apiVersion: skaffold/v4
                kind: Config
                build:
                  artifacts:
                  - image: team/orders
                    context: src/order_code
                  - image: ledger
                    context: .
                    jib: {project: src/ledger}
                """,
            "k8s/orders.yaml": ORDERS,
            "k8s/ledger.yaml": ORDERS.replace("orders", "ledger"),
            "src/order_code/main.py": "",
            "src/ledger/App.java": "",
        }
    )
    paths = {each.name: (each.path, each.kind) for each in project.services.all}
    assert paths["orders"] == ("src/order_code", "python")
    assert paths["ledger"] == ("src/ledger", "foreign")


def test_helm_template_is_read_with_its_values(found: Found) -> None:
    project = found(
        {
            "charts/orders/Chart.yaml": "name: orders\nversion: 1.0.0\n",
            "charts/orders/values.yaml": "image: {repository: orders}\nservice: {port: 9000}\nenv:\n  CART_URL: http://cart\n",
            "charts/orders/templates/all.yaml": """\
                {{- if .Values.enabled }}
                apiVersion: v1
                kind: Service
                metadata:
                  name: {{ include "orders.fullname" . }}
                spec:
                  selector: {app: {{ .Chart.Name }}}
                  ports:
                  - port: {{ .Values.service.port }}
                {{- end }}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  name: {{ .Chart.Name }}
                  labels:
                    {{- toYaml .Values.labels | nindent 4 }}
                spec:
                  template:
                    metadata: {labels: {app: {{ .Chart.Name }}}}
                    spec:
                      containers:
                      - name: main
                        image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default "latest" }}"
                        env:
                        - name: WHERE
                          value: {{ .Values.unknown.thing | quote }}
                """,
            "orders/Dockerfile": "FROM python",
            "orders/main.py": "",
        }
    )
    orders = project.services.named("orders")
    assert orders
    assert (orders.path, orders.ports) == ("orders", (9000,))
    where, url = (project.environment.lookup("orders", name) for name in ("WHERE", "CART_URL"))
    assert where and where.value == "${.Values.unknown.thing_quote}"
    assert url and (url.value, url.file, url.line) == ("http://cart", "charts/orders/values.yaml", 4)


def test_broken_document_is_named_and_the_others_kept(found: Found) -> None:
    project = found(
        {
            "k8s/all.yaml": "kind: Deployment\nmetadata: [\n---\n" + ORDERS,
            "orders/Dockerfile": "FROM python",
            "orders/main.py": "",
        }
    )
    assert [each.path for each in project.unanalysed] == ["k8s/all.yaml"]
    orders = project.services.named("orders")
    assert orders and orders.ports == (8080, 80)


def test_list_of_manifests_and_cron_job(found: Found) -> None:
    project = found(
        {
            "k8s/list.yaml": """\
                apiVersion: v1
                kind: List
                items:
                - kind: CronJob
                  metadata: {name: report}
                  spec:
                    jobTemplate:
                      spec: {template: {spec: {containers: [{name: c, image: report, env: [{name: A, value: b}]}]}}}
                """,
            "report/Dockerfile": "FROM python",
            "report/main.py": "",
        }
    )
    value = project.environment.lookup("report", "A")
    assert value and value.value == "b"


def test_dapr_subscription_is_an_event(found: Found) -> None:
    project = found(
        {
            "components/sub.yaml": """\
                apiVersion: dapr.io/v2alpha1
                kind: Subscription
                spec:
                  topic: orders
                  pubsubname: bus
                  routes: {default: /on-order}
                scopes: [checkout]
                """,
        }
    )
    (event,) = project.deployment.events
    assert (event.kind, event.name, event.path, event.function) == ("subscription", "orders", "/on-order", "checkout")
    assert event.properties == {"pubsubname": "bus"}


def test_shapes_that_mean_nothing_are_passed_over(found: Found) -> None:
    project = found(
        {
            "k8s/odd.yaml": """\
                kind: Deployment
                metadata: [a]
                spec: {template: {spec: {containers: {name: x}}}}
                ---
                kind: Deployment
                spec: {template: {spec: {containers: [x, {env: x, envFrom: [x], ports: {a: b}}]}}}
                ---
                kind: Service
                spec: text
                ---
                kind: ConfigMap
                data: [x]
                ---
                kind: List
                items: text
                """,
            "main.py": "",
        }
    )
    assert project.unanalysed == ()


def test_what_a_chart_sets_can_be_written_down(found: Found) -> None:
    project = found(
        {
            "chart/Chart.yaml": "name: shop\nversion: 1.0.0\n",
            "chart/values.yaml": "env:\n  ORDERS_TOPIC: orders.placed\n",
            "shop/app.py": "",
        }
    )
    assert b"orders.placed" in msgspec.json.encode(project.deployment)
