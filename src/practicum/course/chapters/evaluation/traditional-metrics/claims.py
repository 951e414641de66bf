"""The numbers of the lesson on traditional metrics, recomputed."""

import functools
import math
import re
from collections import Counter
from importlib import resources

import numpy as np

_PIECE = r" ?\w+|[^\w]"  # words keep the space before them, so that nothing of a text is lost
_CONTEXT, _SCORED = 32, 4000
_DISCOUNT, _CACHE = 0.75, 0.1
_NEW = "<new>"


@functools.cache
def _halves() -> tuple[str, str]:
    """The shipped text: nine tenths to count, one to hold out, cut between two speeches."""
    corpus = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt")
    text = corpus.read_text(encoding="utf-8")
    cut = text.index("\n\n", int(0.9 * len(text))) + 2
    return text[:cut], text[cut:]


# By hand.


def hand_product() -> float:
    """What a model gave four tokens, multiplied."""
    return 0.5 * 0.25 * 0.125 * 0.25


def hand_nats() -> float:
    """The same, as surprise in nats."""
    return -math.log(hand_product())


def hand_perplexity() -> float:
    """The inverse of the geometric mean of 1/2, 1/4, 1/8 and 1/4."""
    return math.exp(hand_nats() / 4)


def hand_two_pieces() -> float:
    """The same text and the same total, cut into two tokens instead of four."""
    return math.exp(hand_nats() / 2)


def hand_bits_per_byte() -> float:
    """Eight bits over the sixteen bytes of the text, whatever the pieces."""
    return hand_nats() / math.log(2) / 16


# Two models with different pieces.


@functools.cache
def _words() -> tuple[Counter, Counter, Counter, Counter]:
    """Counts of pieces, of pairs, of different followers, and of the letters of rare words."""
    pieces = re.findall(_PIECE, _halves()[0])
    often = {w for w, n in Counter(pieces).items() if n > 1}
    letters = Counter("".join(w + "\0" for w in pieces if w not in often))
    pieces = [w if w in often else _NEW for w in pieces]
    pairs = Counter(zip(pieces, pieces[1:], strict=False))
    return Counter(pieces), pairs, Counter(a for a, _ in pairs), letters


@functools.cache
def _word_probability(before: str, word: str) -> float:
    """Of a word after another; a word of no count is announced as new and then spelled."""
    single, pairs, followers, letters = _words()
    a = before if before in single else _NEW
    b = word if word in single else _NEW
    back = _DISCOUNT * followers[a] * single[b] / single.total()
    p = (max(pairs[a, b] - _DISCOUNT, 0) + back) / single[a]
    if b == _NEW:
        p *= math.prod((letters[c] + 1) / (letters.total() + 100) for c in word + "\0")
    return p


def word_surprises(window: list[str]) -> list[float]:
    """Nats of every piece after the first; a tenth of the belief goes to what the window holds."""
    seen, out = Counter(window[:1]), []
    for i in range(1, len(window)):
        p = _word_probability(window[i - 1], window[i])
        out.append(-math.log((1 - _CACHE) * p + _CACHE * seen[window[i]] / i))
        seen[window[i]] += 1
    return out


@functools.cache
def _pieces() -> list[str]:
    return re.findall(_PIECE, _halves()[1])[:_SCORED]


@functools.cache
def _character_surprises() -> list[float]:
    """Of every character after the second of the same text, from counts of three."""
    counted, text = _halves()[0], "".join(_pieces())
    one, two = Counter(counted), Counter(zip(counted, counted[1:], strict=False))
    three = Counter(zip(counted, counted[1:], counted[2:], strict=False))
    out = []
    for a, b, c in zip(text, text[1:], text[2:], strict=False):
        shorter = (two[b, c] + 0.1) / (one[b] + 0.1 * len(one))
        out.append(-math.log((three[a, b, c] + 5 * shorter) / (two[a, b] + 5)))
    return out


def character_perplexity() -> float:
    """Per character, on the held-out text."""
    return math.exp(np.mean(_character_surprises()))


def character_bits() -> float:
    """Bits per byte of the same."""
    n_bytes = len("".join(_pieces())[2:].encode())
    return sum(_character_surprises()) / math.log(2) / n_bytes


def word_perplexity() -> float:
    """Per piece, with everything before it as context."""
    return math.exp(np.mean(word_surprises(_pieces())))


def word_bits() -> float:
    """Bits per byte of the same."""
    n_bytes = len("".join(_pieces()[1:]).encode())
    return sum(word_surprises(_pieces())) / math.log(2) / n_bytes


def regrouped(length: int) -> tuple[float, float]:
    """Perplexity and bits per byte of the character model, its characters taken so many at once."""
    nats = _character_surprises()
    total = sum(nats)
    n_bytes = len("".join(_pieces())[2:].encode())
    return math.exp(total * length / len(nats)), total / math.log(2) / n_bytes


def three_at_once() -> float:
    """The very same predictions, read as tokens of three characters."""
    return regrouped(3)[0]


# Windows.


def windows(n_tokens: int, context: int, stride: int) -> list[tuple[int, int, int]]:
    """(begin, first, end): read tokens begin to end, score those from first on, each token once."""
    out = [(0, 1, min(context, n_tokens))]
    while out[-1][2] < n_tokens:
        first = out[-1][2]
        end = min(first + stride, n_tokens)
        out.append((max(0, end - context), first, end))
    return out


@functools.cache
def windowed(stride: int) -> tuple[float, int]:
    """Perplexity of the held-out pieces at a context of 32 tokens, and how many were read."""
    nats, n_read = 0.0, 0
    for begin, first, end in windows(_SCORED, _CONTEXT, stride):
        nats += sum(word_surprises(_pieces()[begin:end])[first - begin - 1 :])
        n_read += end - begin
    return math.exp(nats / (_SCORED - 1)), n_read


def chunks() -> float:
    """No more overlap than the one token that the next needs."""
    return windowed(_CONTEXT - 1)[0]


def half_stride() -> float:
    """Half a window at a time."""
    return windowed(_CONTEXT // 2)[0]


def each_token() -> float:
    """One token at a time."""
    return windowed(1)[0]


def half_cost() -> float:
    """How many times more is read at half a window than in chunks."""
    return windowed(_CONTEXT // 2)[1] / windowed(_CONTEXT - 1)[1]


def each_cost() -> float:
    """How many times more is read for one token at a time than in chunks."""
    return windowed(1)[1] / windowed(_CONTEXT - 1)[1]


# On one's own text.


@functools.cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    """The chances of a character after two others (counted), and the held-out characters."""
    counted, held = _halves()
    place = {c: i for i, c in enumerate(sorted(set(counted + held)))}
    n = len(place)
    ids, held_ids = (np.array([place[c] for c in part]) for part in (counted, held))
    two, three = np.zeros((n, n)), np.zeros((n, n, n))
    np.add.at(two, (ids[:-1], ids[1:]), 1)
    np.add.at(three, (ids[:-2], ids[1:-1], ids[2:]), 1)
    shorter = (two + 0.1) / (two + 0.1).sum(-1, keepdims=True)
    chances = (three + 5 * shorter) / (three.sum(-1, keepdims=True) + 5)
    return chances, held_ids


@functools.cache
def _model(bits: int) -> np.ndarray:
    """The table rounded to whole steps, row by row (absmax); 0 bits: not rounded.

    A thousandth of the belief goes to all characters alike, so that none is impossible.
    """
    chances = _table()[0]
    if bits:
        step = chances.max(-1, keepdims=True) / (2 ** (bits - 1) - 1)
        chances = np.round(chances / step) * step
    chances = chances / chances.sum(-1, keepdims=True)
    return 0.999 * chances + 0.001 / len(chances)


def _perplexity(model: np.ndarray, ids: np.ndarray) -> float:
    return float(np.exp(-np.log(model[ids[:-2], ids[1:-1], ids[2:]]).mean()))


@functools.cache
def _written(bits: int) -> np.ndarray:
    """Three thousand characters that a model writes."""
    rng, model = np.random.default_rng(0), _model(bits).cumsum(-1)
    out = [0, 0]  # an empty line, after which somebody speaks
    for u in rng.random(3000):
        row = model[out[-2], out[-1]]
        out.append(min(int(np.searchsorted(row, u * row[-1])), len(row) - 1))
    return np.array(out)


def own_text(bits: int) -> float:
    """Perplexity of a model on what it wrote itself."""
    return _perplexity(_model(bits), _written(bits))


def held_out(bits: int) -> float:
    """Perplexity of a model on text that a person wrote and no model has seen."""
    return _perplexity(_model(bits), _table()[1])


def own_full() -> float:
    """The unrounded model on its own text."""
    return own_text(0)


def own_two() -> float:
    """The two-bit model on its own text."""
    return own_text(2)


def held_full() -> float:
    """The unrounded model on held-out text."""
    return held_out(0)


def held_two() -> float:
    """The two-bit model on held-out text."""
    return held_out(2)


# Overlap of words.

_RIVER = ("the river rose at night and took the bridge",
          "the river rose in the night and took the bridge")  # fmt: skip
_CANDIDATE, _REFERENCE = (sentence.split() for sentence in _RIVER)
WARNING = "the treatment is not safe for children under two years of age"
WRONG = "the treatment is safe for children under two years of age"
RIGHT = "do not give this treatment to anyone younger than two"


def grams(tokens: list[str] | str, n: int) -> Counter:
    """How often each run of n tokens (or characters) comes."""
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def _hits(candidate: list[str], reference: list[str], n: int) -> int:
    return (grams(candidate, n) & grams(reference, n)).total()


def brevity(n_candidate: int, n_reference: int) -> float:
    """BLEU's penalty for saying less than the reference."""
    return 1.0 if n_candidate >= n_reference else math.exp(1 - n_reference / n_candidate)


def bleu(candidate: list[str], reference: list[str]) -> float:
    """Of one sentence and one reference, without smoothing."""
    shares = [_hits(candidate, reference, n) / (len(candidate) - n + 1) for n in (1, 2, 3, 4)]
    return brevity(len(candidate), len(reference)) * math.prod(shares) ** 0.25


def rouge(candidate: list[str], reference: list[str], n: int) -> float:
    """The F score of shared runs of n words."""
    hits = _hits(candidate, reference, n)
    return 2 * hits / (grams(candidate, n).total() + grams(reference, n).total())


def common(candidate: list[str], reference: list[str]) -> int:
    """The length of the longest subsequence that both share."""
    row = [0] * (len(reference) + 1)
    for a in candidate:
        before = row
        row = [0]
        for j, b in enumerate(reference, 1):
            row.append(before[j - 1] + 1 if a == b else max(before[j], row[j - 1]))
    return row[-1]


def rouge_l(candidate: list[str], reference: list[str]) -> float:
    """The F score of the longest common subsequence."""
    return 2 * common(candidate, reference) / (len(candidate) + len(reference))


def chrf(candidate: str, reference: str) -> float:
    """Runs of one to six characters without spaces; recall counts twice as much as precision."""
    a, b = candidate.replace(" ", ""), reference.replace(" ", "")
    scores = []
    for n in range(1, 7):
        hits = (grams(a, n) & grams(b, n)).total()
        p, r = hits / max(1, grams(a, n).total()), hits / max(1, grams(b, n).total())
        scores.append(5 * p * r / (4 * p + r) if hits else 0.0)
    return sum(scores) / 6


def precision_1() -> str:
    """Shared words, as a fraction of the candidate's."""
    return f"{_hits(_CANDIDATE, _REFERENCE, 1)}/{len(_CANDIDATE)}"


def precision_2() -> str:
    """Shared pairs."""
    return f"{_hits(_CANDIDATE, _REFERENCE, 2)}/{len(_CANDIDATE) - 1}"


def precision_3() -> str:
    """Shared runs of three."""
    return f"{_hits(_CANDIDATE, _REFERENCE, 3)}/{len(_CANDIDATE) - 2}"


def precision_4() -> str:
    """Shared runs of four."""
    return f"{_hits(_CANDIDATE, _REFERENCE, 4)}/{len(_CANDIDATE) - 3}"


def penalty() -> float:
    """Nine words where the reference has ten."""
    return brevity(len(_CANDIDATE), len(_REFERENCE))


def river_bleu() -> float:
    """The whole score."""
    return bleu(_CANDIDATE, _REFERENCE)


def stuttered() -> float:
    """The share of "the the the the" that the reference's three pay for, clipped."""
    return _hits(["the"] * 4, _REFERENCE, 1) / 4


def river_rouge_1() -> float:
    """F of shared words."""
    return rouge(_CANDIDATE, _REFERENCE, 1)


def river_rouge_2() -> float:
    """F of shared pairs."""
    return rouge(_CANDIDATE, _REFERENCE, 2)


def river_common() -> int:
    """The longest common subsequence, in words."""
    return common(_CANDIDATE, _REFERENCE)


def river_rouge_l() -> float:
    """F of it."""
    return rouge_l(_CANDIDATE, _REFERENCE)


def wrong_bleu() -> float:
    """Without its "not"."""
    return bleu(WRONG.split(), WARNING.split())


def right_bleu() -> float:
    """The paraphrase."""
    return bleu(RIGHT.split(), WARNING.split())


def wrong_rouge() -> float:
    """ROUGE-L of the sentence without its "not"."""
    return rouge_l(WRONG.split(), WARNING.split())


def right_rouge() -> float:
    """ROUGE-L of the paraphrase."""
    return rouge_l(RIGHT.split(), WARNING.split())


def wrong_chrf() -> float:
    """chrF of the sentence without its "not"."""
    return chrf(WRONG, WARNING)


def right_chrf() -> float:
    """chrF of the paraphrase."""
    return chrf(RIGHT, WARNING)


def colour_words() -> float:
    """Shared words of "coloured bridges" and "colourful bridge"."""
    return float(_hits(["coloured", "bridges"], ["colourful", "bridge"], 1))


def colour_chrf() -> float:
    """Their chrF."""
    return chrf("coloured bridges", "colourful bridge")
