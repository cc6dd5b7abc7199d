"""The settings of `[tool.edanalyze]`: names, types, defaults and meanings (docs/configuration.md is made from them)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

DEFAULT_EXCLUDE = (
    ".*/",
    "__pycache__/",
    "__pypackages__/",
    "site-packages/",
    "node_modules/",
    "bower_components/",
    "*.egg-info/",
    "*.egg/",
)
"""Folders no project means to have analysed: hidden ones, caches, installed packages."""

CACHE = ".edanalyze_cache"
"""The folder in the project root that holds what is remembered between runs, unless another is set."""

Names = tuple[str, ...]


def _doc(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


class ServiceSettings(msgspec.Struct, frozen=True, rename="kebab"):
    """One table `[tool.edanalyze.services.<name>]`: a service that discovery should know, or know better."""

    path: Annotated[str, _doc("Folder (or single file) of the service, from the project root, with `/`.")] = ""
    hosts: Annotated[Names, _doc("Further host names under which other services call it.")] = ()
    modules: Annotated[
        Names,
        _doc("Patterns of the files that belong to the service, for several services that share one folder."),
    ] = ()
    external: Annotated[bool, _doc("The service is not part of the system: calls to it leave the system.")] = False


class PathSettings(msgspec.Struct, frozen=True, rename="kebab"):
    """One table `[[tool.edanalyze.per-path]]`: what differs in some files. The last that matches counts."""

    paths: Annotated[Names, _doc("Patterns (see below) of the files that the table speaks of.")] = ()
    ignore: Annotated[Names, _doc("Rules that are not reported there, in addition to those ignored everywhere.")] = ()
    min_confidence: Annotated[
        Literal["certain", "likely", "guess"] | None,
        _doc("The least confidence with which a diagnostic is shown there."),
    ] = None


class Config(msgspec.Struct, frozen=True, rename="kebab"):
    """All settings, as read from `[tool.edanalyze]` and overridden by options.

    Field names are the keys with `_` for `-`. `models` is no key of its own: it holds the user's model tables
    (`[[tool.edanalyze.publish]]` and the like) by kind, each as written.
    """

    select: Annotated[
        Names, _doc("Rules to run: codes, prefixes of codes (`EDA2`) or names. Empty: all that are on by default.")
    ] = ()
    extend_select: Annotated[Names, _doc("Rules to run in addition to `select`.")] = ()
    ignore: Annotated[Names, _doc("Rules not to run; wins over `select`.")] = ()
    enable: Annotated[Names, _doc("Rules that are off by default and shall run.")] = ()
    preview: Annotated[bool, _doc("Let rules in that may still change ([versions](versioning.md)).")] = False
    min_confidence: Annotated[
        Literal["certain", "likely", "guess"], _doc("The least confidence with which a diagnostic is shown.")
    ] = "likely"
    exclude: Annotated[
        Names, _doc("Files and folders that are not analysed (patterns, see below). Replaces the default list.")
    ] = DEFAULT_EXCLUDE
    extend_exclude: Annotated[Names, _doc("Patterns in addition to `exclude`.")] = ()
    include_tests: Annotated[bool, _doc("Analyse test code too (what counts as test code: see below).")] = False
    max_file_size: Annotated[int, msgspec.Meta(ge=1, description="Files of more bytes are named as not analysed.")] = (
        2_000_000
    )
    src: Annotated[Names, _doc("Folders from which absolute imports are resolved, in addition to those found.")] = ()
    strict: Annotated[
        bool, _doc("Also report what most systems can live with (calls to third parties in message handlers).")
    ] = False
    fan_out: Annotated[
        int, msgspec.Meta(ge=2, description="Number of synchronous calls from one entry point that EDA102 reports.")
    ] = 3
    lossy_topics: Annotated[Names, _doc("Topics (patterns) whose messages may be lost: EDA302 is silent.")] = ()
    dead_lettered_topics: Annotated[
        Names,
        _doc("Queues and subscriptions (patterns) that a policy of the broker gives dead letters: EDA602 is silent."),
    ] = ()
    unordered_topics: Annotated[Names, _doc("Topics (patterns) whose order does not matter: EDA211 is silent.")] = ()
    shared_topics: Annotated[
        Names, _doc("Topics or event types (patterns) that several services publish on purpose: EDA504 is silent.")
    ] = ()
    external_topics: Annotated[
        Names, _doc("Topics (patterns) whose other end is outside the analysed system: EDA505 is silent.")
    ] = ()
    commands: Annotated[Names, _doc("Message names (patterns) that are commands, whatever their wording.")] = ()
    events: Annotated[Names, _doc("Message names (patterns) that are events, whatever their wording.")] = ()
    owners: Annotated[
        dict[str, str], _doc("Who answers for messages, by name (patterns); the catalogue names them.")
    ] = {}
    sla: Annotated[
        dict[str, str], _doc("What is promised of messages, by name (patterns); the catalogue says so.")
    ] = {}
    deprecated: Annotated[
        dict[str, str],
        _doc(
            "The last day (`2026-06-30`) on which messages may be sent, by name (patterns) or by name and version "
            "(`orders.placed@1`): EDA506 reports them afterwards."
        ),
    ] = {}
    volume: Annotated[
        dict[str, Literal["low", "high"]],
        _doc("How many messages go over topics, by name (patterns): `edanalyze review` advises accordingly."),
    ] = {}
    elsewhere: Annotated[
        dict[Literal["compatibility", "lag", "dead-letter-depth", "replay"], str],
        _doc(
            "Where what `edanalyze review` asks for is done outside of this code, by criterion: `compatibility`, "
            "`lag`, `dead-letter-depth` or `replay`."
        ),
    ] = {}
    environment: Annotated[
        dict[str, str | int | float | bool],
        _doc("Values of environment variables in the deployed system; they win over what configuration files say."),
    ] = {}
    services: Annotated[dict[str, ServiceSettings], _doc("Services by name (keys: see below).")] = {}
    per_path: Annotated[
        tuple[PathSettings, ...],
        _doc("Settings for parts of the project, `[[tool.edanalyze.per-path]]` (keys: see below)."),
    ] = ()
    baseline: Annotated[
        str, _doc("File of the findings that are accepted for now, from the project root (`edanalyze baseline write`).")
    ] = ""
    require_reason: Annotated[
        bool, _doc("Ask for a reason in every comment that silences a rule of edanalyze (EDA902).")
    ] = False
    cache_dir: Annotated[
        str, _doc("Folder for what is remembered between runs, from the project root; default `.edanalyze_cache`.")
    ] = ""
    models: dict[str, tuple[dict[str, Any], ...]] = {}
