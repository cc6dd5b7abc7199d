"""Discovery of services: from what is declared, what is deployed, what is packaged, and what starts an application."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

import msgspec

from edanalyze.discover.cloudformation import api_host
from edanalyze.discover.codefolders import CodeFolders, Placed, is_below, title
from edanalyze.discover.config import ConfigError, parse_toml
from edanalyze.discover.deployed import Deployment, Function, FunctionEvent
from edanalyze.discover.deployfiles import DeployFiles, below, folder_of
from edanalyze.discover.reach import Reach
from edanalyze.discover.service import Process, Service, Services
from edanalyze.discover.settings import Config
from edanalyze.discover.splitting import Part, is_beside, parts, switched

_PACKAGING = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile")
_GENERIC = {"src", "app", "source", "code", "main", "server", "lib", "python", "lambda", "function", "service"}
_MOST_FILES = 3_000


def find_services(deployment: Deployment, config: Config, files: DeployFiles) -> Services:
    """All services of a project.

    Strongest first: containers and functions, folders that are packaged and hold an application, files that start
    one. The rest of a project that is none of these is one service. Declared services change or add to what is
    found. Of nested services the innermost has the file.
    """
    finder = _Finder(deployment, files)
    finder.contained()
    finder.functions()
    finder.packaged()
    finder.started()
    finder.images()
    return Services(tuple(_distinctly_named(_declared(_with_code(finder.found, files), config))))


class _Finder:
    """The services found so far."""

    def __init__(self, deployment: Deployment, files: DeployFiles) -> None:
        self.found: list[Service] = []
        self._deployment = deployment
        self._files = files
        self._reach = Reach(files)
        self._folders = CodeFolders(files, deployment.artifacts)
        self._placed = self._folders.place(deployment.containers)

    def contained(self) -> None:
        """Services that are built as, or run in, containers."""
        groups: dict[str, list[Placed]] = {}
        for each in self._placed:
            if each.folder is not None:
                groups.setdefault(each.folder, []).append(each)
        for folder, group in groups.items():
            if not self._folders.is_python(folder):
                self.found.append(_service(folder, "foreign", [self._process(each) for each in group]))
                continue
            apart = (
                switched([each.container for each in group], self._folders.below(folder)) if len(group) > 1 else None
            )
            if apart is not None:
                for path, each in zip(apart, group, strict=True):
                    if path is not None:
                        self._add(_service(path, "python", [self._process(each)]))
                continue
            entries = {each.entry: each.container.dockerfile or "" for each in group if each.entry}
            made = parts(folder, entries, self._reach, self._files)
            known = {entry for part in made for entry in part.entries}
            for at, part in enumerate(made):
                own = [each for each in group if each.entry in part.entries or (each.entry not in known and at == 0)]
                processes = [self._process(each) for each in own]
                self.found.append(_service(part.path, "python", processes, part.files))

    def functions(self) -> None:
        """Functions: one service for each stack; where there is but one stack, for each folder of code."""
        functions = [each for each in self._deployment.functions if each.module]
        templates = {each.stack for each in functions}
        groups: dict[str, list[Function]] = {}
        for each in functions:
            one_stack = len(templates) == 1 and "serverless" not in posixpath.basename(each.file)
            folder = each.code if one_stack else each.stack
            groups.setdefault(folder, []).append(each)
        for folder, group in groups.items():
            processes = [
                Process(
                    name=each.name,
                    command=each.handler,
                    entry=each.module,
                    settings=each.environment,
                    file=each.file,
                    line=each.line,
                )
                for each in group
            ]
            hosts = sorted({_api_host(event, group[0].stack) for event in self._routes(group)})
            self._add(_service(folder, "python", processes, name=self._title(folder), hosts=tuple(hosts)))

    def packaged(self) -> None:
        """Folders with their own packaging, in which something belongs to an application."""
        folders = {folder_of(path) for path in (*self._files.paths, *self._files.sources) if _is_packaging(path)}
        for folder in sorted(folders - {"."}):
            inner = [each for each in self.found if is_below(each.path or "?", folder)]
            outer = [each for each in self.found if each.path and is_below(folder, each.path)]
            if inner or outer or is_beside(f"{folder}/"):
                continue
            own = [each for each in sorted(self._files.sources) if is_below(each, folder)][:_MOST_FILES]
            starting = self._reach.starting(own)
            if starting:
                evidence = next(
                    path
                    for path in (*self._files.paths, *self._files.sources)
                    if _is_packaging(path) and folder_of(path) == folder
                )
                for part in self._applications(folder, starting):
                    processes = [self._started_process(each) for each in part.entries]
                    title = self._title(part.path)
                    self.found.append(_service(part.path, "python", processes, name=title, evidence=((evidence, 1),)))

    def _applications(self, folder: str, starting: Sequence[str]) -> list[Part]:
        """The services that a packaged folder holds: each application that has a folder to itself, else the whole."""
        made = parts(folder, dict.fromkeys(starting, ""), self._reach, self._files)
        if all(each.path not in self._files.sources and not each.files for each in made):
            return made
        return [Part(folder, tuple(starting))]

    def started(self) -> None:
        """Files that start an application and belong to no service yet; the whole project if nothing was found."""
        if not any(each.path == "." for each in self.found):
            for part in self._starting_parts():
                processes = [self._started_process(each) for each in part.entries]
                title = self._title(part.path)
                if not any(each.path == part.path for each in self.found):
                    self.found.append(_service(part.path, "python", processes, part.files, name=title))
        if not any(each.kind == "python" for each in self.found) and self._files.sources:
            self.found.append(_service(".", "python", [], name=self._title(".")))

    def images(self) -> None:
        """Containers without code in the project, unless their names belong to a service already."""
        known = {host for each in self.found for host in (each.name, *each.hosts)}
        for each in self._placed:
            names = {each.container.name, *each.container.hosts}
            described = each.container.image or each.container.hosts
            if each.folder is None and not names & known and each.container.name and described:
                known |= names
                self.found.append(_service("", "image", [self._process(each)]))

    def _starting_parts(self) -> list[Part]:
        services = Services(tuple(self.found))
        built = {each.container.context for each in self._placed if each.folder and each.container.context}
        free = [
            each
            for each in sorted(self._files.sources)
            if services.of(each) is None and not is_beside(each) and not any(is_below(each, folder) for folder in built)
        ]
        if len(free) > _MOST_FILES:
            return []
        starting = self._reach.starting(free)
        if not starting:
            return []
        made = parts(".", dict.fromkeys(starting, ""), self._reach, self._files)
        if len(made) == 1 and self.found:
            inner = [each.path for each in self.found if each.path]
            place = posixpath.commonpath([folder_of(each) for each in starting]) or "."
            return [Part(place if place not in inner else starting[0], made[0].entries)]
        return made

    def _process(self, placed: Placed) -> Process:
        container = placed.container
        listening = self._reach.clues(placed.entry).ports if placed.entry and not container.ports else ()
        return Process(
            name=container.name or self._title(placed.folder or "."),
            command=container.command,
            entry=placed.entry,
            settings=container.environment,
            hosts=container.hosts,
            ports=(*container.ports, *listening),
            published=container.published,
            file=container.file,
            line=container.line,
        )

    def _started_process(self, path: str) -> Process:
        ports = self._reach.clues(path).ports
        return Process(name=posixpath.basename(path), entry=path, ports=ports, published=ports, file=path, line=1)

    def _routes(self, group: Sequence[Function]) -> Iterable[FunctionEvent]:
        names = {(each.name, each.module) for each in group}
        return (
            each for each in self._deployment.events if each.kind == "api" and (each.function, each.module) in names
        )

    def _add(self, service: Service) -> None:
        """Add a service, or its processes to the one that is already at its path."""
        for at, each in enumerate(self.found):
            if each.path == service.path:
                self.found[at] = _service(
                    each.path, each.kind, [*each.processes, *service.processes], each.files, each.name
                )
                return
        self.found.append(service)

    def _title(self, path: str) -> str:
        """What a service is called that nothing gives a name: its folder or file, or the project for the root."""
        if path == ".":
            return _project_name(self._files)
        stem = posixpath.basename(path).removesuffix(".py")
        above = posixpath.basename(folder_of(path))
        return above if stem.lower() in _GENERIC and above not in ("", ".") else stem


def _service(
    path: str,
    kind: str,
    processes: Sequence[Process],
    files: tuple[str, ...] = (),
    name: str = "",
    hosts: tuple[str, ...] = (),
    evidence: tuple[tuple[str, int], ...] = (),
) -> Service:
    """A service of processes; called like the first that listens and runs code of the project, or comes near that."""
    ranked = sorted(processes, key=lambda each: -(2 * bool(each.ports or each.published) + bool(each.entry)))
    return Service(
        name=name or _shared_name(path, processes) or (ranked[0].name if ranked else ""),
        path=path,
        kind=kind,
        hosts=tuple(dict.fromkeys((*hosts, *(host for each in processes for host in each.hosts)))),
        ports=tuple(dict.fromkeys(port for each in processes for port in each.ports)),
        published=tuple(dict.fromkeys(port for each in processes for port in each.published)),
        processes=tuple(processes),
        files=files,
        evidence=evidence or tuple(dict.fromkeys((each.file, each.line) for each in processes)),
    )


def _shared_name(path: str, processes: Sequence[Process]) -> str:
    """The folder's name where it begins those of several processes: `stock` for `stock-worker` and `stock_docs`."""
    folder = posixpath.basename(path)
    names = {title(each.name) for each in processes}
    own = title(folder)
    return folder if len(names) > 1 and all(each == own or each.startswith(f"{own}-") for each in names) else ""


def _declared(found: list[Service], config: Config) -> list[Service]:
    """The services with those of the settings put over them, matched by path or else by name."""
    result = list(found)
    for name, said in config.services.items():
        path = below(".", said.path) if said.path else ""
        at = next((at for at, each in enumerate(result) if (each.path == path if path else each.name == name)), None)
        base = result[at] if at is not None else Service(name=name, path=path or "", kind="python")
        kind = "external" if said.external or not (base.path or said.modules) else base.kind
        changed = msgspec.structs.replace(
            base,
            name=name,
            path=path or base.path,
            kind=kind,
            hosts=tuple(dict.fromkeys((*base.hosts, *said.hosts))),
            files=(*base.files, *said.modules),
            evidence=(*base.evidence, ("pyproject.toml", 0)),
        )
        if at is None:
            result.append(changed)
        else:
            result[at] = changed
    return result


def _with_code(found: Sequence[Service], files: DeployFiles) -> list[Service]:
    """The services without those of Python whose every file is another's: mere wrappers around the others."""
    services = Services(tuple(found))
    owners = {owner.path for path in files.sources if (owner := services.of(path)) is not None}
    return [each for each in found if each.kind != "python" or each.path in owners]


def _distinctly_named(found: Sequence[Service]) -> list[Service]:
    """The services, a name that an earlier one has replaced by the path."""
    taken: set[str] = set()
    result = []
    for each in found:
        name = each.name if each.name not in taken else f"{each.name} ({each.path or len(taken)})"
        taken.add(name)
        result.append(msgspec.structs.replace(each, name=name))
    return result


def _is_packaging(path: str) -> bool:
    return posixpath.basename(path) in _PACKAGING


def _api_host(event: FunctionEvent, stack: str) -> str:
    """The host name that references to the API of a route come to."""
    own = event.properties.get("RestApiId") or event.properties.get("ApiId")
    return api_host(own or f"{posixpath.basename(stack) if stack != '.' else 'stack'}-serverlessrestapi")


def _project_name(files: DeployFiles) -> str:
    if files.text("pyproject.toml"):
        try:
            table = parse_toml(files.root / "pyproject.toml")
        except ConfigError:
            return files.root.name
        for section in (table.get("project"), (table.get("tool") or {}).get("poetry")):
            if isinstance(section, dict) and isinstance(section.get("name"), str):
                return str(section["name"])
    return files.root.name
