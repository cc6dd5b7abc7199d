"""How routes are declared: a mini-system for each form, one call that must reach the right `def`."""

from __future__ import annotations

from pathlib import Path

import pytest

from edanalyze.analyse.system import System
from tests.analyse.systems import system

BASE = {
    "docker-compose.yml": "services:\n  shop: {build: ./shop}\n  stock: {build: ./stock}\n",
    "shop/Dockerfile": "FROM python\nCOPY . /app\nCMD python main.py\n",
    "stock/Dockerfile": "FROM python\nCOPY . /app\nCMD python main.py\n",
}

FORMS: dict[str, tuple[str, str, dict[str, str]]] = {
    "FastAPI routers in routers": (
        'requests.get("http://stock:8000/api/v1/items/7/parts")',
        "parts",
        {
            "stock/main.py": """
                from fastapi import APIRouter, FastAPI
                from items import router as items
                api = APIRouter(prefix="/api")
                api.include_router(items, prefix="/v1")
                app = FastAPI()
                app.include_router(api)
                """,
            "stock/items.py": """
                from fastapi import APIRouter
                router = APIRouter(prefix="/items")

                @router.get("/{sku}/parts")
                def parts(sku: str): ...

                @router.get("/{sku}")
                def show(sku: str): ...
                """,
        },
    ),
    "FastAPI mounted below a root path": (
        'requests.get("http://stock:8000/inventory/items/7")',
        "show",
        {
            "stock/main.py": """
                from fastapi import FastAPI
                inner = FastAPI()

                @inner.get("/items/{sku}")
                def show(sku: str): ...

                app = FastAPI()
                app.mount("/inventory", inner)
                """
        },
    ),
    "FastAPI api_route and add_api_route": (
        'requests.put("http://stock:8000/items/7")',
        "change",
        {
            "stock/main.py": """
                from fastapi import FastAPI
                app = FastAPI()

                def change(sku: str): ...

                app.add_api_route("/items/{sku}", change, methods=["PUT"])
                """
        },
    ),
    "Starlette routes and mounts": (
        'requests.get("http://stock:8000/v2/items/7")',
        "show",
        {
            "stock/main.py": """
                from starlette.applications import Starlette
                from starlette.routing import Mount, Route

                async def show(request): ...

                app = Starlette(routes=[Mount("/v2", routes=[Route("/items/{sku}", show, methods=["GET"])])])
                """
        },
    ),
    "Starlette endpoint classes": (
        'requests.post("http://stock:8000/items")',
        "Items.post",
        {
            "stock/main.py": """
                from starlette.applications import Starlette
                from starlette.endpoints import HTTPEndpoint
                from starlette.routing import Route

                class Items(HTTPEndpoint):
                    async def get(self, request): ...
                    async def post(self, request): ...

                app = Starlette(routes=[Route("/items", Items)])
                """
        },
    ),
    "Flask blueprints, nested": (
        'requests.get("http://stock:8000/api/items/7")',
        "show",
        {
            "stock/main.py": """
                from flask import Blueprint, Flask
                items = Blueprint("items", __name__, url_prefix="/items")

                @items.route("/<int:sku>")
                def show(sku): ...

                api = Blueprint("api", __name__, url_prefix="/api")
                api.register_blueprint(items)
                app = Flask(__name__)
                app.register_blueprint(api)
                """
        },
    ),
    "Flask method views": (
        'requests.delete("http://stock:8000/items/7")',
        "Item.delete",
        {
            "stock/main.py": """
                from flask import Flask
                from flask.views import MethodView

                class Item(MethodView):
                    def get(self, sku): ...
                    def delete(self, sku): ...

                app = Flask(__name__)
                app.add_url_rule("/items/<sku>", view_func=Item.as_view("item"))
                """
        },
    ),
    "Flask-RESTful": (
        'requests.post("http://stock:8000/api/items")',
        "Items.post",
        {
            "stock/main.py": """
                from flask import Flask
                from flask_restful import Api, Resource

                class Items(Resource):
                    def get(self): ...
                    def post(self): ...

                app = Flask(__name__)
                api = Api(app, prefix="/api")
                api.add_resource(Items, "/items", "/things")
                """
        },
    ),
    "Flask-RESTX namespaces": (
        'requests.get("http://stock:8000/items/7")',
        "Item.get",
        {
            "stock/main.py": """
                from flask import Flask
                from flask_restx import Api, Namespace, Resource
                ns = Namespace("items", path="/items")

                @ns.route("/<sku>")
                class Item(Resource):
                    def get(self, sku): ...

                app = Flask(__name__)
                api = Api(app)
                api.add_namespace(ns)
                """
        },
    ),
    "Flask-smorest": (
        'requests.get("http://stock:8000/items/7")',
        "Item.get",
        {
            "stock/main.py": """
                from flask import Flask
                from flask.views import MethodView
                from flask_smorest import Api, Blueprint
                blp = Blueprint("items", "items", url_prefix="/items")

                @blp.route("/<sku>")
                class Item(MethodView):
                    def get(self, sku): ...

                app = Flask(__name__)
                Api(app).register_blueprint(blp)
                """
        },
    ),
    "DRF router and @action": (
        'requests.post("http://stock:8000/api/items/7/reserve/")',
        "ItemViewSet.reserve",
        {
            "stock/manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'stock.settings')\n",
            "stock/stock/settings.py": "ROOT_URLCONF = 'stock.urls'\n",
            "stock/stock/urls.py": """
                from django.urls import include, path
                from rest_framework.routers import DefaultRouter
                from items.views import ItemViewSet
                router = DefaultRouter()
                router.register(r"items", ItemViewSet)
                urlpatterns = [path("api/", include(router.urls))]
                """,
            "stock/items/views.py": """
                from rest_framework import viewsets
                from rest_framework.decorators import action

                class ItemViewSet(viewsets.ModelViewSet):
                    @action(detail=True, methods=["post"])
                    def reserve(self, request, pk=None): ...

                    @action(detail=False, url_path="in-stock")
                    def in_stock(self, request): ...
                """,
        },
    ),
    "DRF @action with a url_path": (
        'requests.get("http://stock:8000/api/items/in-stock/")',
        "ItemViewSet.available",
        {
            "stock/manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'stock.settings')\n",
            "stock/stock/settings.py": "ROOT_URLCONF = 'stock.urls'\n",
            "stock/stock/urls.py": """
                from django.urls import include, path
                urlpatterns = [path("api/", include("items.urls"))]
                """,
            "stock/items/urls.py": """
                from rest_framework import routers
                from . import views
                router = routers.SimpleRouter()
                router.register("items", views.ItemViewSet, basename="item")
                urlpatterns = router.urls
                """,
            "stock/items/views.py": """
                from rest_framework import viewsets
                from rest_framework.decorators import action

                class ItemViewSet(viewsets.ViewSet):
                    def retrieve(self, request, pk=None): ...

                    @action(detail=False, url_path="in-stock")
                    def available(self, request): ...
                """,
        },
    ),
    "Django re_path and class-based views": (
        'requests.get("http://stock:8000/items/2024/")',
        "Year.get",
        {
            "stock/manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'stock.settings')\n",
            "stock/stock/settings.py": "ROOT_URLCONF = 'stock.urls'\n",
            "stock/stock/urls.py": r"""
                from django.urls import re_path
                from items.views import Year
                urlpatterns = [re_path(r"^items/(?P<year>[0-9]{4})/$", Year.as_view())]
                """,
            "stock/items/views.py": """
                from django.views import View

                class Year(View):
                    def get(self, request, year): ...
                """,
        },
    ),
    "Django Ninja": (
        'requests.post("http://stock:8000/api/items/reserve")',
        "reserve",
        {
            "stock/manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'stock.settings')\n",
            "stock/stock/settings.py": "ROOT_URLCONF = 'stock.urls'\n",
            "stock/stock/urls.py": """
                from django.urls import path
                from ninja import NinjaAPI
                from items.api import router
                api = NinjaAPI()
                api.add_router("/items", router)
                urlpatterns = [path("api/", api.urls)]
                """,
            "stock/items/api.py": """
                from ninja import Router
                router = Router()

                @router.post("/reserve")
                def reserve(request): ...
                """,
        },
    ),
    "Connexion": (
        'requests.get("http://stock:8000/v1/items/7")',
        "show",
        {
            "stock/main.py": """
                import connexion
                app = connexion.FlaskApp(__name__, specification_dir="spec/")
                app.add_api("openapi.yaml")
                """,
            "stock/spec/openapi.yaml": """
                openapi: "3.0.0"
                info: {title: stock, version: "1"}
                servers: [{url: /v1}]
                paths:
                  /items/{sku}:
                    get:
                      operationId: items.show
                      responses: {"200": {description: ok}}
                """,
            "stock/items.py": "def show(sku): ...\n",
        },
    ),
    "Connexion with a controller": (
        'requests.get("http://stock:8000/items/7")',
        "show",
        {
            "stock/main.py": """
                import connexion
                app = connexion.AsyncApp(__name__)
                app.add_api("openapi.yaml")
                """,
            "stock/openapi.yaml": """
                openapi: "3.0.0"
                info: {title: stock, version: "1"}
                paths:
                  /items/{sku}:
                    get:
                      x-openapi-router-controller: handlers.items
                      operationId: show
                      responses: {"200": {description: ok}}
                """,
            "stock/handlers/items.py": "def show(sku): ...\n",
        },
    ),
    "aiohttp": (
        'requests.get("http://stock:8000/api/items/7")',
        "show",
        {
            "stock/main.py": """
                from aiohttp import web
                routes = web.RouteTableDef()

                @routes.get("/items/{sku}")
                async def show(request): ...

                api = web.Application()
                api.add_routes(routes)
                app = web.Application()
                app.add_subapp("/api/", api)
                """
        },
    ),
    "Tornado": (
        'requests.get("http://stock:8000/items/7")',
        "Item.get",
        {
            "stock/main.py": r"""
                import tornado.web

                class Item(tornado.web.RequestHandler):
                    def get(self, sku): ...

                app = tornado.web.Application([(r"/items/(\d+)", Item)])
                """
        },
    ),
    "Sanic blueprints": (
        'requests.get("http://stock:8000/v1/items/7")',
        "show",
        {
            "stock/main.py": """
                from sanic import Blueprint, Sanic
                items = Blueprint("items", url_prefix="/items")

                @items.get("/<sku:str>")
                async def show(request, sku): ...

                app = Sanic("stock")
                app.blueprint(Blueprint.group(items, url_prefix="/v1"))
                """
        },
    ),
    "Falcon": (
        'requests.post("http://stock:8000/items/7")',
        "Item.on_post",
        {
            "stock/main.py": """
                import falcon

                class Item:
                    def on_get(self, req, resp, sku): ...
                    def on_post(self, req, resp, sku): ...

                app = falcon.App()
                app.add_route("/items/{sku}", Item())
                """
        },
    ),
    "Litestar": (
        'requests.get("http://stock:8000/items/7")',
        "Items.show",
        {
            "stock/main.py": """
                from litestar import Controller, Litestar, get

                class Items(Controller):
                    path = "/items"

                    @get("/{sku:str}")
                    async def show(self, sku: str) -> None: ...

                app = Litestar([Items])
                """
        },
    ),
    "a gateway in front that strips a prefix": (
        'requests.get("http://stock:8000/stock-service/items/7")',
        "show",
        {
            "stock/main.py": """
                from fastapi import FastAPI
                app = FastAPI()

                @app.get("/items/{sku}")
                def show(sku: str): ...
                """
        },
    ),
    "fastapi-utils class-based views": (
        'requests.get("http://stock:8000/items/7")',
        "Items.show",
        {
            "stock/main.py": """
                from fastapi import APIRouter, FastAPI
                from fastapi_utils.cbv import cbv
                router = APIRouter()

                @cbv(router)
                class Items:
                    @router.get("/items/{sku}")
                    def show(self, sku: str): ...

                app = FastAPI()
                app.include_router(router)
                """
        },
    ),
    "routers included in a loop": (
        'requests.get("http://stock:8000/api/items/7")',
        "show",
        {
            "stock/main.py": """
                from fastapi import FastAPI
                import items
                app = FastAPI()
                for router in (items.router,):
                    app.include_router(router, prefix="/api")
                """,
            "stock/items.py": """
                from fastapi import APIRouter
                router = APIRouter()

                @router.get("/items/{sku}")
                def show(sku: str): ...
                """,
        },
    ),
    "a prefix from the settings": (
        'requests.get("http://stock:8000/api/v3/items/7")',
        "show",
        {
            "stock/main.py": """
                from fastapi import APIRouter, FastAPI
                from settings import settings
                router = APIRouter()

                @router.get("/items/{sku}")
                def show(sku: str): ...

                app = FastAPI()
                app.include_router(router, prefix=settings.API_PREFIX)
                """,
            "stock/settings.py": """
                from pydantic_settings import BaseSettings

                class Settings(BaseSettings):
                    API_PREFIX: str = "/api/v3"

                settings = Settings()
                """,
        },
    ),
}


def reached(made: System) -> set[str]:
    return {target.function.partition(":")[2] for call in made.binding.http_calls for target in call.targets}


@pytest.mark.parametrize("form", FORMS)
def test_the_def_is_found(tmp_path: Path, form: str) -> None:
    call, expected, files = FORMS[form]
    shop = f"import requests\n\ndef ask():\n    return {call}\n"
    made = system(tmp_path, {**BASE, "shop/main.py": shop, **files})
    routes = [f"{entry.methods} {entry.path} {entry.function}" for entry in made.entries]
    assert reached(made) == {expected}, routes
