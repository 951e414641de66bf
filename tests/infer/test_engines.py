"""Engines: batched answers equal single ones, scores equal transformers', both engines agree."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
import torch

import practicum as pr
from practicum.core.errors import PracticumError
from practicum.core.messages import Message, Sampling
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.infer.engine import open_engine, tokenizer_of
from practicum.infer.llama_engine import LlamaEngine
from practicum.infer.torch_engine import TorchEngine, choose
from practicum.models.load import load_model

PROMPTS = [(Message(role="user", content=t),) for t in
           ("Who is there?", "Speak!", "What, has this thing appeared again tonight?", "Speak, speak!")]  # fmt: skip


@pytest.fixture(scope="module")
def engine(tiny: Made) -> TorchEngine:
    model, tokenizer = load_model(tiny.artifact, "float32")
    return TorchEngine(model, tokenizer)


def test_answers_in_a_batch_equal_answers_given_alone_and_transformers_own(
    engine: TorchEngine,
) -> None:
    sampling = Sampling(max_tokens=12)
    together = engine.reply(PROMPTS, sampling)
    for prompt, reply in zip(PROMPTS, together, strict=True):
        assert reply == engine.reply([prompt], sampling)[0]
        ids = torch.tensor([engine.tokenizer.encode_prompt(prompt)])
        theirs = engine.model.generate(ids, max_new_tokens=12, do_sample=False, eos_token_id=2)
        assert reply.text == engine.tokenizer.decode(theirs[0, ids.shape[1] :].tolist())


def test_writing_ends_before_the_first_stop_string_and_asks_for_no_more(
    engine: TorchEngine,
) -> None:
    ids = engine.tokenizer.encode("To be, or not")
    whole = engine.write([ids], Sampling(max_tokens=16))[0]
    stop = whole.text[4:6]
    cut = engine.write([ids], Sampling(max_tokens=16), ["never written", stop])[0]
    assert cut.text == whole.text.split(stop)[0]
    assert cut.stopped
    assert cut.n_tokens < whole.n_tokens


def test_answers_do_not_depend_on_how_many_the_memory_lets_be_written_together(
    engine: TorchEngine,
) -> None:
    sampling = Sampling(max_tokens=12)
    narrow = TorchEngine(engine.model, engine.tokenizer, memory_bytes=1)
    assert narrow.reply(PROMPTS, sampling) == engine.reply(PROMPTS, sampling)
    lengths = [(i, 10) for i in range(70)]
    assert [len(b) for b in narrow._batches(lengths, 12)] == [1] * 70
    assert [len(b) for b in engine._batches(lengths, 12)] == [64, 6]


def test_streamed_pieces_join_to_the_whole_answer(engine: TorchEngine) -> None:
    sampling = Sampling(max_tokens=12)
    assert (
        "".join(engine.stream(PROMPTS[0], sampling)) == engine.reply(PROMPTS[:1], sampling)[0].text
    )


def test_scores_of_shared_prefixes_equal_transformers_one_by_one(engine: TorchEngine) -> None:
    prefix = engine.tokenizer.encode("To be, or not")
    requests = [(prefix, engine.tokenizer.encode(t)) for t in (" to be", " to sleep", " a crown")]
    for (before, rest), ours in zip(requests, engine.log_likelihoods(requests), strict=True):
        with torch.no_grad():
            logits = (
                engine.model(input_ids=torch.tensor([[*before, *rest]])).logits[0].log_softmax(-1)
            )
        slow = sum(float(logits[len(before) + i - 1, t]) for i, t in enumerate(rest))
        assert ours == pytest.approx(slow, abs=1e-4)


def test_a_nucleus_keeps_the_token_that_crosses_and_drops_the_rest() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log().repeat(4000, 1)
    drawn = choose(logits, Sampling(temperature=1.0, top_p=0.6), torch.Generator().manual_seed(0))
    shares = torch.bincount(drawn, minlength=4) / 4000
    assert shares[2:].sum() == 0
    assert shares[0].item() == pytest.approx(0.5 / 0.8, abs=0.03)  # four standard errors


def test_sampling_repeats_with_its_seed(engine: TorchEngine) -> None:
    hot = Sampling(max_tokens=10, temperature=1.0, seed=4)
    assert engine.reply(PROMPTS, hot) == engine.reply(PROMPTS, hot)
    assert engine.reply(PROMPTS, hot) != engine.reply(PROMPTS, hot.model_copy(update={"seed": 5}))


@pytest.fixture(scope="module")
def llama(life: dict[str, Made]) -> LlamaEngine:
    with open_engine(life["q8"].artifact, threads=1) as opened:
        assert isinstance(opened, LlamaEngine)
        yield opened


def test_llama_cpp_reads_the_same_ids_as_our_tokenizer(llama: LlamaEngine) -> None:
    for text in ("Who goes there? 38", "  38", "a\n\n\tb", "naïve — 🜚", "I'll don't", "1,000.50"):
        assert llama.tokenize(text) == llama.tokenizer.encode(text)


def test_the_server_inside_the_engine_opens_to_nobody_else(llama: LlamaEngine) -> None:
    assert llama.address.startswith("http://127.0.0.1:")
    request = urllib.request.Request(
        f"{llama.address}/completion", data=json.dumps({"prompt": "x", "n_predict": 1}).encode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=5)
    assert error.value.code == 401


def test_a_llama_stream_joins_to_its_reply(llama: LlamaEngine) -> None:
    sampling = Sampling(max_tokens=8)
    whole = llama.reply(PROMPTS[:1], sampling)[0]
    assert "".join(llama.stream(PROMPTS[0], sampling)) == whole.text


def test_a_gguf_carries_its_own_tokenizer(life: dict[str, Made]) -> None:
    restored, source = tokenizer_of(life["q8"].artifact), tokenizer_of(life["tuned"].artifact)
    assert restored.template == source.template
    assert restored.stop_ids == source.stop_ids


def test_an_adapter_works_on_its_base_only(life: dict[str, Made], tiny_store: Store) -> None:
    made = pr.finetune("base", "lessons", output="adapter", name="lora", home=tiny_store, threads=1)
    assert made.artifact.kind == "adapter"
    assert "".join(pr.chat("lora", PROMPTS[0], Sampling(max_tokens=4), home=tiny_store)) is not None
    with open_engine(life["base"].artifact, 1, made.artifact) as over:
        merged = load_model(life["base"].artifact)[0]
        ids = over.tokenizer.encode("Speak")
        ours = over.log_likelihoods([(ids, ids)])
        plain = TorchEngine(merged, over.tokenizer).log_likelihoods([(ids, ids)])
        assert ours != plain
    with (
        pytest.raises(PracticumError, match="belongs to base"),
        open_engine(life["tuned"].artifact, 1, made.artifact),
    ):
        pass
    with (
        pytest.raises(PracticumError, match="cannot be laid over a GGUF"),
        open_engine(life["q8"].artifact, 1, made.artifact),
    ):
        pass
