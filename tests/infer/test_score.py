"""The scorer: every family equals the plain forward pass, whatever is shared, cut or narrow."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, PreTrainedModel

from practicum.core.artifact import Artifact
from practicum.core.errors import PracticumError
from practicum.core.messages import Score
from practicum.core.stage import Made
from practicum.infer.engine import exact_model, open_scorer
from practicum.infer.score import trie
from practicum.infer.score.budget import Rows, row_bytes, rows_within, shape_of
from practicum.infer.score.plan import rows
from practicum.infer.score.requests import Scored, windows
from practicum.infer.score.scorer import Scorer
from practicum.models.load import load_model

N_VOCAB, CONTEXT = 120, 48
SIZES = {
    "vocab_size": N_VOCAB, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "max_position_embeddings": CONTEXT,
    "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
GROUPED = {**SIZES, "num_key_value_heads": 2}
GPT2 = {"vocab_size": N_VOCAB, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": CONTEXT,
        "bos_token_id": 1, "eos_token_id": 2}  # fmt: skip
BLOOM = {"vocab_size": N_VOCAB, "hidden_size": 32, "n_layer": 2, "n_head": 4}
# Name, what differs, and the longest sequence that may share its beginning.
FAMILIES: list[tuple[str, dict[str, Any], int]] = [
    ("llama", GROUPED, CONTEXT),
    ("mistral", {**GROUPED, "sliding_window": None}, CONTEXT),
    ("mistral", {**GROUPED, "sliding_window": 16}, 16),
    ("qwen2", GROUPED, CONTEXT),
    ("qwen3", {**GROUPED, "head_dim": 8}, CONTEXT),
    ("gpt2", GPT2, CONTEXT),
    ("gemma2", {**GROUPED, "head_dim": 8, "sliding_window": 16}, 16),  # caps its logits, too
    ("gemma3_text", {**GROUPED, "head_dim": 8, "sliding_window": 16}, 16),
    ("granite", {**GROUPED, "logits_scaling": 3.0}, CONTEXT),  # divides its logits
    ("mixtral", {**GROUPED, "num_local_experts": 4, "num_experts_per_tok": 2}, CONTEXT),
    ("bloom", BLOOM, 0),  # knows no position numbers: nothing is shared
]  # fmt: skip
Pairs = list[tuple[list[int], list[int]]]


def made(name: str, fields: dict[str, Any]) -> PreTrainedModel:
    """A random model whose answers depend on the whole context."""
    from transformers import AutoConfig

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(name, **fields)).eval()
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.data *= 4
    return model


def requests(seed: int = 1, n_vocab: int = N_VOCAB) -> Pairs:
    """Requests that share, repeat, contain, continue and exceed each other."""
    rng = random.Random(seed)

    def some(n: int) -> list[int]:
        return [rng.randrange(n_vocab) for _ in range(n)]

    shots = some(12)
    asked: Pairs = []
    for _ in range(4):
        question = shots + some(rng.randrange(1, 6))
        answer = some(3)
        asked += [(question, some(rng.randrange(1, 6))) for _ in range(4)]
        asked += [(question, [token]) for token in some(4)]
        asked += [(question, answer), (question, answer + some(2)), (question, answer)]
        asked += [(question + answer[:1], answer[1:])]  # the same ids, asked from elsewhere on
    asked += [(some(1), some(5)), (some(44), some(8)), (some(70), some(3)), (shots, [])]
    return asked


def plain(model: PreTrainedModel, pairs: Pairs, max_length: int) -> list[tuple[float, bool]]:
    """The slow obvious twin: each request alone, cut from the left."""
    found = []
    for context, rest in pairs:
        ids = [*context, *rest][-(max_length + 1) :]
        with torch.no_grad():
            logs = model(input_ids=torch.tensor([ids[:-1]])).logits[0].float().log_softmax(-1)
        target = torch.tensor(rest, dtype=torch.long)
        logs = logs[len(ids) - 1 - len(rest) :]
        value = logs.gather(1, target[:, None]).double().sum()
        found.append((float(value), bool((logs.argmax(-1) == target).all())))
    return found


def agree(ours: Sequence[Scored], slow: Sequence[tuple[float, bool]], within: float) -> bool:
    """Log-probabilities within the bound, and the same greedy continuations."""
    return all(
        abs(a.log_prob - b) <= within and a.is_greedy == greedy
        and a.log_prob == pytest.approx(sum(a.per_token))
        for a, (b, greedy) in zip(ours, slow, strict=True)
    )  # fmt: skip


@pytest.fixture(scope="module")
def llama() -> PreTrainedModel:
    return made("llama", GROUPED)


# -- equal to the plain pass -----------------------------------------------------------------


@pytest.mark.parametrize(("name", "fields", "shared"), FAMILIES)
def test_every_family_scores_as_its_plain_forward_pass(
    name: str, fields: dict[str, Any], shared: int
) -> None:
    model = made(name, fields)
    scorer, asked = Scorer(model, max_length=CONTEXT), requests()
    assert scorer.tree_tokens == shared
    assert agree(scorer.score(asked), plain(model, asked, CONTEXT), 1e-5)


def test_a_greedy_continuation_is_known_as_such(llama: PreTrainedModel) -> None:
    ids = [5, 6, 7]
    for _ in range(4):
        with torch.no_grad():
            ids.append(int(llama(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
    other = [*ids[3:6], (ids[6] + 1) % N_VOCAB]
    assert [s.is_greedy for s in Scorer(llama).score([(ids[:3], ids[3:]), (ids[:3], other)])] == [
        True,
        False,
    ]


def test_bfloat16_weights_are_projected_in_float32() -> None:
    model = made("gemma2", FAMILIES[6][1]).to(torch.bfloat16)  # the cap comes behind the output
    logits = Scorer(model)._passes.alone(np.arange(9), np.arange(9))
    assert (logits.bfloat16().float() != logits).any(), "rounded to three digits"
    with torch.no_grad():
        theirs = model(input_ids=torch.arange(9)[None]).logits[0].float()
    assert torch.allclose(logits, theirs, rtol=2**-7, atol=2**-7)  # half a step of the type
    assert model.lm_head(torch.zeros(1, 32, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_a_model_is_tried_before_it_is_trusted_with_branches(
    llama: PreTrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_forward = type(llama.model).forward

    def deaf(self: Any, attention_mask: Any = None, **options: Any) -> Any:
        return true_forward(self, attention_mask=None, **options)

    monkeypatch.setattr(type(llama.model), "forward", deaf)
    scorer = Scorer(llama, max_length=CONTEXT)
    assert scorer.tree_tokens == 0
    assert agree(scorer.score(requests()), plain(llama, requests(), CONTEXT), 1e-5)


# -- what is shared --------------------------------------------------------------------------


class Watch:
    """Counts what a model is given to read."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.read: list[int] = []
        self.projected = 0
        self._hooks = [
            model.get_input_embeddings().register_forward_hook(
                lambda _, given, out: self.read.append(given[0].numel())
            ),
            model.get_output_embeddings().register_forward_hook(self._see),
        ]

    def _see(self, module: Any, given: Any, out: Any) -> None:
        self.projected += out.numel() // out.shape[-1]

    def close(self) -> None:
        for hook in self._hooks:
            hook.remove()


def test_every_token_of_the_tree_is_read_once_and_projected_only_where_asked(
    llama: PreTrainedModel,
) -> None:
    shots, question = list(range(20)), [30, 31, 32]
    asked = [(shots + question, [40, 41]), (shots + question, [40, 42]), (shots + question, [43]),
             ([*shots, 33], [44, 45, 46]), ([*shots, 33], [44, 45, 46])]  # fmt: skip
    scorer = Scorer(llama, max_length=CONTEXT)
    assert scorer.tree_tokens == CONTEXT
    watch = Watch(llama)
    scorer.score(asked)
    watch.close()
    # 20 shots, 3 of a question, 40 behind it, 33 44 45: last tokens are predicted, never read
    assert sum(watch.read) == 20 + 3 + 1 + 3
    assert watch.projected == 2 + 3  # behind 32 and 40; behind 33, 44 and 45
    assert scorer.n_computed(asked) == (27, 5)


def test_a_tree_larger_than_a_row_keeps_its_beginning(llama: PreTrainedModel) -> None:
    asked = requests()
    root = trie.tree(trie.questions([p for p in asked if len(p[0]) + len(p[1]) < CONTEXT]))
    planned = list(rows(root, Rows(8, 8, 8)))
    assert sum(r.n_tokens for r in planned) == root.n_tokens
    assert max(r.n_tokens for r in planned) <= 8
    assert {r.is_chain for r in planned} == {True, False}


@settings(max_examples=60)
@given(st.lists(st.tuples(st.lists(st.integers(0, 2), min_size=1, max_size=5),
                          st.lists(st.integers(0, 2), max_size=4)), min_size=1, max_size=12))  # fmt: skip
def test_a_tree_holds_every_prefix_once_and_every_request_whole(pairs: Pairs) -> None:
    asked = trie.questions(pairs)
    root = trie.tree(asked)
    read = {tuple(ids[:i]) for q in asked for ids in [q.tokens()] for i in range(1, len(ids))}
    assert root.n_tokens == len(read)
    assert sorted(o for q in asked for o in q.owners) == list(range(len(pairs)))
    spans: dict[int, set[int]] = {}
    for node in trie.walk(root):
        for number, first, after in node.asked:
            assert node.start <= first < after <= node.end
            own = asked[number].tokens()
            assert trie.path(node)[:after].tolist() == own[:after].tolist()
            spans.setdefault(number, set()).update(range(first, after))
    for number, question in enumerate(asked):
        n = len(question.tokens())
        assert spans.get(number, set()) == set(range(question.start - 1, n - 1))


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 12), st.integers(1, 12))
def test_a_row_sees_what_is_kept_and_its_ancestors_and_nothing_else(
    seed: int, branched: int, chained: int, asked: int
) -> None:
    pairs = [p for p in requests(seed, 3) if len(p[0]) < 20]
    held: list[int] = []
    for row in rows(trie.tree(trie.questions(pairs)), Rows(branched, chained, asked)):
        del held[row.kept :]
        ids, depths, sees = row.ids(), row.depths(), row.sees()
        paths = [trie.path(p.node)[: d + 1] for p in row.pieces for d in range(p.start, p.end)]
        whole = np.array([*held, *ids])
        at = np.array([*range(row.kept), *depths])
        for place, want in enumerate(paths):
            order = np.argsort(at[sees[place]])
            assert whole[sees[place]][order].tolist() == want.tolist()
        if row.is_chain:
            held += ids.tolist()


# -- memory ----------------------------------------------------------------------------------


def test_a_small_budget_gives_the_same_scores_in_smaller_rows(llama: PreTrainedModel) -> None:
    asked = requests()
    wide = Scorer(llama, max_length=CONTEXT)
    least = row_bytes(shape_of(llama.config, 4), 16, 1, CONTEXT)
    narrow = Scorer(llama, max_length=CONTEXT, memory_bytes=least)
    assert narrow.tree_tokens and wide.tree_tokens
    watch = Watch(llama)
    found = narrow.score(asked)
    watch.close()
    assert max(watch.read) <= 16
    assert agree(found, [(s.log_prob, s.is_greedy) for s in wide.score(asked)], 1e-5)


def test_a_budget_that_cannot_be_kept_says_what_is_needed_before_anything_is_read(
    llama: PreTrainedModel,
) -> None:
    scorer = Scorer(llama, max_length=CONTEXT, memory_bytes=10_000)
    with pytest.raises(PracticumError, match="the budget is 10,000") as error:
        scorer.stream(requests())
    needed = int(str(error.value).split("memory_bytes=")[1].split()[0])
    assert agree(
        Scorer(llama, max_length=CONTEXT, memory_bytes=needed).score(requests()),
        plain(llama, requests(), CONTEXT), 1e-5,
    )  # fmt: skip


@given(st.integers(10_000, 10**10), st.integers(1, 8000))
def test_rows_are_the_widest_that_the_estimate_allows(memory: int, depth: int) -> None:
    from transformers import LlamaConfig

    shape = shape_of(LlamaConfig(**GROUPED), 4)
    try:
        found = rows_within(shape, memory, depth)
    except PracticumError:
        return
    assert row_bytes(shape, found.branched, min(found.asked, found.branched), depth) <= memory
    if memory == 10**10:
        assert found == Rows(256, 1024, 1024)


# -- windows, streams and mistakes -----------------------------------------------------------


def test_windows_by_hand() -> None:
    text = list(range(10))
    assert list(windows(text, 99, 4)) == [
        ([99], [0, 1, 2, 3]),
        ([3], [4, 5, 6, 7]),
        ([5, 6, 7], [8, 9]),
    ]
    assert list(windows(text[:3], 99, 4)) == [([99], [0, 1, 2])]
    assert list(windows([], 99, 4)) == []


@given(st.integers(0, 60), st.integers(1, 20))
def test_windows_score_every_token_once_and_never_exceed_the_context(n: int, most: int) -> None:
    cut = list(windows(range(n), 99, most))
    assert [t for _, rest in cut for t in rest] == list(range(n))
    for i, (before, rest) in enumerate(cut):
        assert len(before) + len(rest) <= most + 1
        assert before == ([99] if i == 0 else list(range(rest[0] - len(before), rest[0])))


def test_a_rolling_score_is_the_sum_over_its_windows(llama: PreTrainedModel) -> None:
    rng = random.Random(2)
    texts = [[rng.randrange(N_VOCAB) for _ in range(n)] for n in (0, 5, 16, 41)]
    scorer = Scorer(llama, max_length=16)
    heard: list[int] = []
    for text, scored in zip(texts, scorer.rolling(texts, 1, heard.append), strict=True):
        parts = plain(llama, list(windows(text, 1, 16)), 16)
        assert scored.log_prob == pytest.approx(sum(a for a, _ in parts), abs=1e-4)
        assert len(scored.per_token) == len(text)
    assert sum(heard) == len(texts)


def test_answers_stream_as_they_are_finished_so_that_a_stop_loses_little(
    llama: PreTrainedModel,
) -> None:
    asked = requests()
    scorer = Scorer(llama, max_length=CONTEXT, memory_bytes=80_000)
    assert scorer.tree_tokens
    watch = Watch(llama)
    stream = scorer.stream(asked)
    kept = dict(next(stream) for _ in range(20))
    early = sum(watch.read)
    stream.close()
    watch.close()
    rest = [i for i in range(len(asked)) if i not in kept]
    again = dict(zip(rest, scorer.score([asked[i] for i in rest]), strict=True))
    whole = {**kept, **again}
    assert early < scorer.n_computed(asked)[0]
    assert agree([whole[i] for i in range(len(asked))], plain(llama, asked, CONTEXT), 1e-5)


def test_progress_counts_every_request(llama: PreTrainedModel) -> None:
    heard: list[int] = []
    Scorer(llama, max_length=CONTEXT).score(requests(), heard.append)
    assert sum(heard) == len(requests())


def test_requests_that_cannot_be_scored_are_all_named(llama: PreTrainedModel) -> None:
    scorer = Scorer(llama, max_length=8)
    with pytest.raises(PracticumError) as error:
        scorer.score([([], [1]), ([1], [2]), ([1], list(range(9)))] + [([], [1])] * 9)
    assert "request 0" in str(error.value)
    assert "a continuation of 9 tokens, the model reads 8" in str(error.value)
    assert "and 6 more requests like these" in str(error.value)


def test_distributions_are_those_of_the_plain_pass(llama: PreTrainedModel) -> None:
    ids = [3, 1, 4, 1, 5]
    with torch.no_grad():
        theirs = llama(input_ids=torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
    assert torch.allclose(Scorer(llama).distributions(ids), theirs, atol=1e-5)


# -- artifacts -------------------------------------------------------------------------------


def test_a_gguf_is_scored_through_its_dequantized_weights(life: dict[str, Made]) -> None:
    artifact: Artifact = life["q8"].artifact
    with open_scorer(artifact, 1) as engine:
        assert isinstance(engine, Score)
        ids = engine.tokenizer.encode("Who goes there? A friend.")
        ours = engine.scorer.score([(ids[:4], ids[4:])])
        assert agree(ours, plain(exact_model(artifact), [(ids[:4], ids[4:])], 64), 1e-4)
    model, _ = load_model(life["tuned"].artifact, "float32")
    unrounded = Scorer(model).log_likelihoods([(ids[:4], ids[4:])])[0]
    assert ours[0].log_prob != unrounded
    assert ours[0].log_prob == pytest.approx(unrounded, rel=0.02)  # eight bits lose little
    with pytest.raises(PracticumError, match="cannot be laid over a GGUF"):
        exact_model(artifact, artifact)


MEASURED = """
import resource, sys, torch
from transformers import LlamaConfig, LlamaForCausalLM
from practicum.infer.score.scorer import Scorer
torch.set_num_threads(1)
model = LlamaForCausalLM(LlamaConfig(vocab_size=60_000, hidden_size=64, intermediate_size=128,
    num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=1024)).eval()
def held(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
scorer = Scorer(model, memory_bytes=int(sys.argv[1]))
scorer.tree_tokens
before = held("VmRSS")
scorer.score([([1], list(range(2, 702)))])
print(held("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells its memory there")
def test_the_memory_really_taken_stays_within_the_budget() -> None:
    def taken(budget: int) -> int:
        done = subprocess.run([sys.executable, "-c", MEASURED, str(budget)],
                              capture_output=True, text=True, check=True)  # fmt: skip
        return int(done.stdout.split()[-1])

    tight = 64 << 20
    assert taken(tight) <= 1.25 * tight  # a quarter for what the allocator holds back
    assert taken(1 << 30) > 2 * tight, "else the test measures nothing"
