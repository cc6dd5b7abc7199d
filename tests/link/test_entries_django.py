from __future__ import annotations

from tests.link.entrypoints import entries, routes


def test_tables_are_followed_through_strings_lists_and_tuples() -> None:
    assert routes(
        {
            "site/urls.py": """
                from django.urls import include, path, re_path
                from orders import views
                orders = [path("<int:pk>/", views.order), path("", views.Orders.as_view())]
                urlpatterns = [
                    path("orders/", include((orders, "orders"), namespace="orders")),
                    path("api/", include("api.urls")),
                ]
                urlpatterns += [re_path(r"^old/(?P<slug>[\\w-]+)/$", views.order)]
                urlpatterns.append(path("files/<path:rest>", views.order))
                """,
            "api/urls.py": """
                from django.urls import path
                from orders import views
                urlpatterns = [path("ping/", views.ping)]
                """,
            "orders/views.py": """
                from django.contrib.auth.decorators import login_required
                from django.views import View
                from django.views.decorators.http import require_POST
                @login_required
                def order(request, pk): ...
                @require_POST
                def ping(request): ...
                class Orders(View):
                    def get(self, request): ...
                    def post(self, request): ...
                """,
        }
    ) == {
        "* /orders/{pk}/ -> order",
        "GET /orders/ -> Orders.get",
        "POST /orders/ -> Orders.post",
        "POST /api/ping/ -> ping",
        "* /old/{slug}/ -> order",
        "* /files/{rest:path} -> order",
    }


def test_wrapped_views_in_a_table() -> None:
    assert routes(
        """
        from django.urls import path
        from django.views.decorators.cache import cache_page
        from django.views.decorators.csrf import csrf_exempt
        from django.views import View
        class Hook(View):
            def post(self, request): ...
        def report(request): ...
        urlpatterns = [path("hook", csrf_exempt(Hook.as_view())), path("report", cache_page(60)(report))]
        """
    ) == {"POST /hook -> Hook.post", "* /report -> report"}


def test_module_that_only_another_includes_has_no_route_of_its_own() -> None:
    found = routes(
        {
            "urls.py": "from django.urls import include, path\nurlpatterns = [path('a/', include('inner'))]\n",
            "inner.py": "from django.urls import path\ndef x(request): ...\nurlpatterns = [path('x', x)]\n",
        }
    )
    assert found == {"* /a/x -> x"}


VIEWSETS = {
    "urls.py": """
        from django.urls import include, path
        from rest_framework.routers import DefaultRouter
        from views import OrderViewSet
        router = DefaultRouter()
        router.register(r"orders", OrderViewSet)
        urlpatterns = [path("api/", include(router.urls))]
        """,
    "views.py": """
        from rest_framework import viewsets
        from rest_framework.decorators import action
        class OrderViewSet(viewsets.ModelViewSet):
            lookup_field = "number"
            def perform_create(self, serializer): ...
            def retrieve(self, request, number): ...
            @action(detail=True, methods=["post"], url_path="pay-now")
            def pay(self, request, number): ...
            @pay.mapping.delete
            def refund(self, request, number): ...
            @action(detail=False)
            def recent(self, request): ...
        """,
}


def test_viewsets_have_standard_and_extra_actions() -> None:
    assert routes(VIEWSETS) == {
        "GET /api/orders/ -> OrderViewSet",
        "POST /api/orders/ -> OrderViewSet.perform_create",
        "GET /api/orders/{number}/ -> OrderViewSet.retrieve",
        "DELETE,PATCH,PUT /api/orders/{number}/ -> OrderViewSet",
        "POST /api/orders/{number}/pay-now/ -> OrderViewSet.pay",
        "DELETE /api/orders/{number}/pay-now/ -> OrderViewSet.refund",
        "GET /api/orders/recent/ -> OrderViewSet.recent",
    }


def test_what_the_framework_serves_alone_has_no_value() -> None:
    found = {entry.name: entry for entry in entries(VIEWSETS)}
    assert found["GET /api/orders/"].value is None
    assert found["POST /api/orders/"].value is not None


def test_generic_views_function_views_and_action_maps() -> None:
    assert routes(
        """
        from django.urls import path
        from rest_framework import generics, viewsets
        from rest_framework.decorators import api_view
        class Items(generics.ListCreateAPIView):
            def create(self, request): ...
        class Pair(viewsets.ViewSet):
            def list(self, request): ...
            def wipe(self, request): ...
        @api_view(["GET", "POST"])
        def both(request): ...
        urlpatterns = [
            path("items/", Items.as_view()),
            path("pair/", Pair.as_view({"get": "list", "delete": "wipe"})),
            path("both/", both),
        ]
        """
    ) == {
        "GET /items/ -> Items",
        "POST /items/ -> Items.create",
        "GET /pair/ -> Pair.list",
        "DELETE /pair/ -> Pair.wipe",
        "GET,POST /both/ -> both",
    }


def test_ninja_api_is_mounted_by_the_table() -> None:
    assert routes(
        """
        from django.urls import path
        from ninja import NinjaAPI, Router
        api = NinjaAPI()
        router = Router()
        @router.get("/{int:number}")
        def read(request, number: int): ...
        api.add_router("/orders", router)
        urlpatterns = [path("api/", api.urls)]
        """
    ) == {"GET /api/orders/{number} -> read"}


def test_cyclic_inclusion_ends() -> None:
    assert routes(
        {
            "a.py": "from django.urls import include, path\nurlpatterns = [path('b/', include('b'))]\n",
            "b.py": """
                from django.urls import include, path
                def x(request): ...
                urlpatterns = [path('x', x), path('a/', include('a'))]
                """,
        }
    )
