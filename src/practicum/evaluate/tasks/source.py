"""Where a task is defined: its YAML in the installed lm-evaluation-harness, or in a user's folder.

The harness's own index parses fourteen thousand files and takes 16 s. Here names are found by
reading lines, which takes 0.2 s, and only the files that are asked for are parsed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from practicum.core.errors import Complaint, PracticumError, nearest
from practicum.evaluate.tasks.carried import GYM_PREFIX, check_puzzle

NAMES = re.compile(rb"^[\"']?(task|group|tag)[\"']?:[ \t]*[\"']?([^\s\"'#\[\]]+)", re.MULTILINE)
LISTED = re.compile(rb"^[\"']?tag[\"']?:[ \t]*\n((?:[ \t]*- .*\n?)+)", re.MULTILINE)
OWN_FOLDER = Path(__file__).parent / "own"
MADE = OWN_FOLDER / "_made.yaml"  # of every puzzle that can be named
MOST_LEVELS = 8  # a group within a group within …: deeper ones contain themselves


@dataclass(frozen=True)
class Source:
    """One name and the YAML that defines it.

    kind     a tag has no file of its own: its tasks carry it
    trusted  whether it came with the installed package, so that its functions may be called
    """

    name: str
    kind: str
    path: Path
    trusted: bool


def harness_folder() -> Path:
    """The folder of the harness's tasks; nothing of it is imported.

    Raises  PracticumError when it is not installed.
    """
    found = find_spec("lm_eval")
    if found is None or not found.submodule_search_locations:
        raise PracticumError("lm-eval is not installed", hint="pip install lm-eval")
    return Path(next(iter(found.submodule_search_locations))) / "tasks"


def _yaml_files(folder: Path) -> Iterator[Path]:
    todo = [str(folder)]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                if entry.is_dir() and entry.name != "__pycache__":
                    todo.append(entry.path)
                elif entry.name.endswith((".yaml", ".yml")):
                    yield Path(entry.path)


def _read_names(folder: Path, trusted: bool) -> tuple[dict[str, Source], dict[str, list[str]]]:
    """What is defined in a folder, and the tasks of every tag."""
    defined: dict[str, Source] = {}
    tags: dict[str, list[str]] = {}
    for path in _yaml_files(folder):
        text = path.read_bytes()
        found = [(kind.decode(), name.decode()) for kind, name in NAMES.findall(text)]
        names = [(k, n) for k, n in found if k != "tag" and n != "-"]
        group = next((n for k, n in names if k == "group"), None)
        task = next((n for k, n in names if k == "task"), None)
        name, kind = (group, "group") if group else (task, "task")
        if not name:
            continue
        defined.setdefault(name, Source(name, kind, path, trusted))
        carried = [n for k, n in found if k == "tag" and n != "-"]
        for block in LISTED.findall(text):
            carried += [line.strip(b" -\t\r").decode() for line in block.splitlines()]
        for tag in carried if kind == "task" else ():
            tags.setdefault(tag, []).append(name)
    return defined, tags


@cache
def _harness() -> tuple[dict[str, Source], dict[str, list[str]]]:
    """What the harness defines, and over it what we define."""
    defined, tags = _read_names(harness_folder(), trusted=True)
    return defined | _read_names(OWN_FOLDER, trusted=True)[0], tags


class Catalogue:
    """Every task that can be named: the harness's, and over them those of a user's folder.

    A user's YAML may call Python through `!function`; it is refused unless that is wanted.
    """

    def __init__(self, include: Path | None = None, *, trust: bool = False) -> None:
        self.trust = trust
        defined, tags = _harness()
        self.defined, self.tags = dict(defined), {k: list(v) for k, v in tags.items()}
        if include:
            if not include.is_dir():
                raise PracticumError(f"include: {include} is not a folder")
            own, own_tags = _read_names(include, trusted=trust)
            self.defined |= own
            self.tags |= own_tags

    def find(self, name: str) -> Source:
        """The source of that task, group or tag.

        Raises  PracticumError with the nearest name.
        """
        if name in self.defined:
            return self.defined[name]
        if name in self.tags:
            return Source(name, "tag", Path(), True)
        if name.startswith(GYM_PREFIX):
            check_puzzle(name.removeprefix(GYM_PREFIX))
            return Source(name, "task", MADE, True)
        close = nearest(name, [*self.defined, *self.tags])
        raise PracticumError(Complaint(f"task: unknown '{name}'", hint=close or "--include FOLDER"))

    def tasks(self, name: str, level: int = 0) -> list[str]:
        """The tasks behind a name: itself, or those of the group or tag, in order.

        Raises  PracticumError for a name that is unknown, here or in a group.
        """
        source = self.find(name)
        if source.kind == "task":
            return [name]
        if source.kind == "tag":
            return sorted(self.tags[name])
        if level > MOST_LEVELS:
            raise PracticumError(f"task: the group {name} contains itself")
        members = self.config(name).get("task", [])
        found: list[str] = []
        for member in members if isinstance(members, list) else [members]:
            if not isinstance(member, str):
                raise PracticumError(
                    f"task: the group {name} changes its tasks as it lists them",
                    hint="name its tasks themselves",
                )
            found += self.tasks(member, level + 1)
        return found

    def config(self, name: str, *, functions: bool = False) -> dict[str, Any]:
        """The whole YAML of a task, what it includes merged in; its functions only if asked for.

        Raises  PracticumError for a file that cannot be read, or calls functions untrusted.
        """
        from lm_eval.tasks._yaml_loader import load_yaml

        source = self.find(name)
        try:
            if not source.trusted:
                self._refuse_functions(source.path)
            found: dict[str, Any] = load_yaml(source.path, resolve_func=functions)
        except PracticumError:
            raise
        except Exception as error:  # a broken YAML, or a broken module behind it
            raise PracticumError(f"{source.path}: {type(error).__name__}: {error}") from error
        found.pop("task_list", None)
        if source.path == MADE:
            found |= {"task": name, "dataset_name": name.removeprefix(GYM_PREFIX)}
        return found

    def _refuse_functions(self, path: Path) -> None:
        """Complain when a user's YAML, or one it includes, would run Python."""
        todo, seen = [path.resolve()], set[Path]()
        while todo:
            here = todo.pop()
            if here in seen or here.is_relative_to(harness_folder().resolve()):
                continue
            seen.add(here)
            functions, included = _looked_through(here.read_text(encoding="utf-8"))
            if functions:
                raise PracticumError(
                    f"{here}: this task runs Python code of its folder",
                    hint="read it, then --trust-tasks",
                )
            todo += [(here.parent / name).resolve() for name in included]


def _looked_through(text: str) -> tuple[bool, list[str]]:
    """Whether a YAML names code to run, and the files it includes; nothing of it is built."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    included: list[str] = []
    todo: list[yaml.Node] = [root] if root else []
    seen: set[int] = set()  # an alias may contain itself
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if not node.tag.startswith("tag:yaml.org,2002:"):
            return True, []
        if isinstance(node, yaml.SequenceNode):
            todo += node.value
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                todo += [key, value]
                if node is root and key.value in ("class", "use_prompt"):
                    return True, []
                if node is root and key.value == "include":
                    names = value.value if isinstance(value, yaml.SequenceNode) else [value]
                    included += [str(name.value) for name in names]
    return False, included


def closest(name: str, catalogue: Catalogue, others: Sequence[str] = ()) -> str | None:
    """The nearest known name, among other names too."""
    return nearest(name, [*others, *catalogue.defined, *catalogue.tags])
