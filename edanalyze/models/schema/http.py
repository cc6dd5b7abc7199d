"""Kinds that describe outgoing calls: HTTP clients, retries, gRPC, SOAP, GraphQL, and what only looks like a call."""

from __future__ import annotations

from edanalyze.models.schema.kind import Kind, kind

_REQUEST = "url method_arg params headers json data body timeout"

KINDS: tuple[Kind, ...] = (
    kind(
        "http",
        "A call that sends an HTTP request (or builds one that is sent later, `sends = false`).",
        f"{_REQUEST} connect_timeout retries request requests",
        text="method protocol",
        flag="default_timeout socket_default raises sends low_level",
        list="sent_by url_accepts",
        style="await_or_async_with sync_context_manager async_context_manager deferred future lazy",
        method_rule="GET data data_or_request request",
        url_is="path",
        required="url|request|requests|sent_by",
        example='call = "acme.http.fetch"\nmethod = "GET"\nurl = [0, "url"]\nheaders = "headers"',
    ),
    kind(
        "http_request",
        "A request object that is built here and sent elsewhere.",
        f"{_REQUEST} connect_timeout base_url",
        list="sent_by prepared_by",
    ),
    kind(
        "client",
        "The constructor of a class whose methods send requests.",
        "base_url headers timeout params host port transport retries hooks middlewares auth client app "
        "option_key option_value",
        text="option_call send_call url_option headers_option",
        flag="default_timeout raises resends",
        list="body_options timeout_options connect_timeout_options method_options",
        style="option_object future await_or_async_with declarative",
        scheme="http https",
        example='call = "acme.http.Client"\nbase_url = [0, "base"]\nheaders = "headers"',
    ),
    kind(
        "http_option",
        "An object or call that configures a client: timeouts, transports, adapters.",
        "retries timeout connect_timeout read_timeout prefix adapter session",
        form="timeout socket transport backend adapter adapter_mount adapter_base pool_limits connector",
    ),
    kind("http_response", "A call on a response.", form="status_check decode_json"),
    kind(
        "http_declaration",
        "A decorator or annotation of a declarative HTTP client.",
        "url",
        text="owner method carries",
        form="decorator modifier annotation",
    ),
    kind("http_verb", "What HTTP promises about a verb.", flag="idempotent safe"),
    kind(
        "join",
        "How a client joins its base URL and the path of a call.",
        rows="examples",
        rule="append rfc3986 other",
        required="rule",
        example='call = "acme.http.Client"\nrule = "append"',
    ),
    kind(
        "test_double",
        "A stand-in for the network, or a test client that stays in process: never an outgoing call. "
        "A class listed here hides what it inherits.",
        "url method_arg path app base_url handler headers resource services server routes execute",
        text="method",
        list="intercepts",
        form="stub client client_call client_factory patcher socket_patcher in_process_transport in_process_argument "
        "in_process_channel transport stub_handler pytest_fixture fixture_type recorder router fake_client "
        "fake_transport local_server request_builder test_hook",
        example='call = "acme.testing.FakeClient"\nform = "client"',
    ),
    kind(
        "retry",
        "Automatic retry: decorators, loops, policies, and what a client resends unasked.",
        "max_attempts max_retries max_seconds retry_on exceptions status_codes methods old_methods wait stop "
        "predicate giveup limit strategies retry retries transport function reraise",
        value="when",
        flag="bare bounded retries_post legacy",
        number="attempts get_attempts post_attempts",
        list="default_methods any_method",
        form="decorator object policy signal config setting resend",
        policy="wait condition stop jitter exception_to_force_retry exception_when_exhausted",
        bounds="seconds attempts event",
        example='call = "acme.resilience.retrying"\nform = "decorator"\nmax_attempts = "times"\nbare = true',
    ),
    kind(
        "idempotency_key",
        "A header (`name`) or an argument by which a receiver tells a repeated request.",
        "idempotency_key",
        text="header",
        form="precondition ambiguous",
        example='name = "X-Operation-Id"',
    ),
    kind(
        "rpc_channel",
        "A connection to a gRPC server, by target address.",
        "target host port channel options credentials interceptors headers timeout unix_path",
        text="wraps",
        form="stub_base",
    ),
    kind(
        "rpc_call",
        "One gRPC call that names target and method itself.",
        "target path headers timeout",
        flag="default_timeout",
    ),
    kind(
        "rpc_method",
        "Makes a callable for one gRPC method of a channel.",
        "path channel request_serializer headers timeout",
        cardinality="unary_unary unary_stream stream_unary stream_stream",
    ),
    kind("rpc_invoke", "Calls a gRPC method.", "request headers timeout", style="future"),
    kind(
        "rpc_codegen",
        "What generated gRPC code looks like; `<Service>` stands for the service's name.",
        "constructor request timeout headers handler server",
        text="symbol file",
        role="client server_base server_register client_static",
        members="as_declared snake_case",
    ),
    kind(
        "rpc_server",
        "Declares or starts a gRPC server.",
        "handlers handler address service host port interceptors",
        form="server listen register handler",
    ),
    kind(
        "soap",
        "SOAP clients; operations are attributes of `client.service`.",
        "wsdl transport service_name port_name settings url binding timeout operation_timeout session client "
        "wsdl_client headers",
        text="method",
        flag="default_timeout",
        form="client service_proxy operation_call transport settings",
    ),
    kind(
        "graphql",
        "GraphQL clients, transports, documents and calls.",
        "document url headers timeout schema transport variables operation_name method_arg retries",
        text="method",
        flag="default_timeout exclude",
        form="client call document transport",
        carrier="websocket in_process",
        style="generator async_generator",
    ),
)
