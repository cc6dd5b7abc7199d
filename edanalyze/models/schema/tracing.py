"""Kinds that describe correlation and tracing."""

from __future__ import annotations

from edanalyze.models.schema.kind import Kind, kind

_DIRECTION = "outbound inbound both none response"

KINDS: tuple[Kind, ...] = (
    kind(
        "propagation",
        'Writes (outbound) or reads (inbound) trace headers of a carrier; `form = "propagator"` is a header format.',
        "carrier context value format entity tracer setter getter",
        text="setting yields",
        flag="default",
        list="headers",
        direction=_DIRECTION,
        form="propagator",
        example='call = "acme.tracing.inject"\ndirection = "outbound"\ncarrier = [0, "headers"]',
    ),
    kind(
        "header",
        "A header name that carries an identifier; `prefix = true` is a family of names.",
        text="format",
        flag="prefix",
        role="trace-context baggage request-id sampling response retry-count",
        example='name = "X-Acme-Trace"\nrole = "request-id"',
    ),
    kind(
        "instrumentation",
        "Switches propagation on for the listed targets.",
        "app transport client modules switch propagate trace_propagation_targets traces_sample_rate propagate_traces "
        "integrations",
        text="vendor protocol",
        flag="default",
        list="targets headers activate activate_one",
        direction=_DIRECTION,
        form="instrumentor integration call patch middleware registered interceptor app trace_config transport client "
        "import policy provider builtin",
        enabled="auto default listed",
        required="direction targets",
        example='call = "acme.tracing.setup"\nform = "call"\ndirection = "outbound"\ntargets = ["requests"]',
    ),
    kind(
        "middleware",
        "Takes the id from requests; only with `outbound` does it reach outgoing calls by itself.",
        "header_name plugins app",
        text="framework header stored_in setting",
        flag="reads_request rewrites_request writes_response outbound",
        form="plugin",
    ),
    kind(
        "context",
        "Reads or writes the current id.",
        "initial",
        form="read write clear variable mapping context_manager",
        example='call = "acme.tracing.current_id"\nform = "read"',
    ),
    kind(
        "log_binding",
        "Binds values to log events only.",
        text="field",
        form="bind unbind clear context_manager read reset processor filter",
    ),
    kind(
        "carrier",
        "The argument of a publishing call that holds headers.",
        "headers correlation_id",
        header_form="pairs mapping attributes mapping-or-pairs",
    ),
    kind("bootstrap", "A launcher named in container or process files.", text="vendor", direction=_DIRECTION),
    kind("trace", "Spans and context inside the process: nothing leaves.", "label context span token value provider"),
)
