"""Decoding: one stream, token by token, and many short answers at once.

Ours are the two engines of the package. Peers are what one would write without it: xllamacpp's
own chat endpoint on the same file, and transformers' generate() on the same weights.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from generators import BATCH, MAX_TOKENS, PROMPT, Chats, Generate, RawLlama
from machine import Ceilings, ceilings
from rounds import Medians, alternate, medians, spent
from subjects import base_model, sums
from table import Load, Row, arguments, header, print_rows, tell, version

from practicum import verbs
from practicum.core.artifact import Artifact
from practicum.core.messages import Message, Reply, Sampling

if TYPE_CHECKING:
    from practicum.infer.torch_engine import TorchEngine

N_EXACT = 16  # questions answered in float32, where both must agree to the letter
GOAL_LLAMA = 0.99  # of the plan: what stands around the engine costs at most a hundredth
NOTES = (
    "bound of one stream: bytes of all weights × tokens/s over the memory ceiling (the faster of "
    "copy and read); every weight is read once a token",
    "bound of many answers: 2 FLOP per linear weight and computed token (a shared prefix once, "
    "the rest of every prompt, every answer's tokens) and 2·V·C per answer token, over the "
    "bfloat16 matrix product",
)

# -- llama.cpp -------------------------------------------------------------------------------


def llama_rows(q8: Artifact, options: argparse.Namespace, top: Ceilings) -> list[Row]:
    """One stream of llama.cpp: the decoding alone, and the whole call by the clock."""
    from practicum.infer.engine import gguf_path, open_engine
    from practicum.infer.llama_engine import LlamaEngine

    path, n = gguf_path(q8), options.tokens
    raw = RawLlama(path, options.threads)
    ask, sampling = [Message(role="user", content=PROMPT)], Sampling(max_tokens=n)
    with open_engine(q8, options.threads) as engine:
        assert isinstance(engine, LlamaEngine)
        ids = engine.tokenizer.encode_prompt(ask)
        mine = engine.reply([ask], sampling)[0]  # warms both up: caches filled, prompt kept
        theirs = raw.chat(PROMPT, n)["choices"][0]["message"]["content"]
        equal = mine.text.strip() == theirs.strip()
        speeds = medians(alternate(
            lambda: engine.decode_speed(ids, n), lambda: raw.decode_speed(n), options.rounds
        ))  # fmt: skip
        calls = medians(alternate(
            lambda: mine.n_tokens / spent(lambda: engine.reply([ask], sampling))[0].seconds,
            lambda: mine.n_tokens / spent(lambda: raw.chat(PROMPT, n))[0].seconds,
            options.rounds,
        ))  # fmt: skip
    size, same = path.stat().st_size, f"same greedy text of {mine.n_tokens} tokens: {equal}"
    bound = size * speeds.ours / top.memory_bytes_s
    xllamacpp = version("xllamacpp")
    return [
        Row("one stream, llama.cpp Q8_0 / decoding", "tokens/s", speeds.ours, speeds.peer,
            xllamacpp, speeds.ratio, GOAL_LLAMA, equal, bound,
            f"{n} tokens, as the library times itself; {size:,} bytes; {same}; {speeds.spread}"),
        Row("one stream, llama.cpp Q8_0 / whole call", "tokens/s", calls.ours, calls.peer,
            xllamacpp, calls.ratio, GOAL_LLAMA, equal, None,
            f"from messages to text by the clock, prompt cached; {calls.spread}"),
    ]  # fmt: skip


# -- torch -----------------------------------------------------------------------------------


@dataclass
class TorchBench:
    """Both contenders on the same bfloat16 weights, with the ceilings of this run."""

    ours: TorchEngine
    peer: Generate
    options: argparse.Namespace
    top: Ceilings

    def stream_row(self) -> Row:
        """One stream of torch."""
        n = self.options.tokens
        ids = self.ours.tokenizer.encode_prompt([Message(role="user", content=PROMPT)])
        # The engine's token stream, not its text: near-equal texts can hide other ids.
        mine = list(self.ours._tokens(ids, Sampling(max_tokens=n)))
        theirs = self.peer.extend(ids, n)[: len(mine)]
        speeds = medians(alternate(
            lambda: self.ours.decode_speed(ids, n), lambda: self.peer.decode_speed(ids, n),
            self.options.rounds,
        ))  # fmt: skip
        size = sum(p.numel() * p.element_size() for p in self.ours.model.parameters())
        return Row(
            "one stream, torch bfloat16 / decoding", "tokens/s", speeds.ours, speeds.peer,
            version("transformers"), speeds.ratio, 1.0, mine == theirs,
            size * speeds.ours / self.top.memory_bytes_s,
            f"{n} tokens, prompt not counted; {size:,} bytes; {len(mine)} ids compared; "
            f"{speeds.spread}",
        )  # fmt: skip

    def answer_row(self, folder: Path) -> Row:
        """Many short answers against generate() in batches of the same size."""
        chats = sums(self.options.questions)
        n_asked = len(chats[:N_EXACT])
        n_exact = exact_answers(folder, chats[:N_EXACT])
        tell("answers")
        replies, theirs, speeds = self._answers(chats)
        same = sum(a.text == b for a, b in zip(replies, theirs, strict=True))
        seconds = len(chats) / speeds.ours
        bound = self._flop(chats, replies) / seconds / self.top.gemm_bf16_flop_s
        return Row(
            f"{len(chats)} short answers, torch bfloat16", "answers/s", speeds.ours, speeds.peer,
            version("transformers"), speeds.ratio, 1.0, n_exact == n_asked, bound,
            f"batches of {BATCH}, at most {MAX_TOKENS} tokens; identical: {same} of {len(chats)} "
            f"in bfloat16, {n_exact} of {n_asked} in float32 (the check); {speeds.spread}",
        )  # fmt: skip

    def _answers(self, chats: Chats) -> tuple[list[Reply], list[str], Medians]:
        """The last answers of both, and how fast they came."""
        sampling = Sampling(max_tokens=MAX_TOKENS)
        self.ours.reply(chats[:2], sampling)  # the first call pays for memory and kernel choice
        self.peer.answers(chats[:2])
        pairs = alternate(
            lambda: spent(lambda: self.ours.reply(chats, sampling)),
            lambda: spent(lambda: self.peer.answers(chats)),
            self.options.rounds,
        )
        n = len(chats)
        speeds = medians((n / a.seconds, n / b.seconds) for (a, _), (b, _) in pairs)
        (_, replies), (_, theirs) = pairs[-1]
        return replies, theirs, speeds

    def _flop(self, chats: Chats, replies: Sequence[Reply]) -> float:
        """Floating-point operations that ours needs for these answers: see NOTES."""
        encoded = sorted((self.ours.tokenizer.encode_prompt(c) for c in chats), key=len)
        n_answer = sum(r.n_tokens for r in replies)
        n_computed = n_answer
        for start in range(0, len(encoded), BATCH):
            batch = encoded[start : start + BATCH]
            same = takewhile(lambda column: len(set(column)) == 1, zip(*batch, strict=False))
            n_shared = sum(1 for _ in same)
            n_computed += n_shared + sum(len(p) - n_shared for p in batch)
        output = self.ours.model.get_output_embeddings().weight.numel()
        linear = sum(p.numel() for p in self.ours.model.parameters() if p.ndim == 2) - output
        return float(2 * linear * n_computed + 2 * output * n_answer)


def exact_answers(folder: Path, chats: Chats) -> int:
    """How many answers agree to the letter when both compute in float32."""
    from practicum.infer.torch_engine import TorchEngine
    from practicum.models.load import load_folder
    from practicum.text.tokenizer import load_tokenizer

    ours = TorchEngine(load_folder(folder, "float32"), load_tokenizer(folder))
    mine = ours.reply(chats, Sampling(max_tokens=MAX_TOKENS))
    theirs = Generate(folder, "float32").answers(chats)
    return sum(a.text == b for a, b in zip(mine, theirs, strict=True))


def measure(options: argparse.Namespace) -> tuple[list[Row], Ceilings]:
    """Every row of this benchmark."""
    from practicum.infer.torch_engine import TorchEngine
    from practicum.models.load import load_model, model_folder, threads

    base = base_model(options.home)
    q8 = verbs.quantize(base, type="Q8_0", home=options.home, threads=options.threads).artifact
    tell("ceilings")
    top = ceilings(options.threads)
    tell("llama.cpp")
    rows = llama_rows(q8, options, top)
    with threads(options.threads):
        tell("torch")
        folder = model_folder(base)
        bench = TorchBench(
            TorchEngine(*load_model(base)), Generate(folder, "bfloat16"), options, top
        )
        rows += [bench.stream_row(), bench.answer_row(folder)]
    return rows, top


def main() -> int:
    parser = arguments("Decoding of a small model: one stream, and many short answers.")
    parser.add_argument("--tokens", type=int, help="tokens of one stream (128; quick 48)")
    parser.add_argument("--questions", type=int, help="short answers (128; quick 64)")
    parser.add_argument("--rounds", type=int, help="rounds (5; quick 2)")
    options = parser.parse_args()
    for name, full, quick in (("tokens", 128, 48), ("questions", 128, 64), ("rounds", 5, 2)):
        if getattr(options, name) is None:
            setattr(options, name, quick if options.quick else full)
    load = Load()
    rows, top = measure(options)
    return print_rows(rows, options.json, header(options.threads, load, [top], NOTES))


if __name__ == "__main__":
    sys.exit(main())
