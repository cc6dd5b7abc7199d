"""The reference of all settings, docs/configuration.md, made from the records that define them."""

from __future__ import annotations

import msgspec
from msgspec import inspect

from edanalyze.discover.config import SECTION, wanted
from edanalyze.discover.settings import Config, PathSettings, ServiceSettings

_HEAD = f"""# Configuration

All settings are keys of `[{SECTION}]` in `pyproject.toml`. None is needed. What the command line or the flake8
configuration says wins over the file. Every mistake in the section is reported at once, with the key and what was
expected in its place.

```toml
[{SECTION}]
exclude = ["migrations/", "docs/**/examples/"]
extend-select = ["EDA203"]

[{SECTION}.services.billing]
path = "services/billing"
hosts = ["billing.internal"]

[{SECTION}.environment]
ORDERS_URL = "http://orders:8000"

[[{SECTION}.per-path]]
paths = ["legacy/", "tools/*.py"]
ignore = ["EDA402"]
```

`edanalyze init` looks at a project and writes a first section; `edanalyze config` prints all settings that are in
force, and where each comes from.
"""

_TAIL = f"""
## Patterns

`exclude`, `extend-exclude` and `paths` hold patterns in the manner of `.gitignore`:

- A pattern without `/` matches the name of a file or folder at any depth: `migrations`, `*_pb2.py`.
- A pattern with a `/` in it or in front matches the path from the project root: `docs/examples`, `/setup.py`.
- `*`, `?` and `[abc]` do not cross a `/`; `**` between slashes stands for any number of folders.
- A closing `/` restricts the pattern to folders: `build/`.
- A folder that matches takes everything below it along. There is no `!` to take something back.

Upper and lower case differ. `.gitignore` itself is not read: what a repository does not track may still be deployed,
and a checkout without it (an archive, a container image) has to give the same result.

Topics and message names are matched by the same `*`, `?` and `[abc]`, where `*` stops at nothing.

## What is analysed without any setting

Files that end in `.py` or `.pyw`, apart from

- folders that match `exclude`, and those that match `extend-exclude`;
- virtual environments (folders that hold a `pyvenv.cfg` or `conda-meta`);
- `build` and `dist` next to a `setup.py`, `setup.cfg`, `pyproject.toml` or `package.json`, unless they are packages;
- test code, unless `include-tests` is set: what is below a folder `test`, `tests`, `testing`, `testdata`, `e2e` or
  `bdd`, or one like `unittests` and `integration_tests`, and files named `test_*.py`, `*_test.py`, `*_tests.py`,
  `tests.py` or `conftest.py`;
- symbolic links: what they lead to is analysed where it is, if it is part of the project;
- files larger than `max-file-size`, and whatever is no regular file.

`--verbose` says what is left out, by kind and number. A file or folder given on the command line is analysed even
where one of the first four would leave it out.

## Which services are found without any setting

A service is a folder, or a single file, that is deployed as a unit. Evidence counts in this order:

1. Containers: services of compose files, Kubernetes workloads (plain, Helm templates with their default values,
   Kustomize), applications of Dapr multi-app files, lines of a Procfile, and Dockerfiles by themselves. The code is
   looked for where the image is built (build folder, Dockerfile, what it copies, Skaffold artifacts), else in the
   packaged folder that the image is named after.
2. Functions of SAM, CloudFormation and Serverless Framework templates: each template is a service; where there is
   only one, each folder of code that it deploys is.
3. Folders with their own `pyproject.toml`, `setup.py`, `requirements.txt` or `Pipfile` in which an application starts.
4. Files that start an application (an app object, a consumer that is run by itself) and belong to none of these.
5. If nothing of that is found, the project is one service.

Several processes that run from one folder are one service where one leads to the other by its imports, or where they
come from one image and share the code that declares tables or opens the database. Otherwise each is a service, with
the folder or file that it starts from. Code that is shared by several services belongs to none. Of nested services
the innermost has a file. What is found differently than meant is put right in `[{SECTION}.services]`.

Values of environment variables are taken, strongest first, from `[{SECTION}.environment]`, the container or function
itself, its environment files, its Dockerfile, and `.env` files in the service's folder and those above (examples and
tests last). What a service does not set is taken from the others if all of them agree.

## Your own models

The tables `[[{SECTION}.publish]]`, `[[{SECTION}.http]]` and so on describe wrappers and libraries of your
own, with the keys that the built-in models use.
"""


def reference() -> str:
    """The text of docs/configuration.md, in Markdown."""
    sections = [
        _HEAD,
        "## Keys\n",
        *_table(Config),
        f"\n### Keys of `[{SECTION}.services.<name>]`\n",
        *_table(ServiceSettings),
        f"\n### Keys of `[[{SECTION}.per-path]]`\n",
        *_table(PathSettings),
        _TAIL,
    ]
    return "\n".join(sections)


def _table(record: type) -> list[str]:
    kind = inspect.type_info(record)
    assert isinstance(kind, inspect.StructType)
    rows = ["| key | value | default | meaning |", "|--|--|--|--|"]
    for field in kind.fields:
        if isinstance(field.type, inspect.Metadata):
            meaning = (field.type.extra_json_schema or {}).get("description", "")
            rows.append(f"| `{field.encode_name}` | {wanted(field.type)} | {_default(field)} | {meaning} |")
    return rows


def _default(field: inspect.Field) -> str:
    value = field.default
    if value is msgspec.NODEFAULT or value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value) or "none"
    return f"`{value}`" if value != "" else "none"
