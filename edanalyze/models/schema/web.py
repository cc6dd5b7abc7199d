"""Kinds that describe inbound HTTP: routes, routers, views, headers."""

from __future__ import annotations

from edanalyze.models.schema.kind import Kind, kind

KINDS: tuple[Kind, ...] = (
    kind(
        "route_owner",
        "An object that carries routes.",
        "prefix routes app label path router spec_dir resolver trailing_slash strict_slashes strip_prefixes parent "
        "parent_prefix lookup version_arg version_prefix file_arg",
        text="path_syntax prefix_default protocol router_attribute",
        form="app router blueprint namespace view_group route_table single_path graphql_app",
        example='call = "acme.web.Router"\nform = "router"\nprefix = [0, "prefix"]\npath_syntax = "starlette"',
    ),
    kind(
        "route",
        "A decorator that declares a route.",
        "path methods method_arg handler version_arg route_name label type detail alias",
        text="method path_default path_syntax protocol any_method_value global_prefix",
        flag="path_may_be_list leading_slash",
        list="default_methods implicit_methods",
        form="decorator name trigger class_defaults",
        decorates="class any",
        methods_from="class",
        path_from="owner route_name attributes",
        owner="listed default_app class",
        example='call = "acme.web.Router.get"\nform = "decorator"\nmethod = "*"\npath = [0, "path"]\n'
        'path_syntax = "starlette"',
    ),
    kind(
        "route_call",
        "Registers a route by a call, a constructor or a URL table entry.",
        "path handler methods method_arg endpoint label children detail suffix route_name prefix actions basename "
        "host routes attr",
        text="method path_syntax protocol any_method_value",
        flag="leading_slash",
        list="default_methods implicit_methods",
        form="method function constructor url_table_entry url_table_wrapper url_table_static router_template "
        "action_map matcher",
        methods_from="class on_verbs actions",
        path_from="resource route_name",
    ),
    kind(
        "include",
        "Mounts or includes a router in another.",
        "child prefix child_routes host resolver label namespace",
        text="path_syntax",
        form="method constructor function factory_method static_method context_manager",
        prefix_rule="concatenate replace none host mount",
        prefix_from="enclosing",
        example='call = "acme.web.App.attach"\nform = "method"\nchild = [0, "router"]\nprefix = "prefix"\n'
        'prefix_rule = "concatenate"',
    ),
    kind(
        "view",
        "A base class (or class decorator) whose methods serve verbs.",
        "router prefix path collection_path",
        text="path_syntax protocol methods_attr dispatch_method lookup_default prefix_attr",
        flag="verb_suffix",
        list="verb_methods implicit_methods default_methods predefined_methods predefined_actions",
        form="mixin decorator duck other",
        path_in="registration decorator attribute",
    ),
    kind("view_action", "A viewset action: its verb and path.", text="method path", flag="detail"),
    kind(
        "restriction",
        "Limits the verbs of a view without giving a path.",
        "methods",
        text="path_syntax",
        list="methods_fixed default_methods",
    ),
    kind(
        "path_syntax",
        "How path templates are written.",
        text="placeholder converter_form default_segment slash_wildcard converter_arguments anchoring old_placeholder",
        flag="leading_slash",
        list="frameworks converters",
    ),
    kind("path_converter", "Registers a converter for path templates.", "converter label"),
    kind(
        "route_behaviour",
        "Status codes of a framework for `GET /a/` on route `/a`, `GET /b` on `/b/`, HEAD and OPTIONS.",
        number="extra_slash missing_slash head options",
    ),
    kind(
        "header_access",
        "How a handler reads request headers: attributes that hold them, methods that return one, parameters.",
        "alias convert_underscores label header",
        list="attributes methods",
        flag="parameter",
        form="metadata",
    ),
    kind(
        "event",
        "Declares an entry point that is neither an HTTP route nor a broker's handler.",
        "topic schedule label pattern type_name field_name handler",
        text="produces",
        flag="override",
        form="message schedule command websocket call authorizer graphql",
    ),
    kind("url_config", "A name that holds routes outside plain calls.", "path handler", text="framework"),
    kind(
        "handler_resolver",
        "Finds the handler of an OpenAPI operation.",
        rule="operation_id relative rest method_class method_view",
    ),
)
