"""How remote procedures are called: a mini-system for each form, and the procedure that must be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analyse.systems import system

GRPC_SERVER = """
    import grpc
    from concurrent import futures
    import stock_pb2, stock_pb2_grpc

    class StockService(stock_pb2_grpc.StockServicer):
        def Reserve(self, request, context):
            return stock_pb2.Reply()

    def serve():
        server = grpc.server(futures.ThreadPoolExecutor())
        stock_pb2_grpc.add_StockServicer_to_server(StockService(), server)
        server.add_insecure_port("[::]:50051")
        server.start()
    """
GENERATED = """
    import grpc

    class StockStub(object):
        def __init__(self, channel):
            self.Reserve = channel.unary_unary("/shop.Stock/Reserve", request_serializer=None)

    class StockServicer(object):
        def Reserve(self, request, context):
            context.set_code(grpc.StatusCode.UNIMPLEMENTED)
            raise NotImplementedError("Method not implemented!")

    def add_StockServicer_to_server(servicer, server): ...

    class Stock(object):
        @staticmethod
        def Reserve(request, target, options=()):
            return grpc.experimental.unary_unary(request, target, "/shop.Stock/Reserve", None, None, options)
    """
NAMEKO = """
    from nameko.rpc import rpc

    class Stock:
        name = "stock"

        @rpc
        def reserve(self, sku): ...
    """

FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "a gRPC stub without generated code": (
        "StockService.Reserve",
        {
            "shop.py": """
                import grpc
                import stock_pb2, stock_pb2_grpc

                def ask():
                    with grpc.insecure_channel("stock:50051") as channel:
                        stub = stock_pb2_grpc.StockStub(channel)
                        return stub.Reserve(stock_pb2.Request())
                """,
            "stock.py": GRPC_SERVER,
        },
    ),
    "a gRPC stub with generated code": (
        "StockService.Reserve",
        {
            "shop.py": """
                import grpc
                import stock_pb2, stock_pb2_grpc

                class Client:
                    def __init__(self):
                        self.stub = stock_pb2_grpc.StockStub(grpc.insecure_channel("stock:50051"))

                    def ask(self):
                        return self.stub.Reserve(stock_pb2.Request())
                """,
            "stock_pb2_grpc.py": GENERATED,
            "stock.py": GRPC_SERVER,
        },
    ),
    "an asynchronous gRPC stub that is injected": (
        "StockService.Reserve",
        {
            "shop.py": """
                import grpc.aio
                from fastapi import Depends, FastAPI
                import stock_pb2, stock_pb2_grpc
                app = FastAPI()

                async def stub():
                    async with grpc.aio.insecure_channel("stock:50051") as channel:
                        yield stock_pb2_grpc.StockStub(channel)

                @app.get("/ask")
                async def ask(stock: stock_pb2_grpc.StockStub = Depends(stub)):
                    return await stock.Reserve(stock_pb2.Request())
                """,
            "stock.py": GRPC_SERVER.replace("def Reserve", "async def Reserve"),
        },
    ),
    "a proxy of nameko": (
        "Stock.reserve",
        {
            "shop.py": """
                from nameko.rpc import RpcProxy, rpc

                class Shop:
                    name = "shop"
                    stock = RpcProxy("stock")

                    @rpc
                    def ask(self, sku):
                        return self.stock.reserve(sku)
                """,
            "stock.py": NAMEKO,
        },
    ),
    "a cluster proxy of nameko": (
        "Stock.reserve",
        {
            "shop.py": """
                from nameko.standalone.rpc import ClusterRpcProxy

                def ask():
                    with ClusterRpcProxy({"AMQP_URI": "amqp://x"}) as cluster:
                        return cluster.stock.reserve("7")
                """,
            "stock.py": NAMEKO,
        },
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_procedure_is_found(tmp_path: Path, form: str) -> None:
    expected, files = FORMS[form]
    made = system(tmp_path, files)
    reached = {target.function.partition(":")[2] for call in made.binding.rpc_calls for target in call.targets}
    assert reached == {expected}, [(each.target, each.method, each.reason) for each in made.binding.rpc_calls]
