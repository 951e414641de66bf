"""What a user may write, and what each wrong thing is answered."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest

import practicum as pr
from practicum.core.errors import DataError, IntegrityError, PracticumError, UnknownReference
from practicum.core.stage import Made
from practicum.core.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


def chat_line(*roles: str) -> str:
    return json.dumps({"messages": [{"role": r, "content": "x"} for r in roles]})


def test_a_model_folder_is_linked_in_place_and_never_copied(
    tiny: Made, store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(tiny.artifact.folder, folder)
    found = pr.resolve(str(folder), store)
    assert (found.kind, found.folder) == ("model", folder)
    assert found.meta["n_parameters"] == tiny.report.value("parameters") == 1_705_216
    stored = [p for p in store.home.rglob("*") if p.is_file() and p.stat().st_size > 100_000]
    assert stored == []


def test_a_licence_in_a_model_card_is_read(tiny: Made, store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(tiny.artifact.folder, folder)
    (folder / "README.md").write_text("---\nlicense: gpl-3.0\n---\n# Mine\n")
    assert pr.resolve(str(folder), store).meta["license"] == "gpl-3.0"


def test_a_pickle_is_refused_wherever_weights_are_expected(
    tiny: Made, store: Store, tmp_path: Path
) -> None:
    bomb = tmp_path / "weights.bin"
    bomb.write_bytes(pickle.dumps({"w": 1}))
    with pytest.raises(PracticumError, match="pickle-like files can run code"):
        pr.resolve(str(bomb), store)
    folder = tmp_path / "old"
    folder.mkdir()
    shutil.copy(tiny.artifact.path("config.json"), folder)
    shutil.copy(bomb, folder / "pytorch_model.bin")
    with pytest.raises(PracticumError, match=r"only pickled weights \(pytorch_model.bin\)"):
        pr.resolve(str(folder), store)
    assert not (store.home / "objects").exists()


def test_a_truncated_safetensors_file_is_named(tiny: Made, store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    shutil.copytree(tiny.artifact.folder, folder)
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:-1000])
    with pytest.raises(IntegrityError, match=r"model\.safetensors: truncated, 1,000 bytes missing"):
        pr.resolve(str(folder), store)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([chat_line("user", "assistant"), chat_line("assistant", "user")], "mine.jsonl:2"),
        ([chat_line("user", "user")], "has role user, expected assistant"),
        ([chat_line("user")], "the last message has role user, expected assistant"),
        ([chat_line("system", "user", "assistant"), "{not json"], "mine.jsonl:2  not JSON"),
        (['{"messages": [{"role": "robot", "content": "x"}]}'], "messages.0.role"),
        (
            ['{"prompt": [{"role": "user", "content": "q"}], "chosen": "a", "rejected": "a"}'],
            "the same text",
        ),
        (['{"question": "q"}'], "a row has question"),
        ([""], "has no rows"),
    ],
)
def test_a_broken_row_is_named_by_file_and_line(
    rows: list[str], words: str, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(rows))
    with pytest.raises(DataError) as error:
        pr.resolve(str(path), store)
    assert words in str(error.value)
    assert not (store.home / "objects").exists()


def test_files_of_different_kinds_in_one_folder_are_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.jsonl").write_text(chat_line("user", "assistant"))
    (tmp_path / "data" / "test.jsonl").write_text('{"text": "hello"}')
    with pytest.raises(DataError, match="different kinds of rows: chat, text"):
        pr.resolve(str(tmp_path / "data"), store)


def test_missing_files_and_strange_files_get_a_clear_word(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnknownReference, match="no such file or folder"):
        pr.resolve("./nowhere.jsonl", store)
    with pytest.raises(UnknownReference, match="neither a name"):
        pr.resolve("nobody", store)
    (tmp_path / "a.xyz").write_text("?")
    with pytest.raises(PracticumError, match="not a kind of file"):
        pr.resolve(str(tmp_path / "a.xyz"), store)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PracticumError, match="neither a model"):
        pr.resolve(str(tmp_path / "empty"), store)


def test_an_adapter_folder_needs_its_base_and_must_fit_it(
    tiny: Made, life: dict[str, Made], tiny_store: Store, tmp_path: Path
) -> None:
    made = pr.finetune("base", "lessons", output="adapter", rank=4, home=tiny_store, threads=1)
    folder = tmp_path / "lora"
    shutil.copytree(made.artifact.folder, folder)
    with pytest.raises(PracticumError, match="needs to know its base"):
        pr.import_model(folder, home=tiny_store)
    linked = pr.import_model(folder, base="base", home=tiny_store)
    assert linked.meta["base"] == tiny.artifact.digest
    small = pr.pretrain(home=tiny_store, updates=1, n_vocab=300, hidden=256, layers=1, context=16,
                        windows_per_update=4, threads=1)  # fmt: skip
    with pytest.raises(PracticumError) as error:
        pr.import_model(folder, base=small.artifact, home=tiny_store)
    assert "is not in the base" in str(error.value)
    assert "has width 768, the base has 256" in str(error.value)


def test_tuning_refuses_a_tokenizer_that_does_not_match(life: dict[str, Made], tiny_store: Store,
                                                        tmp_path: Path) -> None:  # fmt: skip
    folder = tmp_path / "mixed"
    shutil.copytree(life["base"].artifact.folder, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").chmod(0o644)
    (folder / "config.json").write_text(json.dumps(config | {"vocab_size": 100}))
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(PracticumError) as error:
        pr.plan("finetune", str(folder), "lessons", home=tiny_store)
    assert "512 tokens, the model's embedding 100" in str(error.value)
    assert "has no chat template" in str(error.value)
