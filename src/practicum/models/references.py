"""References: what a user writes → the artifact it means, imported in place when it is a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from practicum.core.artifact import PICKLE_SUFFIXES, Artifact
from practicum.core.errors import Complaint, DataError, PracticumError, UnknownReference
from practicum.core.messages import Conversation, Pair, read_rows
from practicum.core.rows.formats import FORMATS, convert, form_of_file
from practicum.core.rows.lines import SUFFIXES, BadLine, raw_rows
from practicum.core.rows.turns import RowError
from practicum.core.store import Store
from practicum.models.gguf_file import GgufFile, is_gguf
from practicum.models.load import model_meta

MODEL_FILES = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
               "chat_template.jinja", "special_tokens_map.json", "tokenizer.model",
               "model.safetensors.index.json")  # fmt: skip
SPLITS = ("train", "validation", "test")


def resolve(store: Store, reference: str) -> Artifact:
    """The artifact a reference means: a name, name@digest8, digest, folder or file.

    Raises  UnknownReference when it means nothing; DataError for broken rows;
            PracticumError for pickled weights and other files that are never read.
    """
    path = Path(reference).expanduser()
    looks_like_path = "/" in reference or "\\" in reference or path.suffix in _READERS
    if reference in store.names() or not (path.exists() and (looks_like_path or path.is_dir())):
        if looks_like_path and not path.exists() and not reference.startswith(("hf:", "pypi:")):
            raise UnknownReference(f"{reference}: no such file or folder")
        return store.resolve(reference)
    if path.is_dir():
        return _link_folder(store, path.absolute())
    if is_gguf(path):
        return _link_gguf(store, path)
    reader = _READERS.get(path.suffix.lower())
    if reader:
        return reader(store, path.absolute())
    if path.suffix.lower() in PICKLE_SUFFIXES:
        raise PracticumError(
            f"{path}: pickle-like files can run code and are never loaded",
            hint="convert it to safetensors where you trust it: safetensors.torch.save_file",
        )
    raise PracticumError(f"{path}: not a kind of file that can be used",
                         hint=".jsonl .json .txt .gguf or a model folder")  # fmt: skip


def _link_folder(store: Store, folder: Path) -> Artifact:
    if (folder / "adapter_config.json").is_file():
        raise PracticumError(
            f"{folder}: an adapter needs to know its base",
            hint="practicum import ADAPTER --base MODEL",
        )
    if not (folder / "config.json").is_file():
        return _link_splits(store, folder)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        pickles = [p.name for p in folder.iterdir() if p.suffix in PICKLE_SUFFIXES]
        what = f"only pickled weights ({', '.join(pickles)})" if pickles else "no weights"
        raise PracticumError(
            f"{folder} has {what}, safetensors are expected",
            hint="save_pretrained(..., safe_serialization=True) where you trust the file",
        )
    meta = model_meta(folder, name=folder.name, licence=_licence(folder))
    files = [*weights, *(folder / n for n in MODEL_FILES if (folder / n).is_file())]
    return store.link(folder, "model", meta, files)


def _licence(folder: Path) -> str | None:
    """The licence in a model card's front matter, if there is one."""
    card = folder / "README.md"
    if not card.is_file():
        return None
    import yaml

    text = card.read_text(encoding="utf-8", errors="replace")
    if not text.startswith("---"):
        return None
    try:
        front = yaml.safe_load(text.split("---", 2)[1])
    except (yaml.YAMLError, IndexError):
        return None
    licence = front.get("license") if isinstance(front, dict) else None
    return str(licence) if licence else None


def link_adapter(store: Store, folder: Path, base: Artifact) -> Artifact:
    """A peft adapter folder, bound to the base it was made for.

    Raises  PracticumError when the folder is no safetensors adapter, or its shapes do not fit
            the base.
    """
    config, weights = folder / "adapter_config.json", folder / "adapter_model.safetensors"
    if not config.is_file() or not weights.is_file():
        raise PracticumError(
            f"{folder}: adapter_config.json and adapter_model.safetensors are needed"
        )
    _check_adapter_shapes(weights, base, json.loads(config.read_text("utf-8")))
    meta = {"name": folder.name, "base": base.digest, "license": base.meta.get("license")}
    return store.link(folder.absolute(), "adapter", meta, [config, weights])


def _check_adapter_shapes(weights: Path, base: Artifact, config: dict[str, Any]) -> None:
    from safetensors import safe_open

    shapes: dict[str, list[int]] = {}
    for name in base.files:
        if name.endswith(".safetensors"):
            with safe_open(str(base.path(name)), framework="numpy") as opened:
                shapes |= {k: opened.get_slice(k).get_shape() for k in opened.keys()}  # noqa: SIM118
    wrong = []
    with safe_open(str(weights), framework="numpy") as opened:
        for key in opened.keys():  # noqa: SIM118 - safe_open is not a mapping
            if ".lora_A." not in key:
                continue
            target = key.removeprefix("base_model.model.").replace(".lora_A", "")
            width = opened.get_slice(key).get_shape()[1]
            if target not in shapes:
                wrong.append(Complaint(f"adapter layer {target} is not in the base"))
            elif shapes[target][1] != width:
                wrong.append(Complaint(f"adapter layer {target} has width {width}, "
                                       f"the base has {shapes[target][1]}"))  # fmt: skip
    if wrong:
        raise PracticumError(*wrong[:5], Complaint(f"{len(wrong)} layers do not fit {base.short}"))


def _link_gguf(store: Store, path: Path) -> Artifact:
    gguf = GgufFile(path)
    meta = {
        "name": str(gguf.get("general.name", path.stem)),
        "format": "gguf",
        "architecture": gguf.architecture,
        "n_parameters": gguf.n_parameters,
        "types": gguf.tensor_types,
        "license": gguf.get("general.license"),
    }
    return store.link(path.absolute().parent, "model", meta, [path.absolute()])


def link_rows(store: Store, path: Path, form: str) -> Artifact:
    """A file of rows read in the format of that name, whatever it looks like.

    Raises  DataError naming every row that is not written in it.
    """
    path = path.expanduser().absolute()
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        raise UnknownReference(f"{path}: no .jsonl or .json file of rows")
    return _link_rows(store, path.parent, [path], form)


def _link_splits(store: Store, folder: Path) -> Artifact:
    files = [folder / f"{s}.jsonl" for s in SPLITS if (folder / f"{s}.jsonl").is_file()]
    if not files:
        raise PracticumError(
            f"{folder}: neither a model (config.json) nor a dataset (train.jsonl)",
            hint="point at the folder that holds those files",
        )
    return _link_rows(store, folder, files)


def _link_rows(store: Store, folder: Path, files: list[Path], named: str | None = None) -> Artifact:
    """Rows of one kind, read through once so that a broken row is found before any cost."""
    forms = {named} if named else {_form(f) for f in files}
    kinds = {FORMATS[form].kind for form in forms}
    if len(kinds) > 1:
        raise DataError(
            f"{folder}: the files hold different kinds of rows: {', '.join(sorted(kinds))}"
        )
    kind = kinds.pop()
    for file in files:
        if kind == "chat":
            read_rows(file, Conversation, named)
        elif kind == "pairs":
            read_rows(file, Pair, named)
        else:
            _check_texts(file)
    meta = {"name": files[0].stem}
    if forms - {"messages", "pairs", "text"} or forms != {_form(f) for f in files}:
        meta["format"] = " ".join(sorted(forms))  # where two files differ, each says it itself
    return store.link(folder, kind, meta, files)


def _form(path: Path) -> str:
    """The format of a file's rows, as its first row shows it."""
    first = next(iter(raw_rows(path)), None)
    if first is None:
        raise DataError(f"{path}: has no rows")
    found = form_of_file(path)
    if found:
        return found
    number, row = first
    if isinstance(row, BadLine):
        raise DataError(Complaint(row.what, f"{path.name}:{number}", row.hint))
    keys = ", ".join(sorted(row)[:8]) if isinstance(row, dict) else ""
    known = "messages, conversations, instruction+output, prompt+completion, chosen+rejected, text"
    raise DataError(
        Complaint(f"a row has {keys or 'no fields'}", f"{path.name}:{number}", f"fields {known}")
    )


def _check_texts(path: Path) -> None:
    wrong = []
    for number, row in raw_rows(path):
        try:
            if isinstance(row, BadLine):
                raise RowError(row.what, row.hint)
            convert(row, "text")
        except RowError as error:
            wrong.append(Complaint(str(error), f"{path.name}:{number}", error.hint))
    if wrong:
        more = [Complaint(f"and {len(wrong) - 20} more rows like these")] if wrong[20:] else []
        raise DataError(*wrong[:20], *more)


def _link_jsonl(store: Store, path: Path) -> Artifact:
    return _link_rows(store, path.parent, [path])


def _link_text(store: Store, path: Path) -> Artifact:
    return store.link(path.parent, "text", {"name": path.stem}, [path])


_READERS = {".jsonl": _link_jsonl, ".json": _link_jsonl, ".txt": _link_text, ".md": _link_text}
