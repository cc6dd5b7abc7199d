from __future__ import annotations

from edanalyze.discover.deployed import Deployment, Operation
from tests.link.entrypoints import entries, routes


def test_prefixes_of_construction_and_inclusion_add_up_in_fastapi() -> None:
    assert routes(
        {
            "app/main.py": """
                from fastapi import FastAPI
                from app.api import api
                app = FastAPI()
                app.include_router(api, prefix="/v1")
                """,
            "app/api.py": """
                from fastapi import APIRouter
                from app import orders
                API = "/api"
                api = APIRouter(prefix=API)
                api.include_router(orders.router, prefix="/shop")
                """,
            "app/orders.py": """
                from fastapi import APIRouter
                router = APIRouter(prefix="/orders")

                @router.get("/{order_id}")
                async def read(order_id: int): ...

                @router.api_route("/all/{rest:path}", methods=["GET", "HEAD"])
                async def everything(rest): ...
                """,
        }
    ) == {
        "GET /v1/api/shop/orders/{order_id} -> read",
        "GET,HEAD /v1/api/shop/orders/all/{rest:path} -> everything",
    }


def test_router_included_twice_answers_on_both_paths() -> None:
    assert routes(
        """
        from fastapi import APIRouter, FastAPI
        router = APIRouter()
        @router.post("/orders")
        def place(): ...
        app = FastAPI()
        for version in ("v1", "v2"):
            app.include_router(router, prefix=f"/{version}")
        """
    ) == {"POST /v1/orders -> place", "POST /v2/orders -> place"}


def test_router_that_nothing_includes_still_counts() -> None:
    assert routes(
        """
        from fastapi import APIRouter
        router = APIRouter(prefix="/orders")
        @router.post("")
        def place(): ...
        """
    ) == {"POST /orders -> place"}


def test_mounted_application_and_imperative_routes() -> None:
    assert routes(
        """
        from fastapi import FastAPI
        app, inner = FastAPI(), FastAPI()
        def read(item): ...
        inner.add_api_route("/items/{item}", read, methods=["GET"])
        app.mount("/shop", inner)
        """
    ) == {"GET /shop/items/{item} -> read"}


def test_flask_blueprint_prefix_is_replaced_at_registration() -> None:
    assert routes(
        """
        from flask import Blueprint, Flask
        orders = Blueprint("orders", __name__, url_prefix="/old")
        kept = Blueprint("kept", __name__, url_prefix="/kept")

        @orders.route("/<int:order_id>", methods=["GET", "POST"])
        def order(order_id): ...

        @kept.get("/")
        def index(): ...

        def create_app():
            app = Flask(__name__)
            app.register_blueprint(orders, url_prefix="/new")
            app.register_blueprint(kept)

            @app.route("/health")
            def health(): ...
            return app
        """
    ) == {
        "GET,POST /new/{order_id} -> order",
        "GET /kept/ -> index",
        "GET /health -> create_app.health",
    }


def test_flask_blueprints_nest() -> None:
    assert routes(
        """
        from flask import Blueprint, Flask
        app = Flask(__name__)
        outer, inner = Blueprint("o", __name__, url_prefix="/o"), Blueprint("i", __name__, url_prefix="/i")
        outer.register_blueprint(inner)
        app.register_blueprint(outer)
        @inner.route("/x/<path:rest>")
        def x(rest): ...
        """
    ) == {"GET /o/i/x/{rest:path} -> x"}


def test_rules_added_through_a_parameter_and_method_views() -> None:
    assert routes(
        """
        from flask import Flask
        from flask.views import MethodView

        class Orders(MethodView):
            def get(self, order_id): ...
            def delete(self, order_id): ...

        def ping(): ...

        def install(app, base):
            app.add_url_rule(base + "/ping", view_func=ping)
            app.add_url_rule(f"{base}/orders/<order_id>", view_func=Orders.as_view("orders"))

        app = Flask(__name__)
        install(app, "/api")
        """
    ) == {
        "GET /api/ping -> ping",
        "GET /api/orders/{order_id} -> Orders.get",
        "DELETE /api/orders/{order_id} -> Orders.delete",
    }


def test_flask_restful_and_restx_resources() -> None:
    assert routes(
        """
        from flask import Blueprint, Flask
        from flask_restful import Api, Resource
        blueprint = Blueprint("api", __name__, url_prefix="/api")
        api = Api(blueprint)
        class Todo(Resource):
            def get(self, number): ...
            def put(self, number): ...
        api.add_resource(Todo, "/todos/<int:number>", "/t/<int:number>")
        Flask(__name__).register_blueprint(blueprint)
        """
    ) == {
        "GET /api/todos/{number} -> Todo.get",
        "PUT /api/todos/{number} -> Todo.put",
        "GET /api/t/{number} -> Todo.get",
        "PUT /api/t/{number} -> Todo.put",
    }
    assert routes(
        """
        from flask_restx import Api, Namespace, Resource
        ns = Namespace("cats", path="/cats")
        @ns.route("/<name>")
        class Cat(Resource):
            def get(self, name): ...
        api = Api(prefix="/api")
        api.add_namespace(ns)
        """
    ) == {"GET /api/cats/{name} -> Cat.get"}


def test_aiohttp_tables_lists_and_subapplications() -> None:
    assert routes(
        """
        from aiohttp import web
        routes = web.RouteTableDef()

        @routes.get("/orders/{number:[0-9]+}")
        async def read(request): ...

        class Item(web.View):
            async def get(self): ...
            async def post(self): ...

        async def save(request): ...
        async def ping(request): ...

        admin = web.Application()
        admin.add_routes([web.post("/save", save), web.view("/item", Item)])
        app = web.Application()
        app.add_routes(routes)
        app.router.add_get("/ping", ping)
        app.router.add_route("*", "/any", ping)
        app.add_subapp("/admin/", admin)
        """
    ) == {
        "GET /orders/{number} -> read",
        "POST /admin/save -> save",
        "GET /admin/item -> Item.get",
        "POST /admin/item -> Item.post",
        "GET /ping -> ping",
        "* /any -> ping",
    }


def test_starlette_routes_and_mounts() -> None:
    assert routes(
        """
        from starlette.applications import Starlette
        from starlette.endpoints import HTTPEndpoint
        from starlette.routing import Mount, Route
        async def home(request): ...
        class User(HTTPEndpoint):
            async def get(self, request): ...
            async def patch(self, request): ...
        users = [Route("/{name}", User)]
        app = Starlette(routes=[Route("/", home), Mount("/users", routes=users)])
        """
    ) == {"GET / -> home", "GET /users/{name} -> User.get", "PATCH /users/{name} -> User.patch"}


def test_tornado_handlers_of_an_application_subclass() -> None:
    assert routes(
        """
        import tornado.web
        from tornado.web import url

        class Base(tornado.web.RequestHandler):
            def prepare(self): ...

        class Order(Base):
            def get(self, number): ...

        class Orders(Base):
            async def post(self): ...

        class App(tornado.web.Application):
            def __init__(self):
                handlers = [(r"/orders/([0-9]+)", Order), url(r"/orders/?", Orders, name="orders")]
                super().__init__(handlers, debug=True)
        """
    ) == {"GET /orders/{arg1} -> Order.get", "POST /orders -> Orders.post"}


def test_falcon_resources_with_suffix() -> None:
    assert routes(
        """
        import falcon
        class Orders:
            def __init__(self, db): self.db = db
            def on_get(self, req, resp, number): ...
            def on_post_many(self, req, resp): ...
        app = falcon.App()
        orders = Orders(object())
        app.add_route("/orders/{number:int}", orders)
        app.add_route("/orders", orders, suffix="many")
        """
    ) == {"GET /orders/{number} -> Orders.on_get", "POST /orders -> Orders.on_post_many"}


def test_litestar_controllers_and_routers() -> None:
    assert routes(
        """
        from litestar import Controller, Litestar, Router, get, post
        class OrderController(Controller):
            path = "/orders"
            @get("/{number:int}")
            async def read(self, number: int) -> dict: ...
            @post()
            async def place(self, data: dict) -> dict: ...
        @get("/health")
        async def health() -> str: ...
        api = Router(path="/api", route_handlers=[OrderController])
        app = Litestar(route_handlers=[api, health])
        """
    ) == {
        "GET /api/orders/{number} -> OrderController.read",
        "POST /api/orders/ -> OrderController.place",
        "GET /health -> health",
    }


def test_bottle_sanic_quart_and_chalice() -> None:
    assert routes(
        """
        from bottle import get, Bottle
        app = Bottle()
        @get("/plain/<name>")
        def plain(name): ...
        @app.route("/files/<rest:path>", method=["GET", "PUT"])
        def files(rest): ...
        """
    ) == {"GET /plain/{name} -> plain", "GET,PUT /files/{rest:path} -> files"}
    assert routes(
        """
        from sanic import Blueprint, Sanic
        app = Sanic("shop")
        bp = Blueprint("orders", url_prefix="/orders")
        @bp.post("/<number:int>")
        async def pay(request, number): ...
        app.blueprint(bp)
        """
    ) == {"POST /orders/{number} -> pay"}
    assert routes(
        """
        from chalice import Chalice
        app = Chalice("shop")
        @app.route("/orders/{number}", methods=["PUT"])
        def put(number): ...
        """
    ) == {"PUT /orders/{number} -> put"}


def test_pyramid_views_are_joined_to_named_routes() -> None:
    assert routes(
        {
            "shop/__init__.py": "def main(config):\n    config.include('.orders', route_prefix='/api')\n",
            "shop/orders.py": "def includeme(config):\n    config.add_route('order', '/orders/{number}')\n",
            "shop/views.py": """
                from pyramid.view import view_config, view_defaults

                @view_defaults(route_name="order")
                class OrderViews:
                    @view_config(request_method="GET")
                    def read(self): ...
                    @view_config(request_method="POST")
                    def pay(self): ...
                """,
        }
    ) == {"GET /api/orders/{number} -> OrderViews.read", "POST /api/orders/{number} -> OrderViews.pay"}


def test_application_object_on_self_and_other_decorators() -> None:
    assert routes(
        """
        import functools
        from flask import Flask

        def login_required(view):
            @functools.wraps(view)
            def wrapper(*args, **kwargs):
                return view(*args, **kwargs)
            return wrapper

        class Server:
            def __init__(self):
                self.app = Flask("server")
                self.app.add_url_rule("/status", view_func=self.status)

            def status(self): ...

        app = Flask(__name__)

        @app.route("/private")
        @login_required
        def private(): ...
        """
    ) == {"GET /status -> Server.status", "GET /private -> private"}


def test_value_of_a_decorated_handler_is_the_wrapper() -> None:
    (entry,) = entries(
        """
        from flask import Flask
        app = Flask(__name__)
        def atomic(view):
            def wrapper(*args): return view(*args)
            return wrapper
        @app.post("/x")
        @atomic
        def x(): ...
        """
    )
    assert entry.function == "app:x"
    assert entry.value is not None and entry.value.id == "app:atomic.wrapper"
    assert entry.place.line == 9


def test_project_decorators_that_register_routes() -> None:
    assert routes(
        """
        from flask import Flask
        app = Flask(__name__)

        def api(path, method="GET"):
            def register(view):
                app.add_url_rule("/api" + path, view_func=view, methods=[method])
                return view
            return register

        def raw(path):
            return app.post("/raw" + path)

        def later(path):
            def register(view):
                return app.route(path)(view)
            return register

        @api("/orders", method="POST")
        def place(): ...

        @raw("/orders")
        def raw_orders(): ...

        @later("/later")
        def later_on(): ...
        """
    ) == {"POST /api/orders -> place", "POST /raw/orders -> raw_orders", "GET /later -> later_on"}


def test_unresolved_application_is_recognised_by_its_arguments() -> None:
    assert routes(
        """
        from fastapi import Request
        from somewhere.unknown import application

        @application.get("/orders/{number}")
        def read(number): ...

        @application.get("no path")
        def cached(): ...

        def setup(app):
            app.add_api_route("/orders", place, methods=["POST"])

        def place(): ...
        """
    ) == {"GET /orders/{number} -> read", "POST /orders -> place"}


def test_test_clients_and_lookups_are_no_routes() -> None:
    assert not routes(
        """
        from fastapi.testclient import TestClient
        from app.main import app
        client = TestClient(app)
        def test_read():
            client.get("/orders")
        """
    )


def test_websockets_are_routes_of_their_own() -> None:
    assert routes(
        """
        from fastapi import FastAPI
        app = FastAPI()
        @app.websocket("/ws/{room}")
        async def chat(socket, room): ...
        """
    ) == {"WEBSOCKET /ws/{room} -> chat"}


def test_factory_of_routers_gives_each_its_own_prefix() -> None:
    assert routes(
        """
        from fastapi import APIRouter, FastAPI

        def crud(prefix):
            router = APIRouter(prefix=prefix)
            @router.get("/all")
            def list_all(): ...
            return router

        app = FastAPI()
        app.include_router(crud("/cats"))
        app.include_router(crud("/dogs"))
        """
    ) == {"GET /cats/all -> crud.list_all", "GET /dogs/all -> crud.list_all"}


def test_operations_of_a_document_name_their_functions() -> None:
    operation = Operation(
        name="get_order",
        controller="api.orders",
        base="/v1",
        path="/orders/{id}",
        method="GET",
        file="api/o.yaml",
        line=3,
    )
    described = Operation(
        name="listOrders", controller="", base="", path="/orders", method="GET", file="api/o.yaml", line=9
    )
    (entry,) = entries(
        {"api/orders.py": "def get_order(id): ...\ndef listOrders(): ...\n"},
        Deployment(operations=(operation, described)),
    )
    assert (entry.name, entry.function) == ("GET /v1/orders/{id}", "api.orders:get_order")


def test_trees_of_objects_and_resources_with_a_path() -> None:
    assert routes(
        """
        import cherrypy
        class Orders:
            @cherrypy.expose
            def index(self): ...
            @cherrypy.expose
            def place(self): ...
        class Root:
            orders = Orders()
            @cherrypy.expose
            def default(self, *rest): ...
            def hidden(self): ...
        cherrypy.quickstart(Root(), "/shop")
        """
    ) == {
        "* /shop/orders -> Orders.index",
        "* /shop/orders/place -> Orders.place",
        "* /shop/{rest:path} -> Root.default",
    }
    assert routes(
        """
        from cornice import Service
        from cornice.resource import resource
        levels = Service(name="levels", path="/levels/{sku}")
        @levels.get()
        def level(request): ...
        @resource(path="/users/{id}", collection_path="/users")
        class User:
            def get(self): ...
            def collection_post(self): ...
        """
    ) == {"GET /levels/{sku} -> level", "GET /users/{id} -> User.get", "POST /users -> User.collection_post"}


def test_resource_object_of_aiohttp() -> None:
    assert routes(
        """
        from aiohttp import web
        async def read(request): ...
        app = web.Application()
        resource = app.router.add_resource("/orders/{id}")
        resource.add_route("GET", read)
        """
    ) == {"GET /orders/{id} -> read"}


def test_wrapper_that_a_decorator_registers_stands_for_what_it_wraps() -> None:
    source = """
        from functools import wraps
        from fastapi import FastAPI
        class Gateway(FastAPI):
            def forward(self, path, method="get"):
                decorator = getattr(super(), method)
                def wrapper(function):
                    @decorator(path)
                    @wraps(function)
                    async def inner(request): ...
                    return inner
                return wrapper
        app = Gateway()
        @app.forward("/users")
        async def users(request): ...
        @app.forward("/orders", method="post")
        async def orders(request): ...
        """
    assert routes(source) == {"GET /users -> users", "POST /orders -> orders"}
    assert {entry.value.id for entry in entries(source) if entry.value} == {"app:Gateway.forward.wrapper.inner"}


def test_methods_given_as_members_of_an_enumeration() -> None:
    assert routes(
        """
        from http import HTTPMethod
        from flask import Flask
        app = Flask(__name__)
        @app.route("/x", methods=[HTTPMethod.PUT, HTTPMethod.POST])
        def x(): ...
        """
    ) == {"POST,PUT /x -> x"}
