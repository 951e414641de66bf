"""The scorecard's measurements: answers right or wrong, text likely or not, speed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from practicum.core.artifact import Artifact
from practicum.core.messages import Chat, Conversation, Sampling
from practicum.core.report import Metric
from practicum.core.stage import Work
from practicum.measure.intervals import mean_interval, paired_gain, perplexity_interval, wilson
from practicum.text.answers import is_right, is_right_leniently
from practicum.text.pack import Example, pack

if TYPE_CHECKING:
    from transformers import PreTrainedModel

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
    tasks = sorted({str(s["task"]) for s in samples})
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
    import torch

    from practicum.infer.torch_engine import TorchEngine
    from practicum.models.load import threads

    scores = TextScores([], [], [], [])
    mine, theirs = TorchEngine(model, tokenizer), TorchEngine(parent or model, tokenizer)
    start = [tokenizer.id_of(tokenizer.special["bos_token"])] if tokenizer.adds_bos else []
    with threads(work.threads), torch.inference_mode():
        for done, text in enumerate(texts, 1):
            ids = tuple([*start, *tokenizer.encode(text)][:max_tokens])
            if len(ids) < 2:
                continue
            row = pack([[Example(ids, (False,) + (True,) * (len(ids) - 1))]], max_tokens)[0]
            mine_log = mine.logits(row).log_softmax(-1)  # (S, V)
            picked = mine_log.gather(1, torch.from_numpy(row.target)[:, None])
            scores.nats.append(float(-picked.double().sum()))
            scores.tokens.append(len(row.target))
            if parent is not None:
                their_log = theirs.logits(row).log_softmax(-1)
                kl = torch.nn.functional.kl_div(
                    mine_log, their_log, log_target=True, reduction="sum"
                )
                scores.kl.append(float(kl))
                scores.same_top.append(int((mine_log.argmax(-1) == their_log.argmax(-1)).sum()))
            work.progress(done, len(texts), "texts", "perplexity and KL")
    return scores


def answer_metrics(
    work: Work,
    model: PreTrainedModel,
    tokenizer: ChatTokenizer,
    chats: Sequence[Conversation],
    seed: int,
) -> list[Metric]:
    """How likely the model finds the answers of held-out chats that cannot be verified:
    perplexity over the assistant's tokens, with a bootstrap interval over chats."""
    import torch

    from practicum.infer.torch_engine import TorchEngine
    from practicum.models.load import threads

    engine = TorchEngine(model, tokenizer)
    nats, tokens = [], []
    with threads(work.threads):
        for done, chat in enumerate(chats, 1):
            ids, mine = tokenizer.encode_chat(chat.messages)
            row = pack([[Example(tuple(ids), tuple(mine))]], len(ids))[0]
            picked = (
                engine.logits(row).log_softmax(-1).gather(1, torch.from_numpy(row.target)[:, None])
            )
            nats.append(float(-picked.double().sum()))
            tokens.append(len(row.target))
            work.progress(done, len(chats), "chats", "answers' perplexity")
    value, low, high = perplexity_interval(nats, tokens, seed)
    return [
        Metric(
            name="answer_perplexity", value=value, n=sum(tokens), ci95=(low, high), better="lower"
        )
    ]


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


def scorable(model: Artifact) -> PreTrainedModel:
    """The model's exact weights as a float32 torch model, whatever the file format.

    Float32, because at bf16 the rounding of the arithmetic would be as large as the
    difference that an 8-bit format makes.
    """
    from practicum.infer.engine import gguf_path
    from practicum.models.load import load_gguf, load_model

    if model.meta.get("format") == "gguf":
        return load_gguf(gguf_path(model), "float32")
    return load_model(model, "float32")[0]
