"""The numbers of the lesson on general benchmarks, recomputed."""

import functools
import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np

from practicum.learn.lessons.claims import Near
from practicum.measure.intervals import paired_gain, wilson

_LABS = Path(__file__).parent / "labs"
_MMLU_QUESTIONS = 14_042
_N_RANDOM = 60  # models of random weights


# By hand: three answers to "When do owls hunt?", scored by likelihood.

_CHOICES = {"at night": -6.0, "in the early morning": -11.0, "τη νύχτα": -6.5}


def _per(length: Callable[[str], int], choice: str) -> float:
    return _CHOICES[choice] / length(choice)


def short_each() -> float:
    """Nats per character of "at night"."""
    return _per(len, "at night")


def long_each() -> float:
    """Nats per character of "in the early morning"."""
    return _per(len, "in the early morning")


def greek_each() -> float:
    """Nats per character of the Greek answer."""
    return _per(len, "τη νύχτα")


def greek_bytes() -> float:
    """Nats per byte of the Greek answer."""
    return _per(lambda text: len(text.encode()), "τη νύχτα")


# The hook: two boards, one month.


def llama_gap() -> float:
    """Points between two gradings of one model."""
    return 63.7 - 48.8


# Ignorant models.


@functools.cache
def _packs() -> dict[str, list[dict]]:
    """The small packs of the first lab."""
    return {name: [json.loads(line) for line in
                   (_LABS / "by-likelihood" / f"{name}.jsonl").read_text("utf-8").splitlines()]
            for name in ("arc", "hellaswag")}  # fmt: skip


@functools.cache
def picked(by: str) -> tuple[float, float]:
    """How often models of random weights pick the shortest choice, and how often the right one.

    Sixty models, each a drawn table of byte after byte, on the packs shaped like ARC and
    HellaSwag; `by` is raw or characters.
    """
    items = [item for pack in _packs().values() for item in pack]
    shortest = right = 0
    for seed in range(_N_RANDOM):
        weights = np.random.default_rng(seed).normal(0, 1.5, (256, 256))
        logs = weights - np.log(np.exp(weights).sum(1, keepdims=True))
        for item in items:
            told = []
            for choice in item["choices"]:
                data = np.frombuffer((": " + choice).encode(), dtype=np.uint8)
                size = len(choice) if by == "characters" else 1
                told.append(logs[data[:-1], data[1:]][1:].sum() / size)
            sizes = [len(choice) for choice in item["choices"]]
            best = int(np.argmax(told))
            shortest += best == int(np.argmin(sizes))
            right += best == item["answer"]
    n = _N_RANDOM * len(items)
    return shortest / n, right / n


def shortest_raw() -> Near:
    """The share of picks that are the shortest, by raw likelihood."""
    return Near(picked("raw")[0], 0.005)


def shortest_characters() -> Near:
    """The same by characters."""
    return Near(picked("characters")[0], 0.005)


def right_raw() -> Near:
    """Their score, raw."""
    return Near(picked("raw")[1], 0.005)


def right_characters() -> Near:
    """Their score by characters."""
    return Near(picked("characters")[1], 0.005)


def coin_low() -> float:
    """The interval of 6 of 24."""
    return wilson(6, 24)[0]


def coin_high() -> float:
    """Its upper end."""
    return wilson(6, 24)[1]


def above_chance() -> int:
    """The fewest right answers of 100 whose interval excludes a quarter."""
    return next(k for k in range(25, 101) if wilson(k, 100)[0] > 0.25)


# Contamination.


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text.casefold())


def lay_out(question: str) -> str:
    """The prompt of a question."""
    return f"Question: {question}\nAnswer:"


@functools.cache
def _corpus() -> str:
    path = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt")
    return path.read_text(encoding="utf-8")


def _counted(text: str, longest: int = 5) -> Callable[[list[str], str], float]:
    """A model of counted runs, smoothed by Witten and Bell: P(word | words before)."""
    tokens = _words(text)
    table: dict[tuple[str, ...], Counter] = {}
    for n in range(longest):
        for i in range(n, len(tokens)):
            table.setdefault(tuple(tokens[i - n : i]), Counter())[tokens[i]] += 1
    told = {run: (seen, seen.total(), len(seen)) for run, seen in table.items()}

    def model(context: list[str], word: str) -> float:
        p = 1e-5
        for n in range(longest):
            known = told.get(tuple(context[len(context) - n :]))
            if known is None:
                break
            seen, total, different = known
            p = (seen[word] + different * p) / (total + different)
        return p

    return model


@functools.cache
def _items() -> list[dict]:
    path = _LABS / "seen-the-test" / "matching.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@functools.cache
def _students() -> dict[str, Callable[[list[str], str], float]]:
    """Three models: of literature, of literature and the exam, of literature and a textbook."""
    literature = _corpus()[:60_000]
    exam = "\n".join(f"{lay_out(i['question'])} {i['choices'][i['answer']]}" for i in _items())
    notes = [_words(item["textbook"]) for item in _items()]
    spread = Counter(w for note in notes for w in set(note))
    base = _counted(literature + "\n" + "\n".join(item["textbook"] for item in _items()))

    def reader(context: list[str], word: str) -> float:
        asked, total, found = set(context), 0.0, 0.0
        for note in notes:
            weight = math.exp(2 * sum(math.log(len(notes) / spread[w]) for w in asked & set(note)))
            total, found = total + weight, found + weight * note.count(word) / len(note)
        return 0.5 * base(context, word) + 0.5 * found / total

    return {"literate": _counted(literature), "crammer": _counted(literature + "\n" + exam),
            "reader": reader}  # fmt: skip


@functools.cache
def marks(who: str, wording: str, layout: Callable[[str], str] = lay_out) -> tuple[bool, ...]:
    """Right or wrong on each question, in a wording ("question" or "reworded") and a layout."""
    told = []
    for item in _items():
        context = _words(layout(item[wording]))
        chances = [_students()[who](context, choice) for choice in item["choices"]]
        told.append(chances.index(max(chances)) == item["answer"])
    return tuple(told)


def n_items() -> int:
    """Questions of the exam."""
    return len(_items())


def literate_hits() -> int:
    """The literate model's right answers."""
    return sum(marks("literate", "question"))


def crammer_hits() -> int:
    """The crammer's, as published."""
    return sum(marks("crammer", "question"))


def crammer_reworded() -> int:
    """The crammer's, reworded."""
    return sum(marks("crammer", "reworded"))


def reader_hits() -> int:
    """The reader's, as published."""
    return sum(marks("reader", "question"))


def reader_reworded() -> int:
    """The reader's, reworded."""
    return sum(marks("reader", "reworded"))


def crammer_p() -> float:
    """Of the crammer's loss by rewording, in millionths."""
    gain = paired_gain(marks("crammer", "question"), marks("crammer", "reworded"))
    return 1e6 * gain.p_value


def _as_q_and_a(question: str) -> str:
    return f"Q: {question}\nA:"


def crammer_other_layout() -> int:
    """The crammer's right answers when the prompt says Q: and A:."""
    return sum(marks("crammer", "question", _as_q_and_a))


def reader_other_layout() -> int:
    """The reader's, likewise."""
    return sum(marks("reader", "question", _as_q_and_a))


# Evaluation rows out of the training rows.


@functools.cache
def surprises(longest: int) -> tuple[float, float]:
    """Nats per word on 20 rows that were trained on, and on 20 held out; runs up to a length."""
    speeches = [s.partition("\n")[2] for s in _corpus()[:60_000].split("\n\n") if len(s) > 60]
    rows = list(dict.fromkeys(speeches))
    random.Random(0).shuffle(rows)
    mistaken, honest = rows, rows[20:]
    out = []
    for training in (mistaken, honest):
        model, nats = _counted("\n".join(training), longest), []
        for row in rows[:20]:
            words = _words(row)
            nats += [-math.log(model(words[:i], words[i])) for i in range(len(words))]
        out.append(sum(nats) / len(nats))
    return out[0], out[1]


def inside_five() -> float:
    """Nats per word on trained rows, runs of five."""
    return surprises(5)[0]


def outside_five() -> float:
    """Nats per word on the same rows, when they were held out."""
    return surprises(5)[1]


def outside_two() -> float:
    """Nats per word on the same rows held out, runs of two."""
    return surprises(2)[1]


# Leaderboards.


@functools.cache
def luckiest(n_models: int, n_questions: int) -> float:
    """The expected score of the best of equals that all get 60 % right in the long run; exact."""
    logs = [math.lgamma(n_questions + 1) - math.lgamma(k + 1) - math.lgamma(n_questions - k + 1)
            + k * math.log(0.6) + (n_questions - k) * math.log(0.4)
            for k in range(n_questions + 1)]  # fmt: skip
    at_most = np.minimum(np.cumsum(np.exp(logs)), 1.0)
    return float((1 - at_most**n_models)[:-1].sum() / n_questions)


def luckiest_hundred() -> float:
    """The best of twenty on a hundred questions."""
    return luckiest(20, 100)


def luckiest_thousand() -> float:
    """The best of twenty on a thousand."""
    return luckiest(20, 1000)


def luckiest_mmlu() -> float:
    """The best of twenty on as many questions as MMLU has."""
    return luckiest(20, _MMLU_QUESTIONS)


def _board(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Skills of twenty models, and their answers to 400 shared questions."""
    rng = np.random.default_rng(seed)
    skills, difficulty = rng.normal(0.5, 0.3, 20), rng.normal(0, 2.5, 400)
    return skills, rng.random((20, 400)) < 1 / (1 + np.exp(difficulty - skills[:, None]))


def winner_is_best() -> Near:
    """The share of 400 simulated boards on which the model on top is truly the best."""
    boards = [_board(seed) for seed in range(400)]
    return Near(float(np.mean([s.argmax() == a.sum(1).argmax() for s, a in boards])), 0.01)


@functools.cache
def rivals() -> dict[str, tuple[float, float, float]]:
    """Of one board: the leader's lead over the fifth, with both intervals, in points."""
    _, answers = _board(20)
    order = np.argsort(-answers.sum(1), kind="stable")
    first, fifth = answers[order[0]], answers[order[4]]
    p, q = float(fifth.mean()), float(first.mean())
    half = 1.959964 * math.sqrt((p * (1 - p) + q * (1 - q)) / 400)
    gain = paired_gain(fifth.tolist(), first.tolist())
    return {"as strangers": (100 * (q - p), 100 * (q - p - half), 100 * (q - p + half)),
            "paired": (100 * gain.difference, 100 * gain.low, 100 * gain.high)}  # fmt: skip


def lead() -> float:
    """The leader's lead over the fifth, in points."""
    return rivals()["paired"][0]


def strangers_low() -> float:
    """The low end of its interval as strangers."""
    return rivals()["as strangers"][1]


def strangers_high() -> float:
    """The high end."""
    return rivals()["as strangers"][2]


def paired_low() -> float:
    """The low end of its paired interval."""
    return rivals()["paired"][1]


def paired_high() -> float:
    """The high end."""
    return rivals()["paired"][2]


def false_alarm() -> float:
    """The chance of at least one false alarm in nineteen tests at 0.05."""
    return 1 - 0.95**19
