"""The part of SARIF 2.1.0 that is written: one record per object of the standard, named as there (OASIS, section 3)."""

from __future__ import annotations

from typing import Any

import msgspec

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class _Object(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An object of the standard; what it does not say is left out."""


class Message(_Object, frozen=True):
    """3.11: a text for people, with its Markdown form where there is one."""

    text: str
    markdown: str = ""


class ArtifactLocation(_Object, frozen=True):
    """3.4: a file, as a URI relative to a base."""

    uri: str
    uri_base_id: str = ""


class Region(_Object, frozen=True):
    """3.30: a part of a file, 1-based; the end column is the one after the last character."""

    start_line: int
    start_column: int
    end_line: int = 0
    end_column: int = 0


class PhysicalLocation(_Object, frozen=True):
    """3.29: a place in a file."""

    artifact_location: ArtifactLocation
    region: Region | None = None


class LogicalLocation(_Object, frozen=True):
    """3.33: a place in the program."""

    fully_qualified_name: str
    kind: str = ""


class Location(_Object, frozen=True):
    """3.28: a place, with what happens there."""

    physical_location: PhysicalLocation
    logical_locations: tuple[LogicalLocation, ...] = ()
    message: Message | None = None


class ThreadFlowLocation(_Object, frozen=True):
    """3.38: one step of a path."""

    location: Location
    execution_order: int


class ThreadFlow(_Object, frozen=True):
    """3.37: the steps of a path, in order."""

    locations: tuple[ThreadFlowLocation, ...]


class CodeFlow(_Object, frozen=True):
    """3.36: a path through the program."""

    thread_flows: tuple[ThreadFlow, ...]


class Result(_Object, frozen=True):
    """3.27: one finding."""

    rule_id: str
    rule_index: int
    level: str
    message: Message
    locations: tuple[Location, ...]
    partial_fingerprints: dict[str, str]
    properties: dict[str, Any]
    code_flows: tuple[CodeFlow, ...] = ()


class Configuration(msgspec.Struct, frozen=True, rename="camel"):
    """3.50: whether a rule runs unasked, and how grave its findings are."""

    enabled: bool
    level: str = "warning"


class ReportingDescriptor(_Object, frozen=True):
    """3.49: one rule."""

    id: str
    name: str
    short_description: Message
    full_description: Message
    help: Message
    default_configuration: Configuration
    properties: dict[str, Any]
    help_uri: str | None = None


class ToolComponent(_Object, frozen=True):
    """3.19: the program that found it, with its rules."""

    name: str
    semantic_version: str
    rules: tuple[ReportingDescriptor, ...]


class Tool(_Object, frozen=True):
    """3.18: the tool."""

    driver: ToolComponent


class Notification(_Object, frozen=True):
    """3.58: something that the run has to tell besides its findings."""

    message: Message
    locations: tuple[Location, ...]
    level: str


class Invocation(msgspec.Struct, frozen=True, rename="camel"):
    """3.20: how the run went."""

    execution_successful: bool
    tool_execution_notifications: tuple[Notification, ...] = ()


class Run(msgspec.Struct, frozen=True, rename="camel"):
    """3.14: one run."""

    tool: Tool
    invocations: tuple[Invocation, ...]
    column_kind: str
    results: tuple[Result, ...]


class Log(msgspec.Struct, frozen=True, rename={"schema": "$schema"}):
    """3.13: the document."""

    schema: str
    version: str
    runs: tuple[Run, ...]
