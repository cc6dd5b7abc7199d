"""Where the address of a request may come from: a mini-system for each form, one route that must be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analyse.systems import callee, requests, system

STOCK = """
    from fastapi import FastAPI
    app = FastAPI()

    @app.get("/items/{sku}")
    def show(sku: str): ...

    @app.post("/reservations")
    def reserve(): ...
    """
DEPLOYED = {
    "docker-compose.yml": """
        services:
          shop:
            build: ./shop
            environment:
              STOCK_URL: http://stock:8000
              SHOP_STOCK_URL: http://stock:8000
              SHOP_STOCK__URL: http://stock:8000
              DYNACONF_STOCK_URL: http://stock:8000
              STOCK_HOST: stock
              STOCK_PORT: "8000"
          stock:
            build: ./stock
        """,
    "shop/Dockerfile": "FROM python\nCOPY . /app\nCMD python main.py\n",
    "stock/Dockerfile": "FROM python\nCOPY . /app\nCMD uvicorn main:app\n",
    "stock/main.py": STOCK,
}
SHOW = "stock GET /items/{sku}"

FORMS = {
    "pydantic settings": """
        import requests
        from pydantic_settings import BaseSettings

        class Settings(BaseSettings):
            stock_url: str = "http://localhost:1"

        settings = Settings()

        def ask(sku):
            return requests.get(f"{settings.stock_url}/items/{sku}")
        """,
    "pydantic settings with a prefix": """
        import requests
        from pydantic_settings import BaseSettings, SettingsConfigDict

        class Settings(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="SHOP_")
            stock_url: str

        def ask(sku):
            return requests.get(f"{Settings().stock_url}/items/{sku}")
        """,
    "pydantic settings with a prefix in the old Config": """
        import requests
        from pydantic import BaseSettings

        class Settings(BaseSettings):
            stock_url: str

            class Config:
                env_prefix = "SHOP_"

        def ask(sku):
            return requests.get(f"{Settings().stock_url}/items/{sku}")
        """,
    "pydantic settings with an alias": """
        import requests
        from pydantic import Field
        from pydantic_settings import BaseSettings

        class Settings(BaseSettings):
            inventory: str = Field("http://localhost:1", validation_alias="STOCK_URL")

        def ask(sku):
            return requests.get(f"{Settings().inventory}/items/{sku}")
        """,
    "pydantic settings with alias choices": """
        import requests
        from pydantic import AliasChoices, Field
        from pydantic_settings import BaseSettings

        class Settings(BaseSettings):
            inventory: str = Field(validation_alias=AliasChoices("INVENTORY", "STOCK_URL"))

        def ask(sku):
            return requests.get(f"{Settings().inventory}/items/{sku}")
        """,
    "pydantic settings, nested": """
        import requests
        from pydantic import BaseModel
        from pydantic_settings import BaseSettings, SettingsConfigDict

        class Stock(BaseModel):
            url: str

        class Settings(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="SHOP_", env_nested_delimiter="__")
            stock: Stock

        settings = Settings()

        def ask(sku):
            return requests.get(f"{settings.stock.url}/items/{sku}")
        """,
    "pydantic settings, a computed property": """
        import requests
        from pydantic import computed_field
        from pydantic_settings import BaseSettings

        class Settings(BaseSettings):
            stock_host: str
            stock_port: int

            @computed_field
            @property
            def stock(self) -> str:
                return f"http://{self.stock_host}:{self.stock_port}"

        def ask(sku):
            return requests.get(f"{Settings().stock}/items/{sku}")
        """,
    "pydantic settings behind lru_cache": """
        from functools import lru_cache
        import requests
        from pydantic_settings import BaseSettings

        class Settings(BaseSettings):
            stock_url: str

        @lru_cache
        def get_settings() -> Settings:
            return Settings()

        def ask(sku):
            return requests.get(get_settings().stock_url + "/items/" + sku)
        """,
    "dynaconf": """
        import requests
        from dynaconf import Dynaconf
        settings = Dynaconf(settings_files=["settings.toml"])

        def ask(sku):
            return requests.get(f"{settings.STOCK_URL}/items/{sku}")
        """,
    "environs": """
        import requests
        from environs import Env
        env = Env()
        URL = env.str("STOCK_URL")

        def ask(sku):
            return requests.get(f"{URL}/items/{sku}")
        """,
    "decouple": """
        import requests
        from decouple import config
        URL = config("STOCK_URL", default="http://x")

        def ask(sku):
            return requests.get(f"{URL}/items/{sku}")
        """,
    "starlette config": """
        import requests
        from starlette.config import Config
        config = Config(".env")
        URL = config("STOCK_URL", cast=str)

        def ask(sku):
            return requests.get(f"{URL}/items/{sku}")
        """,
    "flask config": """
        import os
        import requests
        from flask import Flask, current_app
        app = Flask(__name__)
        app.config["STOCK"] = os.environ["STOCK_URL"]

        @app.get("/ask/<sku>")
        def ask(sku):
            return requests.get(f"{current_app.config['STOCK']}/items/{sku}").json()
        """,
    "a dataclass of settings": """
        import os
        from dataclasses import dataclass, field
        import requests

        @dataclass(frozen=True)
        class Settings:
            stock: str = field(default_factory=lambda: os.environ["STOCK_URL"])

        settings = Settings()

        def ask(sku):
            return requests.get(f"{settings.stock}/items/{sku}")
        """,
    "a data class made of a dict": """
        from dataclasses import dataclass
        from environs import Env
        import requests

        @dataclass
        class Config:
            STOCK: str

            @classmethod
            def load(cls):
                env = Env()
                env.read_env()
                config = {"STOCK": env("STOCK_URL")}
                return cls(**config)

        settings = Config.load()

        class Client:
            def __init__(self, base=None):
                self.base = base if base else settings.STOCK

            def show(self, sku):
                return requests.get(f"{self.base}/items/{sku}")

        client = Client()
        """,
    "host and port": """
        import os
        import requests
        HOST, PORT = os.getenv("STOCK_HOST", "localhost"), os.getenv("STOCK_PORT", "1")

        def ask(sku):
            return requests.get("http://%s:%s/items/%s" % (HOST, PORT, sku))
        """,
    "a map of URLs": """
        import os
        import requests
        SERVICES = {"stock": os.environ["STOCK_URL"], "mail": "http://mail:1"}

        def ask(sku):
            return requests.get(f"{SERVICES['stock']}/items/{sku}")
        """,
    "a map of maps": """
        import requests
        SERVICES = {"stock": {"base": "http://stock:8000", "show": "/items/{sku}"}}

        def ask(sku):
            entry = SERVICES["stock"]
            return requests.get(entry["base"] + entry["show"].format(sku=sku))
        """,
    "an enum of URLs": """
        from enum import Enum
        import requests

        class Service(str, Enum):
            STOCK = "http://stock:8000"

        def ask(sku):
            return requests.get(f"{Service.STOCK.value}/items/{sku}")
        """,
    "urljoin": """
        from urllib.parse import urljoin
        import requests

        def ask(sku):
            return requests.get(urljoin("http://stock:8000", f"/items/{sku}"))
        """,
    "yarl with a slash": """
        import aiohttp
        from yarl import URL
        STOCK = URL("http://stock:8000")

        async def ask(sku):
            async with aiohttp.ClientSession() as session:
                return await session.get(STOCK / "items" / sku)
        """,
    "yarl with a path": """
        import aiohttp
        from yarl import URL

        async def ask(sku):
            async with aiohttp.ClientSession() as session:
                async with session.get(URL("http://stock:8000").with_path(f"/items/{sku}")) as response:
                    return await response.json()
        """,
    "yarl build": """
        import aiohttp
        from yarl import URL

        async def ask(sku):
            async with aiohttp.ClientSession() as session:
                return await session.get(URL.build(scheme="http", host="stock", port=8000, path=f"/items/{sku}"))
        """,
    "httpx.URL join": """
        import httpx
        BASE = httpx.URL("http://stock:8000")

        def ask(sku):
            return httpx.get(BASE.join(f"/items/{sku}"))
        """,
    "a session with a base URL": """
        import aiohttp

        async def ask(sku):
            async with aiohttp.ClientSession(base_url="http://stock:8000") as session:
                async with session.get(f"/items/{sku}") as response:
                    return await response.json()
        """,
    "a client class": """
        import os
        import httpx

        class StockClient:
            def __init__(self, base_url: str) -> None:
                self.base_url = base_url.rstrip("/")
                self._client = httpx.Client()

            def _request(self, method: str, path: str, **kwargs):
                return self._client.request(method, f"{self.base_url}{path}", **kwargs)

            def show(self, sku: str):
                return self._request("GET", f"/items/{sku}")

        client = StockClient(os.environ["STOCK_URL"])
        """,
    "a client class with its URL in a class attribute": """
        import requests

        class Base:
            host = ""

            def get(self, path):
                return requests.get(self.host + path)

        class Stock(Base):
            host = "http://stock:8000"

            def show(self, sku):
                return self.get("/items/" + sku)
        """,
    "an injected client": """
        import httpx
        from fastapi import Depends, FastAPI
        app = FastAPI()

        class StockClient:
            def __init__(self, http: httpx.AsyncClient):
                self.http = http

            async def show(self, sku):
                return await self.http.get(f"/items/{sku}")

        def stock_client() -> StockClient:
            return StockClient(httpx.AsyncClient(base_url="http://stock:8000"))

        @app.get("/ask/{sku}")
        async def ask(sku: str, client: StockClient = Depends(stock_client)):
            return await client.show(sku)
        """,
    "a container of dependency_injector": """
        import httpx
        from dependency_injector import containers, providers

        class StockClient:
            def __init__(self, base_url):
                self._http = httpx.Client(base_url=base_url)

            def show(self, sku):
                return self._http.get(f"/items/{sku}")

        class Container(containers.DeclarativeContainer):
            stock = providers.Singleton(StockClient, base_url="http://stock:8000")
        """,
    "a client kept in the application's state": """
        from contextlib import asynccontextmanager
        import httpx
        from fastapi import FastAPI, Request

        @asynccontextmanager
        async def lifespan(app):
            app.state.stock = httpx.AsyncClient(base_url="http://stock:8000")
            yield

        app = FastAPI(lifespan=lifespan)

        @app.get("/ask/{sku}")
        async def ask(sku: str, request: Request):
            return await request.app.state.stock.get(f"/items/{sku}")
        """,
    "kwargs that hold the base": """
        import requests

        class Client:
            def __init__(self, **kwargs):
                self.base = kwargs.get("base")
                self.timeout = kwargs["timeout"]

            def show(self, sku):
                return requests.get(f"{self.base}/items/{sku}", timeout=self.timeout)

        client = Client(base="http://stock:8000", timeout=3)
        """,
    "a service name in the URL": """
        import requests

        def ask(service, sku):
            return requests.get(f"http://{service}:8000/items/{sku}")

        def show(sku):
            return ask("stock", sku)
        """,
    "format with names": """
        import requests
        TEMPLATE = "{base}/items/{sku}"

        def ask(sku):
            return requests.get(TEMPLATE.format(base="http://stock:8000", sku=sku))
        """,
    "a list joined": """
        import requests

        def ask(sku):
            return requests.get("/".join(["http://stock:8000", "items", str(sku)]))
        """,
    "urllib": """
        import json
        from urllib.request import Request, urlopen

        def ask(sku):
            return json.load(urlopen(Request(f"http://stock:8000/items/{sku}")))
        """,
    "http.client": """
        import http.client

        def ask(sku):
            connection = http.client.HTTPConnection("stock", 8000)
            connection.request("GET", f"/items/{sku}")
            return connection.getresponse()
        """,
    "a session held by a mixin": """
        import requests

        class Http:
            base = None

            @property
            def session(self):
                if not hasattr(self, "_session"):
                    self._session = requests.Session()
                return self._session

            def fetch(self, path):
                return self.session.get(self.base + path)

        class Stock(Http):
            base = "http://stock:8000"

            def show(self, sku):
                return self.fetch(f"/items/{sku}")
        """,
    "settings read from a function with a default": """
        import os
        import requests

        def env(name, default=None):
            return os.environ.get(name, default)

        def ask(sku):
            return requests.get(env("STOCK_URL") + f"/items/{sku}")
        """,
    "a base URL assigned to the session": """
        import httpx

        def ask(sku):
            client = httpx.Client()
            client.base_url = "http://stock:8000"
            return client.get(f"/items/{sku}")
        """,
    "a class method that reads a class attribute": """
        import os
        import requests

        class Stock:
            URL = os.environ.get("STOCK_URL")

            @classmethod
            def show(cls, sku):
                return requests.get(f"{cls.URL}/items/{sku}")
        """,
    "a global that is set by a function": """
        import os
        import requests
        url = None

        def configure():
            global url
            url = os.environ["STOCK_URL"]

        def ask(sku):
            return requests.get(f"{url}/items/{sku}")
        """,
    "a circuit breaker": """
        import pybreaker
        import requests
        breaker = pybreaker.CircuitBreaker()

        def ask(sku):
            def get(url):
                return requests.get(url)
            return breaker.call(get, f"http://stock:8000/items/{sku}")
        """,
    "walrus and conditional": """
        import os
        import requests

        def ask(sku):
            if base := os.getenv("STOCK_URL"):
                return requests.get(f"{base}/items/{sku}")
        """,
}


@pytest.mark.parametrize("form", FORMS)
def test_the_route_is_found(tmp_path: Path, form: str) -> None:
    made = system(tmp_path, {**DEPLOYED, "shop/main.py": FORMS[form]})
    assert {callee(call) for call in made.binding.http_calls} == {SHOW}, requests(made)
