"""HTTP calls: which call fixes the URL, which service answers, which route is reached."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.analyse.systems import requests, system

STOCK = """
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/items/{sku}")
    def read_item(sku: str): ...

    @app.post("/items/reserve")
    def reserve(): ...

    @app.get("/items/popular")
    def popular(): ...

    @app.get("/")
    def index(): ...
"""

COMPOSE = """
    services:
      shop:
        build: ./shop
        environment:
          STOCK_URL: http://stock:8000
      stock:
        build: ./stock
        ports: ["8001:8000"]
"""

FILES = {
    "docker-compose.yml": COMPOSE,
    "stock/Dockerfile": "FROM python\nCOPY . /app\nCMD uvicorn main:app\n",
    "stock/main.py": STOCK,
    "shop/Dockerfile": "FROM python\nCOPY . /app\nCMD uvicorn main:app\n",
}


def calls(folder: Path, shop: str, **more: str) -> list[str]:
    """The HTTP calls of a shop that asks the stock."""
    files = {**FILES, "shop/main.py": shop, **{f"shop/{name}.py": text for name, text in more.items()}}
    return requests(system(folder, files))


# ------------------------------------------------------------------- matching


@pytest.mark.parametrize(
    ("call", "route"),
    [
        ('requests.get(f"http://stock:8000/items/{sku}")', "GET /items/{sku}"),
        ('requests.get("http://stock:8000/items/popular")', "GET /items/popular"),
        ('requests.get("http://stock:8000/items/7")', "GET /items/{sku}"),
        ('requests.get("http://stock:8000/items/popular/")', "GET /items/popular"),
        ('requests.get("http://stock:8000/items/popular?page=2")', "GET /items/popular"),
        ('requests.get("http://localhost:8001/items/popular")', "GET /items/popular"),
        ('requests.post("http://stock:8000/items/reserve")', "POST /items/reserve"),
        ('requests.request("POST", "http://stock:8000/items/reserve")', "POST /items/reserve"),
        ('requests.get("http://stock:8000/")', "GET /"),
        ('requests.get("http://stock:8000/api/v2/items/popular")', "GET /items/popular"),
        ('requests.get("http://localhost:3500/v1.0/invoke/stock/method/items/popular")', "GET /items/popular"),
    ],
)
def test_a_call_is_bound_to_the_route_that_fits_best(tmp_path: Path, call: str, route: str) -> None:
    (found,) = calls(tmp_path, f"import requests\n\ndef f(sku):\n    {call}\n")
    assert found.endswith(f"-> stock {route}")


BRANCHING = {
    "if and elif": """
        if method.upper() == "GET":
            return requests.get(url)
        elif method.upper() in ("POST", "PUT"):
            return requests.post(url)
        else:
            return requests.delete(url)
        """,
    "early returns": """
        if method == "get":
            return requests.get(url)
        if method != "post":
            return requests.delete(url)
        return requests.post(url)
        """,
    "match": """
        match method.upper():
            case "GET" | "HEAD":
                return requests.get(url)
            case "POST":
                return requests.post(url)
            case _:
                return requests.delete(url)
        """,
}


@pytest.mark.parametrize("form", BRANCHING)
def test_only_the_branch_that_the_caller_chooses_is_followed(tmp_path: Path, form: str) -> None:
    body = textwrap.indent(textwrap.dedent(BRANCHING[form]), "    ")
    callers = 'def show():\n    call("get", "http://stock/items/7")\n\ndef reserve():\n    call("post", "http://stock/items")\n'
    made = system(
        tmp_path,
        {
            "docker-compose.yml": "services:\n  shop: {build: ./shop}\n  stock: {build: ./stock}\n",
            "shop/Dockerfile": "FROM python\nCOPY . /app\nCMD python main.py\n",
            "stock/Dockerfile": "FROM python\nCOPY . /app\nCMD python main.py\n",
            "shop/main.py": f"import requests\n\ndef call(method, url):{body}\n{callers}",
            "stock/main.py": """
                from fastapi import FastAPI
                app = FastAPI()

                @app.get("/items/{sku}")
                def show(sku: str): ...

                @app.delete("/items/{sku}")
                def remove(sku: str): ...

                @app.post("/items")
                def add(): ...
                """,
        },
    )
    assert [line.partition(" ")[2] for line in requests(made)] == [
        "GET http://stock/items/7 -> stock GET /items/{sku}",
        "POST http://stock/items -> stock POST /items",
    ]


def test_a_route_of_another_method_is_not_reached(tmp_path: Path) -> None:
    (found,) = calls(tmp_path, 'import requests\nrequests.delete("http://stock:8000/items/7")\n')
    assert found.endswith("-> stock")


def test_a_public_host_is_outside(tmp_path: Path) -> None:
    (found,) = calls(tmp_path, 'import requests\nrequests.get("https://api.example.com/items/7")\n')
    assert found.endswith("-> api.example.com")


def test_an_unknown_private_host_is_not_known(tmp_path: Path) -> None:
    made = system(tmp_path, {**FILES, "shop/main.py": 'import requests\nrequests.get("http://billing:80/bills")\n'})
    (call,) = made.binding.http_calls
    assert (call.service, call.external, call.reason) == ("", "", "no known service answers to the host billing")


def test_without_a_host_the_only_route_of_that_path_is_meant(tmp_path: Path) -> None:
    made = system(
        tmp_path,
        {**FILES, "shop/main.py": "import requests\ndef f(base):\n    requests.post(base + '/items/reserve')\n"},
    )
    (call,) = made.binding.http_calls
    assert [target.name for target in call.targets] == ["POST /items/reserve"]
    assert call.confidence == "likely"


def test_without_a_host_a_route_that_takes_any_path_is_not_meant(tmp_path: Path) -> None:
    proxy = "from fastapi import FastAPI\napp = FastAPI()\n@app.post('/{path:path}')\ndef pass_on(path): ...\n"
    ask = "import requests\ndef f(base):\n    requests.post(base + '/items/reserve')\n"
    made = system(
        tmp_path,
        {"proxy/requirements.txt": "fastapi\n", "proxy/app.py": proxy, "shop/setup.py": "", "shop/main.py": ask},
    )
    (call,) = made.binding.http_calls
    assert call.targets == ()


# ------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    "code",
    [
        """
        import os, requests
        STOCK = os.environ["STOCK_URL"]
        requests.get(STOCK + "/items/popular")
        """,
        """
        import os, requests
        requests.get("{}/items/popular".format(os.getenv("STOCK_URL", "http://localhost:1")))
        """,
        """
        import requests
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            stock_url: str
        settings = Settings()
        requests.get(f"{settings.stock_url}/items/popular")
        """,
        """
        import os, requests
        from flask import Flask
        app = Flask(__name__)
        app.config["STOCK"] = os.environ.get("STOCK_URL")
        requests.get(app.config["STOCK"] + "/items/popular")
        """,
        """
        import os, requests
        from flask import Flask
        class Config:
            STOCK = os.environ.get("STOCK_URL")
        app = Flask(__name__)
        app.config.from_object(Config)
        requests.get(app.config.get("STOCK") + "/items/popular")
        """,
        """
        import requests
        from decouple import config
        requests.get(config("STOCK_URL") + "/items/popular")
        """,
        """
        import httpx, os
        client = httpx.Client(base_url=os.environ["STOCK_URL"])
        client.get("/items/popular")
        """,
        """
        import http.client
        connection = http.client.HTTPConnection("stock", 8000)
        connection.request("GET", "/items/popular")
        """,
        """
        import urllib.request
        urllib.request.urlopen(urllib.request.Request("http://stock:8000/items/popular"))
        """,
        """
        import requests
        session = requests.Session()
        session.send(session.prepare_request(requests.Request("GET", "http://stock:8000/items/popular")))
        """,
    ],
    ids=["sum", "default", "settings", "flask", "object", "decouple", "base", "connection", "urllib", "prepared"],
)
def test_the_address_may_come_from(tmp_path: Path, code: str) -> None:
    (found,) = calls(tmp_path, code)
    assert found.endswith("GET http://stock:8000/items/popular -> stock GET /items/popular")


def test_a_variable_that_is_not_deployed_names_the_service(tmp_path: Path) -> None:
    files = {**FILES, "docker-compose.yml": COMPOSE.replace("STOCK_URL: http://stock:8000", "OTHER: x")}
    code = 'import os, requests\nrequests.get(os.environ["STOCK_SERVICE_URL"] + "/items/popular")\n'
    made = system(tmp_path, {**files, "shop/main.py": code})
    (call,) = made.binding.http_calls
    assert (call.service, call.confidence) == ("stock", "likely")
    assert [target.name for target in call.targets] == ["GET /items/popular"]


def test_a_host_that_is_looked_up_by_name_names_the_service(tmp_path: Path) -> None:
    (found,) = calls(
        tmp_path,
        """
        import requests
        def f(registry):
            base = registry.address("stock")
            requests.get(f"{base}/items/popular")
        """,
    )
    assert found.endswith("-> stock GET /items/popular")


def test_each_use_of_a_reassigned_url_is_its_own(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        """
        import requests
        def f():
            url = "http://stock:8000/items/popular"
            requests.get(url)
            url = "http://stock:8000/items/reserve"
            requests.post(url)
        """,
    ) == [
        "shop/main.py:5 GET http://stock:8000/items/popular -> stock GET /items/popular",
        "shop/main.py:7 POST http://stock:8000/items/reserve -> stock POST /items/reserve",
    ]


# ---------------------------------------------------------------------- sites


def test_the_caller_that_fixes_the_path_is_the_site(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        """
        import requests

        def ask(method, path):
            return requests.request(method, f"http://stock:8000{path}")

        def popular():
            return ask("GET", "/items/popular")

        def reserve():
            return ask("POST", "/items/reserve")
        """,
    ) == [
        "shop/main.py:8 GET http://stock:8000/items/popular -> stock GET /items/popular",
        "shop/main.py:11 POST http://stock:8000/items/reserve -> stock POST /items/reserve",
    ]


def test_the_way_leads_from_the_site_to_the_library_call(tmp_path: Path) -> None:
    made = system(
        tmp_path,
        {
            **FILES,
            "shop/main.py": """
                import requests
                def send(url):
                    return requests.get(url)
                def ask(path):
                    return send("http://stock:8000" + path)
                def popular():
                    return ask("/items/popular")
            """,
        },
    )
    (call,) = made.binding.http_calls
    assert [(point.function.partition(":")[2], point.place.line) for point in call.path] == [
        ("popular", 8),
        ("ask", 6),
        ("send", 4),
    ]
    assert made.binding.of_physical(call.module, call.place) == (call,)


def test_a_fixed_path_stays_the_site_though_the_host_comes_from_the_constructor(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        """
        import requests

        class StockClient:
            def __init__(self, base_url):
                self.base_url = base_url

            def popular(self):
                return requests.get(f"{self.base_url}/items/popular")

        client = StockClient("http://stock:8000")
        """,
    ) == ["shop/main.py:9 GET http://stock:8000/items/popular -> stock GET /items/popular"]


def test_calls_of_subclasses_through_an_inherited_method_are_told_apart(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        """
        import requests

        class Client:
            def __init__(self, base_url):
                self.base_url = base_url
            def _request(self, method, path):
                return requests.request(method, self.base_url + path)

        class Stock(Client):
            def __init__(self):
                super().__init__("http://stock:8000")
            def popular(self):
                return self._request("GET", "/items/popular")

        class Payments(Client):
            def __init__(self):
                super().__init__("https://pay.example.com")
            def charge(self):
                return self._request("POST", "/charges")
        """,
    ) == [
        "shop/main.py:14 GET http://stock:8000/items/popular -> stock GET /items/popular",
        "shop/main.py:20 POST https://pay.example.com/charges -> pay.example.com",
    ]


def test_class_attributes_of_subclasses_are_told_apart(tmp_path: Path) -> None:
    found = calls(
        tmp_path,
        """
        import requests

        class Client:
            base = ""
            def health(self):
                return requests.get(self.base + "/health")

        class Stock(Client):
            base = "http://stock:8000"

        class Payments(Client):
            base = "https://pay.example.com"
        """,
    )
    assert [line.rpartition(" -> ")[2] for line in found] == ["stock", "pay.example.com"]


def test_the_constructor_fixes_the_url_of_a_call_object(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        """
        import concurrent.futures
        import requests

        class ApiCall:
            def __init__(self, url):
                self.url = url
            def run(self):
                return requests.get(self.url)

        def home(sku):
            jobs = [
                ApiCall("http://stock:8000/items/popular"),
                ApiCall(f"http://stock:8000/items/{sku}"),
            ]
            with concurrent.futures.ThreadPoolExecutor() as pool:
                return list(pool.map(lambda job: job.run(), jobs))
        """,
    ) == [
        "shop/main.py:13 GET http://stock:8000/items/popular -> stock GET /items/popular",
        "shop/main.py:14 GET http://stock:8000/items/{sku} -> stock GET /items/{sku}",
    ]


def test_arguments_handed_on_by_star_are_found(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        """
        import requests

        def send(*args, **kwargs):
            return requests.request(*args, timeout=3, **kwargs)

        def popular():
            return send("GET", "http://stock:8000/items/popular")

        def reserve():
            return send("POST", url="http://stock:8000/items/reserve")
        """,
    ) == [
        "shop/main.py:8 GET http://stock:8000/items/popular -> stock GET /items/popular",
        "shop/main.py:11 POST http://stock:8000/items/reserve -> stock POST /items/reserve",
    ]


def test_a_library_call_that_an_executor_makes_has_its_arguments(tmp_path: Path) -> None:
    (found,) = calls(
        tmp_path,
        """
        import asyncio
        import requests

        async def popular():
            return await asyncio.to_thread(requests.get, "http://stock:8000/items/popular", timeout=3)
        """,
    )
    assert found == "shop/main.py:6 GET http://stock:8000/items/popular -> stock GET /items/popular"


# ----------------------------------------------------------------- forwarding


def test_a_route_that_passes_on_the_rest_of_the_path_reaches_all_routes_below(tmp_path: Path) -> None:
    (found,) = calls(
        tmp_path,
        """
        import httpx
        from fastapi import FastAPI, Request

        app = FastAPI()

        async def proxy(request, base, path):
            async with httpx.AsyncClient() as client:
                return await client.request(request.method, f"{base}{path}")

        @app.api_route("/items/{full_path:path}", methods=["GET", "POST"])
        async def items(full_path: str, request: Request):
            return await proxy(request, "http://stock:8000", f"/items/{full_path}")
        """,
    )
    site, _, reached = found.partition(" -> ")
    assert site == "shop/main.py:13 GET/POST http://stock:8000/items/{full_path}"
    assert reached == "stock GET /items/{sku}, stock POST /items/reserve, stock GET /items/popular"


def test_a_route_that_passes_on_its_own_path_reaches_that_path(tmp_path: Path) -> None:
    (found,) = calls(
        tmp_path,
        """
        import requests
        from flask import Flask, request

        app = Flask(__name__)

        @app.get("/items/popular")
        def popular():
            return requests.get("http://stock:8000" + request.path).json()
        """,
    )
    assert found.endswith("-> stock GET /items/popular")


def test_decorators_of_the_project_that_declare_and_forward_routes(tmp_path: Path) -> None:
    found = calls(
        tmp_path,
        """
        import requests
        from flask import Flask, request

        app = Flask(__name__)

        def forward(path, base):
            def decorate(function):
                @app.get(path)
                def inner():
                    return requests.get(base + request.path).json()
                return inner
            return decorate

        @forward("/items/popular", "http://stock:8000")
        def popular(): ...
        """,
    )
    assert [line.rpartition(" -> ")[2] for line in found] == ["stock GET /items/popular"]


# ---------------------------------------------------------------------- notes


def test_a_local_port_is_that_of_the_service_whose_paths_are_asked_for_there(tmp_path: Path) -> None:
    flask = "from flask import Flask\napp = Flask(__name__)\n"
    made = system(
        tmp_path,
        {
            **{f"{each}/requirements.txt": "flask\n" for each in ("web", "stock", "mail")},
            "stock/app.py": f"{flask}@app.get('/items')\ndef items(): ...\n@app.post('/login')\ndef login(): ...\n",
            "mail/app.py": f"{flask}@app.post('/letters')\ndef send(): ...\n@app.post('/login')\ndef login(): ...\n",
            "web/app.py": f"""{flask}
import requests

@app.get("/")
def index():
    requests.get("http://localhost:8001/items")
    requests.post("http://localhost:8001/login")
    requests.post("http://localhost:8002/login")
""",
        },
    )
    calls = {f"{call.site.place.line} {call.service}": call for call in made.binding.http_calls}
    assert sorted(calls) == ["10 ", "8 stock", "9 stock"]
    assert [target.name for target in calls["9 stock"].targets] == ["POST /login"]
    assert calls["9 stock"].confidence == "likely"


def test_a_container_that_asks_its_own_machine_asks_itself_where_only_it_has_the_path(tmp_path: Path) -> None:
    web = "from flask import Flask\napp = Flask(__name__)\n@app.get('/{}')\ndef show(): ...\n"
    ask = "import requests\n\n\ndef ask():\n    requests.get('http://localhost:8000/bills')\n"
    made = system(
        tmp_path,
        {
            "compose.yaml": """
                services:
                  orders: {build: ./orders, ports: ["8000:8000"]}
                  billing: {build: ./billing, ports: ["8001:8000"]}
                """,
            **{f"{each}/Dockerfile": "FROM python\nCOPY . .\nCMD python app.py\n" for each in ("orders", "billing")},
            "orders/app.py": web.format("orders"),
            "billing/app.py": web.format("bills"),
            "billing/worker.py": ask,
        },
    )
    (call,) = made.binding.http_calls
    assert (call.service, [target.name for target in call.targets]) == ("billing", ["GET /bills"])


def test_of_two_variants_of_a_system_each_asks_its_own_services(tmp_path: Path) -> None:
    shop = """
        import requests
        from fastapi import FastAPI
        app = FastAPI()

        @app.post("/orders")
        def place():
            requests.post("http://stock:8000/{path}")
        """
    files = {}
    for variant, path in (("first", "items/reserve"), ("second", "reservations")):
        files |= {f"{variant}/{name}": text for name, text in FILES.items()}
        files[f"{variant}/shop/main.py"] = shop.replace("{path}", path)
        files[f"{variant}/stock/main.py"] = STOCK.replace("items/reserve", path)
    found = requests(system(tmp_path, files))
    assert found == [
        "first/shop/main.py:8 POST http://stock:8000/items/reserve -> stock POST /items/reserve",
        "second/shop/main.py:8 POST http://stock:8000/reservations -> stock (second/stock) POST /reservations",
    ]


def test_what_cannot_be_told_is_kept_with_the_reason(tmp_path: Path) -> None:
    made = system(tmp_path, {**FILES, "shop/main.py": "import requests\ndef f(url):\n    requests.get(url)\n"})
    (call,) = made.binding.http_calls
    assert call.reason == "the host comes from `url`, which could not be resolved"


def test_a_service_without_python_code_is_bound_as_a_whole(tmp_path: Path) -> None:
    files = {
        **FILES,
        "docker-compose.yml": COMPOSE + "      billing:\n        build: ./billing\n",
        "billing/Dockerfile": "FROM golang\nCOPY . .\nCMD ./billing\n",
        "billing/main.go": "package main\n",
        "shop/main.py": 'import requests\nrequests.post("http://billing:8080/bills")\n',
    }
    made = system(tmp_path, files)
    (call,) = made.binding.http_calls
    assert (call.service, call.targets, call.reason) == ("billing", (), "")
