"""Scores of answers to choose from: our scorer and the Hugging Face backend of lm-eval.

One process, one model object in float32, the same ids. What differs is how often a shared
beginning is read, and where the vocabulary is projected. The last case has little to share.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machine import Ceilings, ceilings
from rounds import Medians, Spent, alternate, medians, spent
from subjects import SEED, base_model
from table import Load, Row, arguments, header, print_rows, tell, version

from practicum.text.tokenizer import ChatTokenizer, load_tokenizer

if TYPE_CHECKING:
    import torch

    from practicum.infer.score.scorer import Scorer

Pair = tuple[list[int], list[int]]
Answers = list[tuple[float, bool]]
WORDS = """
    anchor basket candle desert eagle feather garden hammer island jacket kettle ladder market
    needle orange pencil rabbit saddle tunnel umbrella velvet window yellow zipper bridge cotton
    dragon engine forest glacier harbor insect jungle kitchen lantern mirror
""".split()  # noqa: SIM905 - a list would take thirty-six lines
CHOICES = 4
TOLERANCE = 1e-4  # nats per request; two kernels of float32 differ by half of it on this model
BATCHES = (1, 4, 8)  # of the tuned peer; more sequences only add padding and memory
FORMULA = (
    "bound: 2 FLOP per linear weight and token of the trie of all requests, and 2·V·C per token "
    "that predicts something asked, over the float32 matrix product of the same threads; "
    "attention and softmax count as nothing"
)
LEFT_OUT = (
    "lm-eval's batch_size=auto is not run: on a processor it begins with 64 sequences of the "
    "longest length, whose logits alone take 9 GB here; the tuned peer is the fastest fixed size"
)


@dataclass(frozen=True)
class Case:
    """Requests of one sort, `CHOICES` for each document, and the ratio aimed at."""

    name: str
    pairs: list[Pair]
    goal: float

    @property
    def n_ids(self) -> int:
        """All ids of all requests, shared or not."""
        return sum(len(a) + len(b) for a, b in self.pairs)


# -- requests --------------------------------------------------------------------------------


def question(rng: random.Random) -> tuple[str, list[str], int]:
    """A question, its choices, and which of them is right."""
    words = rng.sample(WORDS, CHOICES)
    text = f"Question: Which word stands first in a dictionary, {', '.join(words)}?\nAnswer:"
    said = [f" It is the word {w}, because of its letters." for w in words]
    return text, said, words.index(min(words))


def shots(rng: random.Random, n: int) -> str:
    """Solved questions to stand in front of another."""
    solved = (question(rng) for _ in range(n))
    return "".join(f"{text}{said[right]}\n\n" for text, said, right in solved)


def chosen(tokenizer: ChatTokenizer, context: str, choices: Sequence[str]) -> list[Pair]:
    """One request for each choice."""
    ids = tokenizer.encode(context)
    return [(ids, tokenizer.encode(c)) for c in choices]


def cases(tokenizer: ChatTokenizer, n_docs: int, n_shots: int) -> list[Case]:
    """The three cases: the same shots for all, other shots for each, and none."""
    rng = random.Random(SEED)
    same = shots(rng, n_shots)
    fixed, other, none = [], [], []
    for i in range(n_docs):
        text, said, _ = question(rng)
        fixed += chosen(tokenizer, same + text, said)
        if i < max(2, n_docs // 2):  # as costly as twice as many with the same shots
            other += chosen(tokenizer, shots(rng, n_shots) + text, said)
    for _ in range(4 * n_docs):
        words = rng.sample(WORDS, CHOICES)  # in front, so that no two questions begin alike
        lettered = ", ".join(
            f"{word} ({letter})" for word, letter in zip(words, "ABCD", strict=True)
        )
        text = f"{lettered.capitalize()}.\nQuestion: Which of these words stands first in a "
        text += "dictionary? Say its letter and nothing else.\nAnswer:"
        none += chosen(tokenizer, text, [" A", " B", " C", " D"])
    return [
        Case(f"{n_shots} fixed shots, answers of some words", fixed, 10.0),
        Case(f"{n_shots} random shots, answers of some words", other, 4.0),
        Case("no shots, answers of one token", none, 0.95),
    ]


# -- the contenders --------------------------------------------------------------------------


def peer(model: Any, tokenizer: Any, **settings: Any) -> Callable[[list[Pair]], Answers]:
    """The harness's own backend around the same model object."""
    from lm_eval.models.huggingface import HFLM

    backend = HFLM(pretrained=model, tokenizer=tokenizer, **settings)

    def answer(pairs: list[Pair]) -> Answers:
        asked = [(("", ""), a, b) for a, b in pairs]
        found: Answers = backend._loglikelihood_tokens(asked, disable_tqdm=True)
        return found

    return answer


def ours(scorer: Scorer) -> Callable[[list[Pair]], Answers]:
    """Our scorer, with the peer's form of an answer."""
    return lambda pairs: [(s.log_prob, s.is_greedy) for s in scorer.score(pairs)]


def tuned(model: Any, tokenizer: Any, case: Case, sizes: Sequence[int]) -> tuple[str, Any]:
    """The peer with its fastest settings for this case, tried on a part of it."""
    part = case.pairs[: 4 * CHOICES]
    timed = []
    for size in sizes:
        answer = peer(model, tokenizer, batch_size=size, softmax_dtype="float32")
        timed.append((spent(lambda a=answer: a(part))[0].cpu_seconds, size, answer))
    _, size, answer = min(timed, key=lambda t: t[:2])
    return f"batch_size={size}, softmax_dtype=float32, logits_cache", answer


# -- the comparison --------------------------------------------------------------------------


def best(answers: Answers) -> list[int]:
    """The likeliest choice of every document."""
    groups = [answers[i : i + CHOICES] for i in range(0, len(answers), CHOICES)]
    return [max(range(CHOICES), key=lambda i, g=group: g[i][0]) for group in groups]  # type: ignore[misc]


def margin(answers: Answers) -> float:
    """How far the likeliest choice of the closest document is ahead, in nats."""
    groups = [sorted(a for a, _ in answers[i : i + CHOICES])
              for i in range(0, len(answers), CHOICES)]  # fmt: skip
    return min(top - second for group in groups for second, top in list(pairwise(group))[-1:])


def exact(model: torch.nn.Module, pairs: Sequence[Pair]) -> list[float]:
    """Log-probabilities computed one by one in float64."""
    import torch

    found = []
    for context, rest in pairs:
        ids = torch.tensor([[*context, *rest][:-1]])
        with torch.inference_mode():
            logits = model(input_ids=ids, logits_to_keep=len(rest)).logits[0].double()
        target = torch.tensor(rest)[:, None]
        found.append(float(logits.log_softmax(-1).gather(1, target).sum()))
    return found


@dataclass
class Bench:
    """The scorer, the model, and the ceilings of this run."""

    model: Any
    tokenizer: Any
    scorer: Scorer
    top: Ceilings
    options: argparse.Namespace

    def rows(self, case: Case, wide: torch.nn.Module) -> list[Row]:
        """The case against the peer as it comes, and against the peer at its best."""
        tell(case.name)
        sizes = BATCHES[::2] if self.options.quick else BATCHES
        title, fastest = tuned(self.model, self.tokenizer, case, sizes)
        default = peer(self.model, self.tokenizer)
        mine = ours(self.scorer)
        mine(case.pairs[:CHOICES])  # the first pass pays for memory and kernel choice
        pairs = alternate(
            lambda: spent(lambda: mine(case.pairs)),
            lambda: [spent(lambda a=a: a(case.pairs)) for a in (default, fastest)],
            self.options.rounds,
        )
        sample = case.pairs[: self.options.exact]
        truth = exact(wide, sample)
        names = ("lm-eval hf as it comes", f"lm-eval hf, {title}")
        return [
            self._row(case, name, [(a, b[i]) for a, b in pairs], truth)
            for i, name in enumerate(names)
        ]

    def _row(self, case: Case, name: str, pairs: list[Any], truth: list[float]) -> Row:
        n = len(case.pairs)
        cpu = medians((n / a.cpu_seconds, n / b.cpu_seconds) for (a, _), (b, _) in pairs)
        (last, mine), (other, theirs) = pairs[-1]
        off = max(abs(a - b) for (a, _), (b, _) in zip(mine, theirs, strict=True))
        same = sum(a == b for a, b in zip(best(mine), best(theirs), strict=True))
        greedy = [g for _, g in mine] == [g for _, g in theirs]
        equal = off <= TOLERANCE and same == n // CHOICES and greedy
        return Row(
            f"{case.name} / {name}", "requests/CPU-s", cpu.ours, cpu.peer,
            version("lm_eval", "transformers"), cpu.ratio, case.goal, equal,
            self._bound(case, [a for (a, _), _ in pairs]),
            self._note(case, cpu, last, other) + f"; log-probabilities differ by at most "
            f"{off:.1e} nats, same choice {same} of {n // CHOICES} (closest decided by "
            f"{margin(mine):.1e}), greedy {'same' if greedy else 'DIFFERENT'}; from float64: ours "
            f"{_far(mine, truth):.1e}, peer {_far(theirs, truth):.1e} (n={len(truth)})",
        )  # fmt: skip

    def _note(self, case: Case, cpu: Medians, last: Spent, other: Spent) -> str:
        n_read, n_asked = self.scorer.n_computed(case.pairs)
        return (
            f"{len(case.pairs)} requests of {case.n_ids / len(case.pairs):.0f} ids: "
            f"{n_read:,} tokens read and {n_asked:,} projected of {case.n_ids:,}; last round "
            f"{last.cpu_seconds:.1f} and {other.cpu_seconds:.1f} CPU-s; {cpu.spread}"
        )

    def _bound(self, case: Case, runs: Sequence[Spent]) -> float:
        """The share of the least arithmetic in what the machine could do in that time."""
        n_read, n_asked = self.scorer.n_computed(case.pairs)
        output = self.model.get_output_embeddings().weight.numel()
        tables = {self.model.get_input_embeddings().weight.data_ptr(),
                  self.model.get_output_embeddings().weight.data_ptr()}  # fmt: skip
        linear = sum(p.numel() for p in self.model.parameters()
                     if p.ndim == 2 and p.data_ptr() not in tables)  # fmt: skip
        flop = 2 * linear * n_read + 2 * output * n_asked
        return float(flop / min(r.seconds for r in runs) / self.top.gemm_fp32_flop_s)


def _far(answers: Answers, truth: Sequence[float]) -> float:
    return max(abs(a - b) for (a, _), b in zip(answers, truth, strict=False))


def measure(options: argparse.Namespace) -> tuple[list[Row], Ceilings]:
    """Every row of this benchmark."""
    from practicum.infer.score.scorer import Scorer
    from practicum.models.load import load_folder, model_folder, threads

    folder = model_folder(base_model(options.home))
    tell("ceilings")
    top = ceilings(options.threads)
    with threads(options.threads):
        model = load_folder(folder, "float32")
        bench = Bench(model, _tokenizer(folder), Scorer(model), top, options)
        wide = load_folder(folder, "float32").double()
        asked = cases(load_tokenizer(folder), options.docs, options.shots)
        return [row for case in asked for row in bench.rows(case, wide)], top


def _tokenizer(folder: Path) -> Any:
    """What the peer's constructor asks for; it is given ids."""
    from transformers import AutoTokenizer

    logging.disable(logging.WARNING)  # the harness warns of a model that is already in memory
    return AutoTokenizer.from_pretrained(str(folder))


def main() -> int:
    parser = arguments("Scores of answers to choose from, beside lm-eval's Hugging Face backend.")
    parser.add_argument("--docs", type=int, help="documents of four choices (12; quick 4)")
    parser.add_argument("--shots", type=int, help="solved questions before each (16; quick 6)")
    parser.add_argument("--rounds", type=int, help="rounds (3; quick 1)")
    parser.add_argument("--exact", type=int, default=4, help="requests compared with float64")
    options = parser.parse_args()
    for name, full, quick in (("docs", 12, 4), ("shots", 16, 6), ("rounds", 3, 1)):
        if getattr(options, name) is None:
            setattr(options, name, quick if options.quick else full)
    load = Load()
    rows, top = measure(options)
    told = header(options.threads, load, [top], [FORMULA, LEFT_OUT])
    return print_rows(rows, options.json, told)


if __name__ == "__main__":
    sys.exit(main())
