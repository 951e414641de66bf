"""The scorecard's measurements: answers right or wrong, text likely or not, speed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from practicum.core.messages import Chat, Conversation, Sampling
from practicum.core.report import Metric
from practicum.core.stage import Work
from practicum.measure.intervals import mean_interval, paired_gain, perplexity_interval, wilson
from practicum.text.answers import is_right, is_right_leniently

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from practicum.infer.score.scorer import Scorer
    from practicum.text.tokenizer import ChatTokenizer

CHUNK = 64  # replies written down together: what a kill can cost
READINGS = ("strict", "lenient")


def answer_tasks(
    work: Work, engine: Chat, chats: Sequence[Conversation], max_tokens: int
) -> list[dict[str, Any]]:
    """Every verifiable question with the reply and whether it is right; resumes after a kill."""
    kept = work.keep / "replies.jsonl"
    samples = _read_kept(kept.read_text("utf-8")) if kept.is_file() else []
    for start in range(len(samples), len(chats), CHUNK):
        batch = chats[start : start + CHUNK]
        done = len(samples)
        heard = [0]

        def hear(n: int, done: int = done, heard: list[int] = heard) -> None:
            heard[0] += n
            work.progress(done + heard[0], len(chats), "answers")

        sampling = Sampling(max_tokens=max_tokens)
        replies = engine.reply([c.prompt for c in batch], sampling, hear)
        new = [
            {
                "task": chat.task,
                "prompt": chat.prompt[-1].content,
                "answer": chat.answer,
                "reply": reply.text,
                "strict": is_right(reply.text, chat.answer or ""),
                "lenient": is_right_leniently(reply.text, chat.answer or ""),
            }
            for chat, reply in zip(batch, replies, strict=True)
        ]
        with kept.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(new, ensure_ascii=False) + "\n")
        samples += new
    return samples


def _read_kept(text: str) -> list[dict[str, Any]]:
    """Chunks written before a kill; a torn last one is answered again."""
    samples: list[dict[str, Any]] = []
    for line in text.splitlines():
        try:
            samples += json.loads(line)
        except json.JSONDecodeError:
            break
    return samples


def accuracy_metrics(samples: Sequence[dict[str, Any]]) -> list[Metric]:
    """Accuracy over all tasks and for each, in both readings, with Wilson intervals."""
    metrics = []
    tasks = sorted({str(s["task"]) for s in samples if s["task"]})  # your own rows name none
    groups = [("", samples)] + [(f".{t}", [s for s in samples if s["task"] == t]) for t in tasks]
    for suffix, group in groups:
        for reading in READINGS:
            right, n = sum(bool(s[reading]) for s in group), len(group)
            name = f"accuracy{suffix}" if reading == "strict" else f"accuracy.lenient{suffix}"
            metrics.append(Metric(name=name, value=right / n, unit="fraction", n=n,
                                  ci95=wilson(right, n), better="higher"))  # fmt: skip
    return metrics


def gain_metrics(
    samples: Sequence[dict[str, Any]], parent: Sequence[dict[str, Any]]
) -> list[Metric]:
    """Paired gain over the parent on the questions both answered, with McNemar's p."""
    before = {str(s["prompt"]): s for s in parent}
    both = [(before[str(s["prompt"])], s) for s in samples if str(s["prompt"]) in before]
    metrics: list[Metric] = []
    for reading in READINGS if both else ():
        gain = paired_gain([bool(b[reading]) for b, _ in both], [bool(a[reading]) for _, a in both])
        suffix = "" if reading == "strict" else ".lenient"
        metrics.append(Metric(name=f"gain{suffix}", value=gain.difference, unit="fraction",
                              n=gain.n, ci95=(gain.low, gain.high), better="higher"))  # fmt: skip
        metrics.append(Metric(name=f"gain{suffix}.p", value=gain.p_value, n=gain.n))
    return metrics


@dataclass(frozen=True)
class TextScores:
    """Per document: nats, tokens, and against a parent: KL in nats and agreeing top tokens."""

    nats: list[float]
    tokens: list[int]
    kl: list[float]
    same_top: list[int]


def score_texts(
    work: Work,
    model: PreTrainedModel,
    tokenizer: ChatTokenizer,
    texts: Sequence[str],
    max_tokens: int,
    parent: PreTrainedModel | None,
) -> TextScores:
    """How likely a model finds texts, and how far it is from its parent on them.

    Units   nats; KL(parent ‖ model) summed over the positions of each document.
    """
    from practicum.infer.score.scorer import Scorer
    from practicum.models.load import threads

    start = [tokenizer.id_of(tokenizer.special["bos_token"])] if tokenizer.adds_bos else []
    cut = ([*start, *tokenizer.encode(text)][:max_tokens] for text in texts)
    documents = [ids for ids in cut if len(ids) > 1]
    scorer, scores = Scorer(model), TextScores([], [len(ids) - 1 for ids in documents], [], [])
    progress = _Count(work, len(documents), "texts", "perplexity and KL")
    with threads(work.threads):
        if parent is None:
            found = scorer.score([(ids[:1], ids[1:]) for ids in documents], progress.hear)
            scores.nats.extend(-s.log_prob for s in found)
        else:
            before = Scorer(parent)
            for ids in documents:
                _compare(scorer, before, ids, scores)
                progress.hear(1)
    return scores


def _compare(scorer: Scorer, before: Scorer, ids: Sequence[int], scores: TextScores) -> None:
    """Add one document's nats, and its KL and agreement with the parent."""
    import torch

    mine, theirs = scorer.distributions(ids), before.distributions(ids)  # (T - 1, V)
    target = torch.tensor(ids[1:])[:, None]
    scores.nats.append(float(-mine.gather(1, target).double().sum()))
    kl = torch.nn.functional.kl_div(mine, theirs, log_target=True, reduction="sum")
    scores.kl.append(float(kl))
    scores.same_top.append(int((mine.argmax(-1) == theirs.argmax(-1)).sum()))


def answer_metrics(
    work: Work,
    model: PreTrainedModel,
    tokenizer: ChatTokenizer,
    chats: Sequence[Conversation],
    seed: int,
) -> list[Metric]:
    """How likely the model finds the answers of held-out chats that cannot be verified:
    perplexity over the assistant's tokens, with a bootstrap interval over chats."""
    from practicum.infer.score.scorer import Scorer
    from practicum.models.load import threads

    scorer = Scorer(model)
    owners, spans = [], []
    for owner, chat in enumerate(chats):
        ids, mine = tokenizer.encode_chat(chat.messages)
        for first, after in _runs(mine, scorer.max_length):
            owners.append(owner)
            spans.append((ids[:first], ids[first:after]))
    progress = _Count(work, len(spans), "answers", "answers' perplexity")
    with threads(work.threads):
        found = scorer.score(spans, progress.hear)
    nats, tokens = [0.0] * len(chats), [0] * len(chats)
    for owner, scored in zip(owners, found, strict=True):
        nats[owner] -= scored.log_prob
        tokens[owner] += len(scored.per_token)
    value, low, high = perplexity_interval(nats, tokens, seed)
    return [
        Metric(
            name="answer_perplexity", value=value, n=sum(tokens), ci95=(low, high), better="lower"
        )
    ]


def _runs(flags: Sequence[bool], longest: int) -> Iterator[tuple[int, int]]:
    """Where the flags are set: (first, one behind the last) of each run, long ones in parts."""
    start = 0
    for flag, run in groupby(flags):
        end = start + len(list(run))
        if flag:
            yield from ((i, min(i + longest, end)) for i in range(start, end, longest))
        start = end


class _Count:
    """Progress of work that tells how many more are finished."""

    def __init__(self, work: Work, total: int, unit: str, note: str) -> None:
        self.work, self.total, self.unit, self.note, self.done = work, total, unit, note, 0

    def hear(self, n: int) -> None:
        """Pass on that n more are finished."""
        self.done += n
        self.work.progress(self.done, self.total, self.unit, self.note)


def text_metrics(scores: TextScores, seed: int) -> list[Metric]:
    """Perplexity with a bootstrap interval over documents; KL and agreement when compared."""
    n = sum(scores.tokens)
    value, low, high = perplexity_interval(scores.nats, scores.tokens, seed)
    metrics = [Metric(name="perplexity", value=value, n=n, ci95=(low, high), better="lower")]
    if scores.kl:
        per_token = [k / t for k, t in zip(scores.kl, scores.tokens, strict=True)]
        mean, low, high = mean_interval(per_token)
        known = (low, high) if len(per_token) > 1 else None
        same = sum(scores.same_top)
        metrics += [
            Metric(name="kl", value=mean, unit="nats/token", n=n, ci95=known, better="lower"),
            Metric(name="same_top1", value=same / n, unit="fraction", n=n, ci95=wilson(same, n),
                   better="higher"),
        ]  # fmt: skip
    return metrics
