"""S6a: windows equal a token-by-token reference, BLEU equals NLTK's, and each metric is caught out."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import numpy as np
import pytest

from practicum.measure.intervals import perplexity_interval

approx = pytest.approx
CONCEPT = "traditional-metrics"


@pytest.fixture
def surprise(solved: Any) -> Any:
    """What the solution of the lab about perplexity defined."""
    return solved(CONCEPT, "surprise")


@pytest.fixture
def own(solved: Any) -> Any:
    """What the solution of the lab about a model's own text defined."""
    return solved(CONCEPT, "own-text")


@pytest.fixture
def overlap(solved: Any) -> Any:
    """What the solution of the lab about BLEU and ROUGE defined."""
    return solved(CONCEPT, "overlap")


@pytest.mark.feature("S6a")
def test_a_sliding_window_equals_asking_for_every_token_by_itself(surprise: Any) -> None:
    scene = surprise.SCENE[:300]
    for context, stride in [(32, 16), (32, 31), (17, 4), (8, 1)]:
        nats = []
        for begin, first, end in surprise.windows(len(scene), context, stride):
            for i in range(first, end):
                nats.append(surprise.surprises(scene[begin : i + 1])[-1])
        assert len(nats) == len(scene) - 1
        want = math.exp(sum(nats) / len(nats))
        assert surprise.sliding(scene, context, stride) == approx(want, rel=1e-12)  # same sums


@pytest.mark.feature("S6a")
def test_a_stride_of_one_gives_every_token_all_the_context_there_is(surprise: Any) -> None:
    scene, context = surprise.SCENE[:200], 24
    nats = [surprise.surprises(scene[max(0, i + 1 - context) : i + 1])[-1] for i in range(1, 200)]
    want = math.exp(sum(nats) / len(nats))
    assert surprise.sliding(scene, context, 1) == approx(want, rel=1e-12)


@pytest.mark.feature("S6a")
def test_windows_over_a_transformer_equal_its_logits_token_by_token(surprise: Any) -> None:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    config = GPT2Config(vocab_size=50, n_positions=16, n_embd=32, n_layer=2, n_head=2)
    model = GPT2LMHeadModel(config).eval()
    ids = torch.randint(50, (70,))

    def nats_of(window: torch.Tensor) -> torch.Tensor:
        logs = model(window[None]).logits[0].log_softmax(-1).double()
        return -logs[:-1].gather(1, window[1:, None])[:, 0]

    with torch.no_grad():
        for stride in (15, 8, 3):
            fast, slow, published = [], [], 0.0
            for begin, first, end in surprise.windows(70, 16, stride):
                fast += nats_of(ids[begin:end])[first - begin - 1 :].tolist()
                slow += [nats_of(ids[begin : i + 1])[-1].item() for i in range(first, end)]
                # The published loop: hide what was scored, and undo the mean over what was not.
                labels = ids[begin:end].clone()
                labels[: first - begin] = -100
                loss = model(ids[None, begin:end], labels=labels[None]).loss
                published += loss.item() * (end - first)
            assert len(fast) == 69
            assert fast == approx(slow, abs=1e-5)  # float32 attention over other lengths
            assert surprise.perplexity(fast) == approx(math.exp(published / 69), rel=1e-5)


def test_more_context_lowers_the_perplexity_of_a_model_that_uses_it(surprise: Any) -> None:
    scores = [surprise.sliding(surprise.SCENE, 32, stride) for stride in (31, 16, 8, 4, 1)]
    assert all(a > b for a, b in itertools.pairwise(scores))
    assert scores[-1] > surprise.perplexity(surprise.BY_WORD)


@pytest.mark.feature("S6a")
def test_bits_per_byte_rank_models_that_perplexity_ranks_the_other_way(surprise: Any) -> None:
    text = "".join(surprise.SCENE)
    by_word = surprise.bits_per_byte(surprise.BY_WORD, "".join(surprise.SCENE[1:]))
    by_character = surprise.bits_per_byte(surprise.BY_CHARACTER, text[2:])
    assert by_word < by_character
    assert surprise.perplexity(surprise.BY_WORD) > 10 * surprise.perplexity(surprise.BY_CHARACTER)


def test_the_words_chances_sum_to_at_most_one(surprise: Any) -> None:
    before = surprise.SCENE[:20]
    known = sum(math.exp(-surprise.surprises([*before, word])[-1]) for word in surprise.OFTEN)
    assert 0.9 < known < 1  # what is left is for words that must be spelled


def test_the_labs_perplexity_is_the_packages(surprise: Any) -> None:
    nats = surprise.BY_WORD
    value, low, high = perplexity_interval(
        [sum(nats[i : i + 100]) for i in range(0, 1900, 100)], [100] * 19
    )
    assert surprise.perplexity(nats[:1900]) == approx(value, rel=1e-9)  # order of addition
    assert low < value < high


@pytest.mark.feature("S6a")
def test_on_its_own_text_the_worst_model_looks_best_and_on_one_text_it_does_not(own: Any) -> None:
    mistaken = list(own.on_own_text(own.MODELS, 3000, 0).values())
    repaired = list(own.on_one_text(own.MODELS, own.HELD_OUT).values())
    assert mistaken == sorted(mistaken, reverse=True)  # "full" first, two bits last
    assert repaired == sorted(repaired)
    assert mistaken[0] / mistaken[-1] > 2  # the tutorial's "twice as good", and more
    assert repaired[-1] / repaired[0] > 10


@pytest.mark.feature("S6a")
def test_the_surprise_at_ones_own_text_is_ones_entropy(own: Any) -> None:
    model = own.MODELS["3 bits"]
    text = own.write(model, 20_000, 5)
    rows = model[text[:-2], text[1:-1]]
    entropy = -(rows * np.log(rows)).sum(-1).mean()
    # 20,000 draws whose surprises spread by some 1.4 nats: three standard errors
    assert math.log(own.perplexity(model, text)) == approx(entropy, abs=0.03)


def test_divergence_is_scipys_and_grows_as_bits_go(own: Any) -> None:
    from scipy.stats import entropy

    ids, full = own.HELD_OUT[:500], own.MODELS["full"]
    for name in ("8 bits", "2 bits"):
        model = own.MODELS[name]
        want = entropy(full[ids[:-2], ids[1:-1]], model[ids[:-2], ids[1:-1]], axis=1).mean()
        assert own.divergence(full, model, ids) == approx(want, rel=1e-9)
    values = [own.divergence(full, model, ids) for model in own.MODELS.values()]
    assert values == sorted(values)


def _noisy(words: list[str], rng: random.Random) -> list[str]:
    """A sentence with some words dropped, doubled or changed."""
    out: list[str] = []
    for word in words:
        luck = rng.random()
        out += (
            []
            if luck < 0.08
            else [word, word]
            if luck < 0.14
            else ["thing"]
            if luck < 0.22
            else [word]
        )
    return out


@pytest.mark.feature("S6a")
def test_bleu_equals_nltks_on_sentences_and_on_corpora(overlap: Any, surprise: Any) -> None:
    from nltk.translate.bleu_score import corpus_bleu, sentence_bleu

    rng = random.Random(3)
    lines = [line.split() for line in surprise.HELD_OUT.splitlines() if len(line.split()) > 7][:60]
    candidates = [_noisy(line, rng) for line in lines]
    references = [[line, _noisy(line, rng)] if i % 2 else [line] for i, line in enumerate(lines)]
    assert min(map(len, candidates)) >= 4  # a shorter one counts as one run more in theirs
    ours = overlap.bleu(candidates, references)
    assert ours == approx(corpus_bleu(references, candidates), abs=1e-12)
    assert 0.3 < ours < 0.9
    compared = 0
    for candidate, known in zip(candidates, references, strict=True):
        mine = overlap.bleu([candidate], [known])
        if mine:  # theirs gives a run that never matches a tiny share and a warning
            assert mine == approx(sentence_bleu(known, candidate), abs=1e-12)
            compared += 1
    assert compared > 30


@pytest.mark.feature("S6a")
def test_bleu_rouge_and_chrf_prefer_a_false_sentence_to_a_right_paraphrase(overlap: Any) -> None:
    truth = overlap.words(overlap.WARNING)
    wrong, right, _ = overlap.ANSWERS
    a, b = overlap.words(wrong), overlap.words(right)
    assert overlap.bleu([a], [[truth]]) > 0.7
    assert overlap.bleu([b], [[truth]]) == 0
    assert overlap.rouge_n(a, truth, 1)[2] > overlap.rouge_n(b, truth, 1)[2]
    assert overlap.rouge_l(a, truth)[2] > overlap.rouge_l(b, truth)[2]
    assert overlap.chrf(wrong, overlap.WARNING) > overlap.chrf(right, overlap.WARNING)


@pytest.mark.feature("S6a")
def test_rouge_of_a_worked_pair(overlap: Any) -> None:
    a = overlap.words("police killed the gunman")
    b = overlap.words("police kill the gunman and the dog")
    # shared: police, the, gunman; pairs: the gunman; in order: police the gunman
    assert overlap.rouge_n(a, b, 1) == approx((3 / 4, 3 / 7, 6 / 11), abs=1e-12)
    assert overlap.rouge_n(a, b, 2) == approx((1 / 3, 1 / 6, 2 / 9), abs=1e-12)
    assert overlap.rouge_l(a, b) == approx((3 / 4, 3 / 7, 6 / 11), abs=1e-12)


def test_the_longest_common_subsequence_is_found_by_brute_force_as_well(overlap: Any) -> None:
    rng = random.Random(1)
    for _ in range(40):
        a, b = ([rng.choice("xyz") for _ in range(7)] for _ in range(2))
        pieces = {tuple(s) for n in range(8) for s in itertools.combinations(b, n)}
        best = max(n for n in range(8) for s in itertools.combinations(a, n) if s in pieces)
        assert overlap.common(a, b) == best


def test_chrf_equals_nltks(overlap: Any, course_file: Any) -> None:
    from nltk.translate.chrf_score import sentence_chrf

    claims = course_file(CONCEPT, "claims.py")
    for answer in overlap.ANSWERS:
        theirs = sentence_chrf(overlap.WARNING, answer, beta=2.0)
        assert overlap.chrf(answer, overlap.WARNING) == approx(theirs, abs=1e-12)
        assert claims.chrf(answer, overlap.WARNING) == approx(theirs, abs=1e-12)


SLIPS = [
    ("surprise", [
        ("/ math.log(2) / len(text.encode())", "/ math.log(2) / len(text)", "bits_per_byte", "UTF-8"),
        ("nats += surprises(tokens[begin:end])[first - begin - 1 :]",
         "nats += surprises(tokens[begin:end])", "sliding", "overlap again"),
    ]),
    ("surprise", [
        ("out.append((max(0, end - context), first, end))", "out.append((first, first, end))",
         "windows", "own first token"),
        ("math.exp(sum(nats) / len(nats))", "2 ** (sum(nats) / len(nats))", "perplexity", "nats belong to e"),
    ]),
    ("own-text", [
        ("model[ids[:-2], ids[1:-1], ids[2:]]", "model[ids[1:-1], ids[:-2], ids[2:]]", "perplexity",
         "earlier of the two"),
        ("perplexity(model, write(model, length, seed))",
         "perplexity(model, write(MODELS['full'], length, seed))", "on_own_text", "mix-up"),
        ("(p * np.log(p / q))", "(q * np.log(q / p))", "divergence", "wrong way round"),
    ]),
    ("overlap", [
        ("min(times, max(t[run] for t in theirs))", "times * any(t[run] for t in theirs)", "clipped",
         "at most as often"),
        ("1 - n_reference / n_candidate", "1 - n_candidate / n_reference", "brevity", "upside down"),
        ("best[i][j] = max(best[i - 1][j], best[i][j - 1])", "best[i][j] = 0", "common", "which is not right"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("lab", "slips"), SLIPS)
def test_typical_slips_are_told_why(attempt: Any, lab: str, slips: list[Any]) -> None:
    outcome = attempt(CONCEPT, lab, {right: wrong for right, wrong, _, _ in slips})
    verdicts = {v.task: v for v in outcome.verdicts}
    for _, _, task, told in slips:
        assert not verdicts[task].passed
        assert told in verdicts[task].why
