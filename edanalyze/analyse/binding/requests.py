"""Requests: URL and method of an HTTP call, as they are in one context."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edanalyze.analyse.binding.address import is_setting, joined, parse
from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.binding.incontext import InContext
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.effects import Effects
from edanalyze.facts import ir
from edanalyze.link.library import argument
from edanalyze.link.values import External, ExternalInstance, Frame, Hole, Instance, String, Value, string
from edanalyze.models import Api

ANY = ("*",)
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: the whole URL, and the methods ("*" when not known)."""

    url: String
    methods: tuple[str, ...]


class Requests:
    """Reads HTTP calls."""

    def __init__(self, effects: Effects, handing: Handing) -> None:
        self._in_context = InContext(effects, handing)
        self._evaluator = effects.evaluator
        self._library = effects.library
        self._handing = handing

    def of(self, effect: Effect, call: ir.Call, frame: Frame) -> list[Request]:
        """The requests that a call of `effect`'s API may send in a frame."""
        found: list[Request] = []
        for made in self._in_context.of(effect, call, frame):
            found += self._requests(made.effect, made.call, made.frame)
        return list(dict.fromkeys(found))

    # ---------------------------------------------------------------- requests

    def _requests(self, effect: Effect, call: ir.Call, frame: Frame) -> list[Request]:
        api = effect.api
        slot = api.slots.get("url") or api.slots.get("request") or api.slots.get("requests")
        given = self._handing.argument(slot, call, frame) if slot is not None else None
        if given is None:
            text = "parameter" if slot is not None and self._handing.forwards(slot, call) else "unknown"
            urls = self._of_client(effect) if slot is None else [String((Hole(text, "url"),))]
            return self._based(effect, urls, self._methods(api, call, frame))
        expr, where = given
        objects = [value for value in self._evaluator.values(expr, where) if isinstance(value, ExternalInstance)]
        built = [request for value in objects for request in self._built(value, 0)]
        if built:
            return [each for one in built for each in self._based(effect, [one.url], one.methods)]
        return self._based(effect, self._evaluator.texts.choices(expr, where), self._methods(api, call, frame))

    def _built(self, value: ExternalInstance, depth: int) -> list[Request]:
        """The request that a library object stands for: built by a constructor, perhaps prepared since."""
        site = value.site
        if site is None or depth > DEEPEST:
            return []
        for api in self._builders(value, site.call, site.frame):
            slot = api.slots.get("url")
            given = self._handing.argument(slot, site.call, site.frame) if slot is not None else None
            if given is not None:
                methods = self._methods(api, site.call, site.frame)
                return [Request(url, methods) for url in self._evaluator.texts.choices(*given)]
        inner: list[Value] = [value.owner] if value.owner is not None else []
        for expr in site.call.arguments:
            inner += self._evaluator.values(expr, site.frame)
        return [
            request
            for each in inner
            if isinstance(each, ExternalInstance) and each is not value
            for request in self._built(each, depth + 1)
        ]

    def _builders(self, value: ExternalInstance, call: ir.Call, frame: Frame) -> list[Api]:
        made_by = self._evaluator.values(call.function, frame)
        names = [value.name.removesuffix("()"), *(found.name for found in made_by if isinstance(found, External))]
        rows = [api for name in names for api in self._library.rows(name)]
        builds = {"http_request", "http"}
        return [api for api in rows if api.kind in builds and (api.kind != "http" or api.data.get("sends") is False)]

    # ----------------------------------------------------------------- methods

    def _methods(self, api: Api, call: ir.Call, frame: Frame) -> tuple[str, ...]:
        method = api.data.get("method")
        if isinstance(method, str):
            return (method.upper(),)
        slot = api.slots.get("method_arg")
        given = self._handing.argument(slot, call, frame) if slot is not None else None
        if given is not None:
            return self._spelled(*given)
        if slot is not None and slot.pos is not None and self._handing.forwards(slot, call):
            return ANY
        match api.data.get("method_rule"):
            case "GET":
                return ("GET",)
            case "data" | "data_or_request":
                data = api.slots.get("data")
                return ("POST",) if data is not None and argument(data, call) is not None else ("GET",)
        if api.kind == "http_request":
            data = api.slots.get("data")
            sends_data = data is not None and argument(data, call) is not None
            return ("POST",) if sends_data and api.library == "python_http" else ("GET",)
        if api.kind in {"soap", "graphql"}:
            return ("POST",)
        return ANY if slot is not None or method is None else ("GET",)

    def _spelled(self, expr: ir.Expr, frame: Frame) -> tuple[str, ...]:
        texts = [text.literal for text in self._evaluator.texts.choices(expr, frame)]
        if not all(text is not None and text.isalpha() for text in texts):
            return ANY
        return tuple(dict.fromkeys(text.upper() for text in texts if text is not None))

    # ----------------------------------------------------------------- clients

    def _based(self, effect: Effect, urls: Iterable[String], methods: tuple[str, ...]) -> list[Request]:
        found: list[Request] = []
        for url in urls:
            for base, rule in self._bases(effect) if not parse(url).authority else [(string(), "append")]:
                found.append(Request(joined(base, url, rule), methods))
            head = url.parts[0] if url.parts else ""
            if isinstance(head, Hole) and not is_setting(head):  # a whole URL, or a path for the client's base
                known = [(base, rule) for base, rule in self._bases(effect) if parse(base).host]
                found = [Request(joined(base, url, rule), methods) for base, rule in known] or found
        return found

    def _bases(self, effect: Effect) -> list[tuple[String, str]]:
        """The base URLs of the client that sends, each with the rule by which it is joined."""
        client = effect.receiver
        found: list[tuple[String, str]] = []
        if isinstance(client, ExternalInstance):
            for api in self._library.rows(client.name, "client"):
                found += [(base, self._rule(client.name)) for base in self._base(api, client)]
        return found or [(string(), "append")]

    def _base(self, api: Api, client: ExternalInstance) -> list[String]:
        host = api.slots.get("host")
        slot = api.slots.get("base_url") or host
        if slot is None:
            return []
        site = client.site
        where = (site.call, site.frame) if site is not None else None
        if isinstance(client.owner, Instance):
            where = self._evaluator.constructions.call(client.owner)
        if where is None:
            return [String((Hole("parameter", "base_url"),))]
        given = self._handing.argument(slot, *where)
        if given is None:
            return []
        bases = self._evaluator.texts.choices(*given)
        if slot is not host:
            return bases
        port_slot = api.slots.get("port")
        port = self._handing.argument(port_slot, *where) if port_slot is not None else None
        scheme = str(api.data.get("scheme") or "http")
        ports = [string(":", *text.parts) for text in self._evaluator.texts.choices(*port)] if port else [string()]
        return [string(f"{scheme}://", *base.parts, *each.parts) for base in bases for each in ports]

    def _rule(self, name: str) -> str:
        for api in self._library.rows(name, "join"):
            return str(api.data.get("rule"))
        return "append"

    def _of_client(self, effect: Effect) -> list[String]:
        """The URL of a client that has only one: the endpoint of a GraphQL transport or of a SOAP service."""
        client = effect.receiver
        return self._endpoint(client, 0) or [String((Hole("unknown", "url"),))]

    def _endpoint(self, value: Value | None, depth: int) -> list[String]:
        if not isinstance(value, ExternalInstance) or value.site is None or depth > DEEPEST:
            return []
        site = value.site
        for api in self._library.rows(value.name):
            slot = api.slots.get("url") or api.slots.get("wsdl")
            expr = argument(slot, site.call) if slot is not None else None
            if expr is not None:
                return self._evaluator.texts.choices(expr, site.frame)
        for expr in (*site.call.arguments, *(each for _, each in site.call.keywords)):
            for inner in self._evaluator.values(expr, site.frame):
                found = self._endpoint(inner, depth + 1)
                if found:
                    return found
        return self._endpoint(value.owner, depth + 1)
