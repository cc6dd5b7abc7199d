from __future__ import annotations

from collections.abc import Callable

from edanalyze.discover.service import Service
from tests.discover.discovered import Discovered

Found = Callable[[dict[str, str]], Discovered]

WEB = "from fastapi import FastAPI\napp = FastAPI()\n"
CONSUMER = "import pika\nchannel = pika.BlockingConnection().channel()\nchannel.start_consuming()\n"
TABLES = "class Order:\n    __tablename__ = 'orders'\n"
PYTHON_IMAGE = "FROM python:3.12\nWORKDIR /app\nCOPY . .\n"


def named(project: Discovered) -> dict[str, tuple[str, str]]:
    return {each.name: (each.path, each.kind) for each in project.services.all}


def owner(project: Discovered, path: str) -> str | None:
    service = project.services.of(path)
    return service.name if service else None


def only(project: Discovered) -> Service:
    (service,) = project.services.all
    return service


def test_project_without_any_hint_is_one_service(found: Found) -> None:
    project = found({"pyproject.toml": "[project]\nname = 'pay-lib'\n", "pay/core.py": "def f(): ...\n"})
    assert named(project) == {"pay-lib": (".", "python")}
    assert owner(project, "pay/core.py") == "pay-lib"


def test_processes_that_share_tables_are_one_service(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  consumer: {build: app, command: python consumer.py}
                  web: {build: app, command: "uvicorn main:app", ports: ["80:8000"]}
                """,
            "app/Dockerfile": PYTHON_IMAGE,
            "app/main.py": WEB + "from models import Order\n",
            "app/consumer.py": CONSUMER + "from models import Order\n",
            "app/models.py": TABLES,
        }
    )
    service = only(project)
    assert (service.name, service.path) == ("web", "app")
    assert set(service.hosts) == {"web", "consumer"}
    assert [each.entry for each in service.processes] == ["app/consumer.py", "app/main.py"]


def test_processes_of_one_folder_that_share_no_tables_are_services_of_one_file(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  sender: {build: ., command: python producer.py}
                  receiver: {build: ., command: python consumer.py}
                """,
            "Dockerfile": PYTHON_IMAGE,
            "producer.py": "import pika, settings\nfrom templates import text\n",
            "consumer.py": CONSUMER + "import settings\n",
            "settings.py": "",
            "templates.py": "",
        }
    )
    assert named(project) == {"sender": ("producer.py", "python"), "receiver": ("consumer.py", "python")}
    assert owner(project, "templates.py") == "sender"
    assert owner(project, "settings.py") is None


def test_one_image_with_an_entry_point_switch(found: Found) -> None:
    project = found(
        {
            "compose.yaml": """\
                services:
                  orders: {build: ., command: python -m shop.orders.main}
                  payments: {build: ., command: python -m shop.payments.main}
                """,
            "Dockerfile": PYTHON_IMAGE,
            "shop/orders/main.py": WEB + "from shop.shared import bus\n",
            "shop/payments/main.py": CONSUMER + "from shop.shared import bus\n",
            "shop/payments/rates.py": "",
            "shop/shared/bus.py": "import pika\n",
        }
    )
    assert named(project) == {"orders": ("shop/orders", "python"), "payments": ("shop/payments", "python")}
    assert owner(project, "shop/payments/rates.py") == "payments"
    assert owner(project, "shop/shared/bus.py") is None


def test_one_code_base_deployed_several_times_by_build_argument(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  request: {build: {context: apis}, environment: [NAME=request]}
                  status: {build: {context: apis}, environment: [NAME=status]}
                """,
            "apis/Dockerfile": "FROM python\nWORKDIR /app\nCOPY ./$NAME .\nCOPY core core\nCMD uvicorn main:app\n",
            "apis/request/main.py": WEB,
            "apis/status/main.py": WEB,
            "apis/core/db.py": TABLES,
        }
    )
    assert named(project) == {"request": ("apis/request", "python"), "status": ("apis/status", "python")}
    assert project.services.of("apis/core/db.py") is None


def test_dockerfile_of_a_subfolder_built_from_the_root(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  a: {build: {context: ., dockerfile: services/a/Dockerfile}}
                  b: {build: {context: ., dockerfile: docker/b.Dockerfile}}
                """,
            "services/a/Dockerfile": PYTHON_IMAGE + "CMD python services/a/run.py\n",
            "services/a/run.py": WEB,
            "docker/b.Dockerfile": "FROM python\nCOPY services/b /srv\nCOPY common /srv/common\nCMD python /srv/run.py",
            "services/b/run.py": WEB,
            "common/log.py": "",
        }
    )
    assert named(project) == {"a": ("services/a", "python"), "b": ("services/b", "python")}
    assert project.services.of("common/log.py") is None


def test_images_of_their_own_are_services_though_they_share_tables(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  review: {build: {context: ., dockerfile: docker/review.Dockerfile}}
                  writer: {build: {context: ., dockerfile: docker/writer.Dockerfile}}
                """,
            "docker/review.Dockerfile": PYTHON_IMAGE + "CMD python -m pkg.review.app\n",
            "docker/writer.Dockerfile": PYTHON_IMAGE + "CMD python -m pkg.writer.app\n",
            "pkg/review/app.py": WEB + "from pkg.db import Order\n",
            "pkg/writer/app.py": CONSUMER + "from pkg.db import Order\n",
            "pkg/db.py": TABLES,
        }
    )
    assert named(project) == {"review": ("pkg/review", "python"), "writer": ("pkg/writer", "python")}


def test_django_web_and_worker_are_one_service(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  web: {build: ., command: python manage.py runserver, ports: ["80:80"]}
                  worker: {build: ., command: celery -A shop worker}
                """,
            "Dockerfile": PYTHON_IMAGE,
            "manage.py": "import django\n",
            "shop/__init__.py": "",
            "shop/celery.py": "from celery import Celery\napp = Celery('shop')\n",
        }
    )
    assert named(project) == {"web": (".", "python")}


def test_image_is_matched_by_the_build_that_makes_it_or_by_folder_name(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  builder: {build: shop, image: acme/shop-image}
                  jobs: {image: "acme/shop-image:latest", command: python jobs.py}
                  order-service: {image: registry/acme-orders:2}
                  redis: {image: redis:7}
                  proxy: {image: acme/proxy}
                """,
            "shop/main.py": WEB,
            "shop/jobs.py": CONSUMER + "import main\n",
            "orders/Dockerfile": PYTHON_IMAGE,
            "orders/main.py": WEB,
            "redis/requirements.txt": "",
            "redis/client.py": "",
        }
    )
    services = named(project)
    assert services["jobs"] == ("shop", "python")
    assert services["order-service"] == ("orders", "python")
    assert services["redis"] == ("", "image")
    assert services["proxy"] == ("", "image")
    builder = project.services.by_host("builder")
    assert builder and builder.path == "shop"


def test_code_in_another_language_is_a_foreign_service(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": "services: {cart: {build: cart, ports: ['8080:8080']}, pay: {build: pay}}",
            "cart/Dockerfile": "FROM node",
            "cart/server.js": "",
            "pay/main.py": WEB,
        }
    )
    assert named(project) == {"cart": ("cart", "foreign"), "pay": ("pay", "python")}
    cart = project.services.by_port(8080)
    assert cart and cart.name == "cart"


def test_everything_built_from_the_root_finds_its_own_folder(found: Found) -> None:
    project = found(
        {
            "compose.yaml": """\
                services:
                  cart: {build: {context: ./, dockerfile: ./src/cart/Dockerfile}}
                  ship: {build: {context: ./, dockerfile: ./src/ship/Dockerfile}}
                  advice: {build: {context: ./, dockerfile: ./src/advice/Dockerfile}}
                  broker: {build: {context: ./, dockerfile: ./src/broker/Dockerfile}}
                """,
            "src/cart/Dockerfile": "FROM golang AS make\nCOPY ./src/cart/ ./\nFROM scratch\nCOPY --from=make /out /out",
            "src/cart/main.go": "",
            "src/ship/Dockerfile": "FROM rust\nCOPY /src/ship/ /app/\n",
            "src/ship/main.rs": "",
            "src/advice/Dockerfile": "FROM python\nCOPY src/advice/a.txt .\nCOPY src/advice/run.py .\nCMD ./run.py",
            "src/advice/run.py": WEB,
            "src/advice/a.txt": "",
            "src/broker/Dockerfile": "FROM kafka\n",
        }
    )
    assert named(project) == {
        "cart": ("src/cart", "foreign"),
        "ship": ("src/ship", "foreign"),
        "advice": ("src/advice", "python"),
        "broker": ("", "image"),
    }


def test_one_image_that_is_switched_by_a_variable_or_an_argument(found: Found) -> None:
    code = {f"app/services/{name}/views.py": "" for name in ("orders", "stock")} | {
        "app/run.py": WEB,
        "app/db.py": TABLES,
    }
    by_variable = """\
        services:
          orders-service: {build: ., environment: {MODE: prod, NAME: orders}}
          stock-service: {build: ., environment: {MODE: prod, NAME: stock}}
        """
    by_argument = """\
        services:
          orders-service: {build: ., command: python app/run.py orders}
          stock-service: {build: ., command: python app/run.py stock}
        """
    for compose in (by_variable, by_argument):
        project = found({"docker-compose.yml": compose, "Dockerfile": PYTHON_IMAGE, **code})
        assert named(project) == {
            "orders-service": ("app/services/orders", "python"),
            "stock-service": ("app/services/stock", "python"),
        }
        assert project.services.of("app/run.py") is None


def test_one_image_whose_start_script_is_told_what_to_run(found: Found) -> None:
    compose = """\
        services:
          shop_database_init: {image: shop, command: /shop/upgrade.sh}
          shop_manager: {build: ., image: shop, command: /shop/start.sh manager}
          shop_manager_admin: {image: shop, command: /shop/start.sh manager-admin}
          shop_listener: {image: shop, command: /shop/start.sh listener}
          shop_evaluator_new: {image: shop, command: /shop/start.sh evaluator}
          shop_evaluator_old: {image: shop, command: /shop/start.sh evaluator}
        """
    code = {f"{name}/main.py": WEB + "from common import db\n" for name in ("manager", "listener", "evaluator")}
    project = found({"compose.yaml": compose, "Dockerfile": PYTHON_IMAGE, "common/db.py": TABLES, **code})
    assert {path for path, _ in named(project).values()} == {"manager", "listener", "evaluator"}
    assert owner(project, "common/db.py") is None


def test_images_built_elsewhere_that_start_scripts_of_the_project(found: Found) -> None:
    compose = """\
        services:
          watcher: {image: acme/pipeline:staging, command: ["./src/watcher.py", "--settings=x", "run"]}
          runner: {image: acme/pipeline:staging, command: [./src/runner.py, loop]}
          cache: {image: acme/cache, command: ./serve.py}
        """
    code = {f"src/{name}.py": CONSUMER for name in ("watcher", "runner")}
    project = found({"compose.yaml": compose, **code})
    assert {name: path for name, (path, _) in named(project).items() if path} == {
        "watcher": "src/watcher.py",
        "runner": "src/runner.py",
    }


def test_environment_made_in_a_folder_of_code_hides_no_code(found: Found) -> None:
    project = found({"stock/pyvenv.cfg": "", "stock/main.py": WEB, "stock/lib/python3/site.py": "", "pay/main.py": WEB})
    assert [each.path for each in project.sources] == ["pay/main.py", "stock/main.py"]
    assert set(named(project)) == {"pay", "stock"}


def test_handlers_of_functions_in_one_folder_are_one_service(found: Found) -> None:
    handler = "import boto3\ndef handler(event, context): ...\n"
    project = found({"shop/api/create.py": handler, "shop/api/show.py": handler, "mail/send.py": handler})
    assert named(project) == {"shop": ("shop", "python"), "mail": ("mail", "python")}


def test_folders_with_a_dockerfile_are_services(found: Found) -> None:
    project = found({"a/Dockerfile": PYTHON_IMAGE, "a/main.py": WEB, "b/Dockerfile": PYTHON_IMAGE, "b/main.py": WEB})
    assert named(project) == {"a": ("a", "python"), "b": ("b", "python")}


def test_base_image_around_all_services_is_none(found: Found) -> None:
    project = found({"Dockerfile": PYTHON_IMAGE, "a/Dockerfile": PYTHON_IMAGE, "a/main.py": WEB})
    assert named(project) == {"a": ("a", "python")}


def test_packaged_folder_is_a_service_only_with_an_application(found: Found) -> None:
    project = found(
        {
            "orders/requirements.txt": "",
            "orders/main.py": WEB,
            "mailer/pyproject.toml": "",
            "mailer/run.py": "from consumer import work\nif __name__ == '__main__':\n    work()\n",
            "mailer/consumer.py": "import pika\ndef work(): ...\n",
            "shared/setup.py": "",
            "shared/bus.py": "import pika\nclass Bus: ...\n",
            "examples/demo/requirements.txt": "",
            "examples/demo/main.py": WEB,
        }
    )
    assert named(project) == {"mailer": ("mailer", "python"), "orders": ("orders", "python")}
    assert project.services.of("shared/bus.py") is None


def test_packaging_inside_a_deployed_folder_changes_nothing(found: Found) -> None:
    project = found({"Dockerfile": PYTHON_IMAGE, "src/setup.py": "", "src/shop/main.py": WEB})
    assert named(project) == {"shop": (".", "python")}


def test_applications_without_any_deployment_file(found: Found) -> None:
    project = found(
        {
            "services/__init__.py": "def nice(): ...\n",
            "services/movies.py": "from flask import Flask\nfrom services import nice\napp = Flask(__name__)\n"
            "if __name__ == '__main__':\n    app.run(port=5001)\n",
            "services/users.py": "from flask import Flask\nfrom services import nice\napp = Flask(__name__)\n"
            "if __name__ == '__main__':\n    app.run(host='0.0.0.0', port=5002)\n",
        }
    )
    assert named(project) == {"movies": ("services/movies.py", "python"), "users": ("services/users.py", "python")}
    users = project.services.by_port(5002)
    assert users and users.name == "users"
    assert project.services.of("services/__init__.py") is None


def test_script_that_uses_a_small_share_of_an_application_beside_it_belongs_to_it(found: Found) -> None:
    routers = {f"orders/app/routers/r{number}.py": "import settings\n" for number in range(12)}
    send = 'import pika\nimport settings\npika.BlockingConnection().channel().basic_publish("", "q", b"")\n'
    app = WEB + "import settings\n" + "".join(f"from routers import r{number}\n" for number in range(12))
    project = found(
        {
            "orders/app/settings.py": "QUEUE = 'q'\n",
            "orders/app/main.py": app + "import uvicorn\nuvicorn.run(app)\n",
            "orders/app/send.py": send,
            **routers,
            "mail/main.py": CONSUMER,
        }
    )
    assert set(named(project)) == {"orders", "mail"}
    assert owner(project, "orders/app/send.py") == owner(project, "orders/app/routers/r3.py") == "orders"


def test_folders_that_each_start_an_application(found: Found) -> None:
    project = found(
        {
            "app/common/client.py": "import kafka\ndef send(): ...\n",
            "app/orders/producer.py": "from app.common.client import send\ntry:\n    send()\nfinally:\n    ...\n",
            "app/mail/src/main.py": CONSUMER,
            "app/stock/main.py": WEB,
            "start_all.py": "import multiprocessing\nimport app.orders.producer\nimport app.mail.src.main\n"
            "if __name__ == '__main__':\n    ...\n",
        }
    )
    paths = {each.path for each in project.services.all}
    assert paths == {"app/orders", "app/mail", "app/stock"}
    assert owner(project, "app/common/client.py") == "orders"
    assert owner(project, "start_all.py") is None


def test_a_packaged_folder_of_several_django_projects_holds_as_many_services(found: Found) -> None:
    project = {
        name: text
        for each in ("orders", "stock")
        for name, text in {
            f"backend/{each}/manage.py": "import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'x.settings')\n",
            f"backend/{each}/{each}/views.py": "from django.views import View\n",
        }.items()
    }
    services = found({"backend/requirements.txt": "django\n", **project}).services
    assert {each.name: each.path for each in services.all} == {"orders": "backend/orders", "stock": "backend/stock"}


def test_cloud_functions_are_services_by_folder(found: Found) -> None:
    function = "import functions_framework\n\n\n@functions_framework.{}\ndef serve(request): ...\n"
    project = {
        "place/main.py": function.format("http"),
        "place/requirements.txt": "functions-framework\n",
        "tell/main.py": function.format("cloud_event"),
        "tell/requirements.txt": "functions-framework\n",
        "shared/requirements.txt": "requests\n",
        "shared/events.py": "import functions_framework\n",
    }
    assert sorted(each.name for each in found(project).services.all) == ["place", "tell"]


def test_a_dockerfile_kept_in_a_folder_of_its_own_gives_no_name(found: Found) -> None:
    image = "FROM python\nCOPY app app\nCOPY main.py .\nCMD python main.py\n"
    project = found(
        {"shop/docker/Dockerfile": image, "shop/app/__init__.py": "", "shop/main.py": WEB, "pyproject.toml": ""}
    )
    assert {each.name: each.path for each in project.services.all} == {"shop": "shop"}


def test_innermost_service_has_the_file(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": "services: {web: {build: .}, worker: {build: worker}}",
            "main.py": WEB,
            "worker/main.py": CONSUMER,
            "worker2/main.py": "",
        }
    )
    assert owner(project, "worker/main.py") == "worker"
    assert owner(project, "worker2/main.py") == "web"


def test_procfile_and_dapr_applications(found: Found) -> None:
    project = found(
        {
            "dapr.yaml": """\
                version: 1
                common: {env: {LEVEL: info}}
                apps:
                - {appID: checkout, appDirPath: ./checkout, appPort: 6001, command: [python, app.py], env: {A: b}}
                """,
            "checkout/app.py": WEB,
            "shop/Procfile": "release: python migrate.py\nweb: gunicorn wsgi:app\nworker: python worker.py\n",
            "shop/wsgi.py": WEB + "import worker\n",
            "shop/worker.py": CONSUMER,
        }
    )
    assert named(project) == {"checkout": ("checkout", "python"), "web": ("shop", "python")}
    web = project.services.named("web")
    assert web and [each.name for each in web.processes] == ["web", "worker"]
    checkout = project.services.by_port(6001)
    assert checkout and checkout.processes[0].entry == "checkout/app.py"
    level = project.environment.lookup("checkout", "LEVEL")
    assert level and level.value == "info"


def test_command_behind_a_script_or_a_makefile(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  a: {build: a, command: ./run.sh}
                  b: {build: b, command: poetry run make start}
                  c: {build: c, command: "sh -c 'sleep 1 && FLASK_APP=x flask run'", environment: {FLASK_APP: c/app.py}}
                """,
            "a/Dockerfile": PYTHON_IMAGE,
            "a/run.sh": "#!/bin/sh\n# python wrong.py\nexec uvicorn api.web:app\n",
            "a/wrong.py": "",
            "a/api/web.py": WEB,
            "b/Makefile": "lint:\n\truff check\nstart: lint\n\t@python -m jobs.main\n",
            "b/jobs/main.py": CONSUMER,
            "c/app.py": WEB,
        }
    )
    entries = [process.entry for service in project.services.all for process in service.processes]
    assert entries == ["a/api/web.py", "b/jobs/main.py", "c/app.py"]


def test_dockerfile_kept_apart_from_the_code_it_copies(found: Found) -> None:
    project = found(
        {
            "docker/worker.Dockerfile": """\
                FROM python AS base
                CMD python wrong.py
                FROM base
                WORKDIR /srv
                COPY worker/ .
                ENTRYPOINT ["python", "run.py"]
                """,
            "worker/run.py": CONSUMER,
            "worker/wrong.py": CONSUMER,
        }
    )
    (process,) = only(project).processes
    assert (process.name, process.command, process.entry) == ("worker", "python run.py", "worker/run.py")


def test_shared_module_that_does_something_when_loaded_is_no_service(found: Found) -> None:
    project = found(
        {
            "common/bus.py": "import sys\nsys.path.insert(0, '..')\nimport kafka\ndef send(): ...\n",
            "a/main.py": "from bus import send\nsend()\n",
            "b/main.py": "from bus import send\nsend()\n",
        }
    )
    assert named(project) == {"a": ("a", "python"), "b": ("b", "python")}


def test_image_under_a_name_that_a_service_has_is_not_told_twice(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": "services: {pay: {build: code, container_name: payment}}",
            "other/docker-compose.yml": "services: {payment: {image: acme/prebuilt}}",
            "code/main.py": WEB,
        }
    )
    assert named(project) == {"pay": ("code", "python")}


def test_command_comes_after_the_entry_point_of_the_image(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  a: {build: ., command: -m jobs.a}
                  b: {build: ., entrypoint: sleep, command: [python, other.py]}
                """,
            "Dockerfile": PYTHON_IMAGE + 'ENTRYPOINT ["python"]\nCMD ["main.py"]\n',
            "main.py": "",
            "other.py": "",
            "jobs/a.py": WEB + "import other\n",
        }
    )
    processes = {each.name: (each.command, each.entry) for each in only(project).processes}
    assert processes == {"a": ("python -m jobs.a", "jobs/a.py"), "b": ("sleep python other.py", "other.py")}


def test_declared_services_come_first(found: Found) -> None:
    project = found(
        {
            "pyproject.toml": """\
                [tool.edanalyze.services.orders]
                path = "apps/orders"
                hosts = ["orders.internal"]
                [tool.edanalyze.services.mail]
                modules = ["apps/shared/mail_*.py"]
                [tool.edanalyze.services.stripe]
                external = true
                hosts = ["api.stripe.com"]
                """,
            "docker-compose.yml": "services: {order-api: {build: apps/orders}}",
            "apps/orders/main.py": WEB,
            "apps/shared/mail_send.py": "",
        }
    )
    assert named(project)["orders"] == ("apps/orders", "python")
    orders = project.services.by_host("orders.internal")
    assert orders is project.services.by_host("order-api")
    assert owner(project, "apps/shared/mail_send.py") == "mail"
    stripe = project.services.by_host("api.stripe.com")
    assert stripe and stripe.kind == "external"


def test_services_of_the_same_name_are_told_apart(found: Found) -> None:
    project = found(
        {f"{part}/api/Dockerfile": PYTHON_IMAGE for part in "ab"} | {f"{part}/api/main.py": "" for part in "ab"}
    )
    assert named(project) == {"api": ("a/api", "python"), "api (b/api)": ("b/api", "python")}


def test_ports_are_read_where_an_application_is_served(found: Found) -> None:
    served = {
        "orders": 'import uvicorn\nuvicorn.run("main:app", host="0.0.0.0", port=8001)\n',
        "cart": 'PORT = int(os.getenv("PORT", "8006"))\napp.run(host="0.0.0.0", port=PORT)\n',
        "stock": 'if __name__ == "__main__":\n    app.run("0.0.0.0", 8002)\n',
        "exif": 'from gevent.pywsgi import WSGIServer\n\nWSGIServer(("0.0.0.0", 8003), app).serve_forever()\n',
        "mail": 'from wsgiref.simple_server import make_server\n\nmake_server("", 8004, app).serve_forever()\n',
        "tags": 'from werkzeug.serving import run_simple\n\nrun_simple("localhost", 8005, app)\n',
    }
    project = found({f"{name}/main.py": WEB + text for name, text in served.items()})
    assert {each.name: each.ports for each in project.services.all} == {
        "cart": (8006,),
        "exif": (8003,),
        "mail": (8004,),
        "orders": (8001,),
        "stock": (8002,),
        "tags": (8005,),
    }
