"""Environment variables of the deployed system: what the settings, deployment files and `.env` files say of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from edanalyze.discover.codefolders import is_below
from edanalyze.discover.deployed import Deployment, Setting
from edanalyze.discover.service import Service, Services


class Environment:
    """Answers which value a variable has in a service, and where that is written."""

    def __init__(
        self, services: Services, deployment: Deployment, declared: Mapping[str, str | int | float | bool]
    ) -> None:
        self._declared = {name: Setting(name, _text(value), "pyproject.toml", 0) for name, value in declared.items()}
        self._of_service: dict[str, dict[str, list[Setting]]] = {}
        self._everywhere: dict[str, list[Setting]] = defaultdict(list)
        for service in services.all:
            own: dict[str, list[Setting]] = defaultdict(list)
            for setting in (*_of_processes(service), *_of_files(service, deployment)):
                own[setting.name].append(setting)
            self._of_service[service.name] = own
            for setting in (*_of_processes(service),):
                self._everywhere[setting.name].append(setting)
        self._files: dict[str, list[tuple[str, Setting]]] = defaultdict(list)
        for folder, setting in deployment.settings:
            self._everywhere[setting.name].append(setting)
            if not folder.startswith("chart:"):
                self._files[setting.name].append((folder, setting))

    def lookup(self, service: str | None, name: str) -> Setting | None:
        """The value of a variable in a service, or in the whole project where nothing is said for the service.

        For the project as a whole (None, or a service that does not set the variable) there is an answer only if
        all that set it agree. In a service the strongest of several settings is given.
        """
        found = self.values(service, name)
        if found and (name in self._declared or self._own(service, name)):
            return found[0]
        return found[0] if len(found) == 1 else None

    def values(self, service: str | None, name: str) -> tuple[Setting, ...]:
        """All different values of a variable in a service, the strongest first; those of the project if it has none.

        Several occur where one code base is deployed several times, or differently in several places.
        """
        if name in self._declared:
            return (self._declared[name],)
        different: dict[str, Setting] = {}
        for setting in self._own(service, name) or self._everywhere.get(name, []):
            different.setdefault(setting.value, setting)
        return tuple(different.values())

    def beside(self, path: str, name: str) -> Setting | None:
        """What the `.env` file nearest at or above a file of code says of a variable."""
        found: Setting | None = None
        deepest = -1
        for folder, setting in self._files.get(name, ()):
            if len(folder) > deepest and is_below(path, folder):
                found, deepest = setting, len(folder)
        return found

    def names(self, service: str | None) -> tuple[str, ...]:
        """The names of all variables that are set for a service; for None, of all."""
        own = self._everywhere if service is None else self._of_service.get(service, {})
        return tuple(sorted({*own, *self._declared}))

    def _own(self, service: str | None, name: str) -> list[Setting]:
        return self._of_service.get(service, {}).get(name, []) if service else []


def _of_processes(service: Service) -> list[Setting]:
    return [setting for process in service.processes for setting in process.settings]


def _of_files(service: Service, deployment: Deployment) -> list[Setting]:
    """The settings of environment files in the service's folder, then of those above it, and of charts of its name."""
    titles = {f"chart:{name.lower()}" for name in (service.name, *(each.name for each in service.processes))}
    ranked: list[tuple[int, Setting]] = []
    for folder, setting in deployment.settings:
        if folder.lower() in titles:
            ranked.append((1, setting))
        elif service.path and not folder.startswith("chart:"):
            if is_below(folder, service.path):
                ranked.append((0, setting))
            elif is_below(service.path, folder):
                ranked.append((2 + service.path.count("/") - folder.count("/"), setting))
    return [setting for _, setting in sorted(ranked, key=lambda each: each[0])]


def _text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
