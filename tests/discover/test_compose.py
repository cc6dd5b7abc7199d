from __future__ import annotations

from collections.abc import Callable

from tests.discover.discovered import Discovered

Found = Callable[[dict[str, str]], Discovered]


def test_service_with_build_ports_environment_and_names(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  orders:
                    build: ./orders
                    container_name: shop-orders
                    hostname: orders-host
                    command: uvicorn main:app --port 8000
                    ports: ["127.0.0.1:8001:8000/tcp", 9090]
                    environment:
                      CART_URL: http://cart:8000
                      EMPTY:
                    networks: {default: {aliases: [orders.internal]}}
                  cart:
                    build: {context: cart, dockerfile: Dockerfile.prod}
                    links: ["orders:order-api"]
                    environment: ["ORDERS_URL=http://orders:8000", BARE]
                    expose: ["8000"]
                """,
            "orders/main.py": "",
            "cart/app.py": "",
        }
    )
    orders, cart = project.services.named("orders"), project.services.named("cart")
    assert orders and cart
    assert (orders.path, orders.kind, orders.ports, orders.published) == ("orders", "python", (8000, 9090), (8001,))
    assert set(orders.hosts) == {"orders", "shop-orders", "orders-host", "orders.internal", "order-api"}
    assert orders.command == "uvicorn main:app --port 8000"
    assert orders.evidence == (("docker-compose.yml", 2),)
    assert cart.ports == (8000,)
    url = project.environment.lookup("orders", "CART_URL")
    assert url and (url.value, url.file, url.line) == ("http://cart:8000", "docker-compose.yml", 9)
    assert project.environment.lookup("orders", "EMPTY") is None
    assert project.environment.names("cart") == ("ORDERS_URL",)
    assert project.services.by_host("ORDER-API") is orders


def test_variables_are_filled_in_from_the_dotenv_file(found: Found) -> None:
    project = found(
        {
            "compose.yaml": """\
                services:
                  api:
                    build: .
                    ports: ["${PORT:-80}:8000"]
                    environment:
                      A: ${NAME}/${MISSING:-d${NAME}}/${EMPTY:-e}/${EMPTY-kept}/$$x/${UNKNOWN}
                      B: ${NAME:+set}
                """,
            ".env": "NAME='shop'\nEMPTY=\nPORT=81\n",
            "main.py": "",
        }
    )
    assert project.services.all[0].published == (81,)
    values = {each.name: each.value for each in project.services.all[0].processes[0].settings}
    assert values["A"] == "shop/dshop/e//$x/${UNKNOWN}"
    assert values["B"] == "set"


def test_environment_file_comes_after_what_is_written_inline(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  api:
                    build: api
                    environment: {A: inline}
                    env_file: [base.env, {path: ./more.env}, ../outside.env]
                """,
            "base.env": "A=base\nB=base\n",
            "more.env": 'export B="more"  # comment\n# C=1\n',
            "api/main.py": "",
        }
    )
    value = project.environment.lookup("api", "B")
    assert value and (value.value, value.file, value.line) == ("more", "more.env", 1)
    assert [each.value for each in project.environment.values("api", "A")] == ["inline", "base"]


def test_override_file_completes_the_base(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": "services: {api: {build: api, environment: {A: base, B: base}}}",
            "docker-compose.override.yml": "services: {api: {ports: ['1:2'], environment: {A: over}}}",
            "docker-compose.test.yml": "services: {api: {environment: {B: test}}}",
            "api/main.py": "",
        }
    )
    (api,) = project.services.all
    assert api.ports == (2,)
    assert [each.value for each in project.environment.values("api", "A")] == ["over", "base"]
    assert [each.value for each in project.environment.values("api", "B")] == ["base", "test"]


def test_extended_service_and_merge_keys(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                x-env: &env {A: shared}
                services:
                  base: {build: api, environment: {<<: *env, B: b}}
                  api: {extends: base, command: python main.py}
                  far: {extends: {file: other/compose.yml, service: loop}}
                """,
            "other/compose.yml": "services: {loop: {extends: {service: loop}, image: x}}",
            "api/main.py": "",
        }
    )
    api = next(each for each in project.deployment.containers if each.name == "api")
    assert api.context == "api"
    assert {each.name: each.value for each in api.environment} == {"A": "shared", "B": "b"}


def test_dockerfile_adds_environment_port_and_command(found: Found) -> None:
    project = found(
        {
            "compose.yml": "services: {api: {build: {context: ., dockerfile: api/Dockerfile, args: {DIR: api}}}}",
            "api/Dockerfile": """\
                FROM python:3.12 AS base
                ARG DIR=wrong
                ENV A=1 \\
                    B="two words"
                ENV OLD form
                FROM base
                # a comment
                WORKDIR /srv
                COPY --chown=me ./$DIR/ /srv/
                EXPOSE 8000/tcp $NOT
                ENTRYPOINT ["python"]
                CMD ["-m", "main"]
                """,
            "api/main.py": "",
            "web/main.py": "",
        }
    )
    api = project.services.named("api")
    assert api
    assert (api.ports, api.command) == ((8000,), "python -m main")
    assert api.processes[0].entry == "api/main.py"
    values = {each.name: (each.value, each.line) for each in api.processes[0].settings}
    assert values == {"A": ("1", 3), "B": ("two words", 3), "OLD": ("form", 5)}


def test_copy_from_an_earlier_stage_is_traced_to_its_source(found: Found) -> None:
    project = found(
        {
            "Dockerfile": """\
                FROM python AS build
                WORKDIR /src
                COPY . .
                FROM python:slim
                WORKDIR /app
                COPY --from=build /src/worker /app
                COPY --from=ghcr.io/tool /bin/tool /bin/
                CMD python run.py
                """,
            "worker/run.py": "",
        }
    )
    assert project.services.all[0].processes[0].entry == "worker/run.py"


def test_unreadable_compose_file_is_named_and_the_rest_still_read(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": "services: [",
            "sub/docker-compose.yml": "services: {api: {build: .}}",
            "sub/main.py": "",
        }
    )
    assert [each.path for each in project.unanalysed] == ["docker-compose.yml"]
    assert project.unanalysed[0].reason.startswith("not valid YAML: line ")
    assert [each.name for each in project.services.all] == ["api"]


def test_shapes_that_mean_nothing_are_passed_over(found: Found) -> None:
    project = found(
        {
            "docker-compose.yml": """\
                services:
                  a:
                  b: text
                  c: [1]
                  d: {build: [x], ports: {a: b}, environment: text, env_file: {a: b}, volumes: [[], {}], links: 3}
                  e: {build: ../../outside, command: {a: b}, extends: [x], networks: [n]}
                """,
            "compose.yaml": "- just\n- a list\n",
            "main.py": "",
        }
    )
    assert project.unanalysed == ()


def test_endless_interpolation_stays_small(found: Found) -> None:
    bomb = "A=" + "x" * 5000 + "\n"
    project = found(
        {
            "docker-compose.yml": "services: {a: {build: ., environment: {B: '" + "${A}" * 20_000 + "'}}}",
            "Dockerfile": "FROM x\nENV A=aaaaaaaaaa\n" + "ENV A=$A$A\n" * 60,
            ".env": bomb,
            "main.py": "",
        }
    )
    assert all(len(each.value) < 200_000 for each in project.services.all[0].processes[0].settings)
