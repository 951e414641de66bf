"""SIGKILL at any moment leaves a store in which everything is whole, and the same command goes on.

Each case is a process of its own that really waits for the disk (no patched fsync), killed by
itself at a named point or by us at a random moment, and then started once more.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from practicum.core.store import Store

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")

RECIPE = """\
practicum: 1
seed: 3
steps:
  one: {stage: count, params: {n: 3, pause_s: 0.02}}
  two: {stage: count, inputs: [one], params: {n: 3, pause_s: 0.02, word: tock}}
  all: {stage: join, inputs: [one, two]}
"""

# KILL_AT is "before|after <act> <n>": the n-th time that the store renames its files, writes a
# manifest, an object, a run, a key mark or a name, or clears a finished job's scratch.
CHILD = """\
import os, shutil, signal, sys
sys.path.insert(0, sys.argv[1])
import toys
from pathlib import Path
from practicum.core import recipe
from practicum.core.events import Finished
from practicum.core.store import Store

wanted, seen = os.environ.get("KILL_AT", ""), {}

def act(name, function):
    def acting(*args, **more):
        kind = name or kind_of(Path(args[1]))
        seen[kind] = seen.get(kind, 0) + 1
        if wanted == f"before {kind} {seen[kind]}":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **more)
        if wanted == f"after {kind} {seen[kind]}":
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return acting

def kind_of(target):
    if target.name in ("files", "manifest.json", "format"):
        return target.name
    return {"objects": "object", "runs": "run", "keys": "key"}[target.parent.name]

def hear(event):
    if isinstance(event, Finished):
        print(event.step, event.digest, event.cached, flush=True)

os.replace = act("", os.replace)
shutil.rmtree = act("rmtree", shutil.rmtree)
Store.record = act("record", Store.record)
Store.point = act("point", Store.point)
toys.register(toys.Count(), toys.Join())
story = recipe.parse_recipe(sys.argv[3])
store = Store(sys.argv[2])
print("ready", flush=True)
recipe.carry_out(store, story, store.resolve, listen=hear)
"""


@dataclass
class Tale:
    """One store, the children that worked on it, and what they said and made."""

    folder: Path
    script: Path
    done: list[str] = field(default_factory=list)  # "step digest", as reported

    @property
    def home(self) -> Path:
        return self.folder / "store"

    @property
    def made(self) -> list[str]:
        """Every step that was begun, in order."""
        log = self.folder / "log"
        return log.read_text().split() if log.exists() else []

    def start(self, kill_at: str = "") -> subprocess.Popen[str]:
        self.folder.mkdir(exist_ok=True)
        toys = str(Path(__file__).parent)
        environment = {**os.environ, "TOY_LOG": str(self.folder / "log"), "KILL_AT": kill_at}
        return subprocess.Popen(
            [sys.executable, str(self.script), toys, str(self.home), RECIPE],
            stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip

    def end(self, child: subprocess.Popen[str]) -> int:
        said, _ = child.communicate(timeout=120)
        lines = [line.split() for line in said.splitlines() if line != "ready"]
        self.done = [f"{step} {digest}" for step, digest, _ in lines]
        return child.returncode


def check_everything_is_whole(home: Path) -> None:
    """Manifests verify, runs parse, key marks and names lead to whole artifacts."""
    store = Store(home)
    objects = list(home.glob("objects/[!.]*"))
    for folder in objects:
        assert (folder / "manifest.json").is_file(), "an object in place is complete"
        store.verify(folder.name)
    for manifest in home.glob("objects/.*/manifest.json"):
        json.loads(manifest.read_text())  # even where a commit was torn
    listed = [a.digest for a in store.artifacts()]
    assert listed == sorted(p.name for p in objects)
    runs = {run.id: run for run in store.runs()}
    for mark in home.glob("keys/[!.]*"):
        run = runs[mark.read_text().strip()]
        assert run.key == mark.name
        assert store.has(run.output)
    for digest in store.names().values():
        assert store.has(digest)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "child.py"
    path.write_text(CHILD)
    return path


@dataclass(frozen=True)
class Undisturbed:
    done: list[str]
    seconds: float


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, script: Path) -> Undisturbed:
    """What the recipe makes when nobody disturbs it, and how long it works."""
    tale = Tale(tmp_path_factory.mktemp("undisturbed") / "t", script)
    child = tale.start()
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    begun = time.monotonic()
    assert tale.end(child) == 0
    seconds = time.monotonic() - begun
    assert tale.made == ["one", "two", "all"]
    check_everything_is_whole(tale.home)
    return Undisturbed(tale.done, seconds)


def go_on_and_compare(tale: Tale, undisturbed: Undisturbed) -> None:
    """After the kill: all is whole; the same command ends as if nothing had happened."""
    reported, begun = list(tale.done), tale.made
    check_everything_is_whole(tale.home)
    assert tale.end(tale.start()) == 0
    check_everything_is_whole(tale.home)
    assert tale.done == undisturbed.done, "the digests of an undisturbed run"
    made_again = tale.made[len(begun) :]
    assert not {line.split()[0] for line in reported} & set(made_again)
    store = Store(tale.home)
    scratch = [p for p in (tale.home / "work").iterdir() if p.is_dir()]
    assert set(scratch) <= set(store.leftovers()), "what is left, gc can find"
    names = store.names()
    assert [f"{n} {names[n]}" for n in ("one", "two", "all")] == undisturbed.done


@pytest.mark.parametrize(
    "point",
    [
        "before format 1",
        "before files 1",
        "before manifest.json 2",
        "after manifest.json 2",
        "after object 2",  # committed, not recorded
        "before record 3",
        "after run 2",  # recorded, no key mark yet
        "after key 2",
        "before rmtree 4",  # marked, the scratch still there
        "before point 1",
        "after point 2",
        "before key 3",
    ],
)
def test_a_kill_at_this_point_leaves_all_whole_and_the_same_command_goes_on(
    tmp_path: Path, script: Path, undisturbed: Undisturbed, point: str
) -> None:
    tale = Tale(tmp_path / "t", script)
    assert tale.end(tale.start(point)) == -signal.SIGKILL, "the point was never reached"
    go_on_and_compare(tale, undisturbed)


@pytest.mark.parametrize("seed", range(12))
def test_a_kill_at_a_random_moment_leaves_all_whole_and_the_same_command_goes_on(
    tmp_path: Path, script: Path, undisturbed: Undisturbed, seed: int
) -> None:
    tale = Tale(tmp_path / "t", script)
    child = tale.start()
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    time.sleep(random.Random(seed).uniform(0, undisturbed.seconds))
    child.kill()
    tale.end(child)
    go_on_and_compare(tale, undisturbed)


def test_work_that_was_finished_before_the_kill_is_kept_for_the_next_attempt(
    tmp_path: Path, script: Path
) -> None:
    tale = Tale(tmp_path / "t", script)
    assert tale.end(tale.start("before files 1")) == -signal.SIGKILL
    assert tale.end(tale.start()) == 0
    runs = {run.report.title: run.report for run in Store(tale.home).runs()}
    assert runs["one"].value("kept") == 3, "all three files of the killed step were there"
    assert runs["two"].value("kept") == 0
