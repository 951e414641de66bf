"""LoRA tuning on short chats that share their beginnings, and on long texts that share nothing.

Ours lays chats out as token trees (a shared beginning is computed once, nothing is padded);
the peer is transformers and peft on padded batches, plain and tuned. Same chats, same base
weights, same adapters, same number of updates, same threads.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machine import Ceilings, ceilings
from rounds import Spent, alternate, medians, spent
from subjects import SEED, base_model, long_texts, short_chats
from table import Load, Row, arguments, header, print_rows, tell, version

from practicum.finetune.stage import FinetuneParams, RowNll
from practicum.text.pack import Example, pack
from practicum.text.tokenizer import load_tokenizer

if TYPE_CHECKING:
    from padded import Counts, PaddedTrainer
    from peft import PeftModel
    from torch import Tensor

# Relative. The check runs in float64, but both losses take their softmax in float32. In float32
# throughout, the matrix library's choice of kernel alone moves gradients by 1e-4: it sums the
# 49,152 terms behind every hidden state in blocks or one by one, depending on rows and threads.
TOLERANCE = 1e-5
GOALS = {"padded": 2.0, "padded, sorted by length": 1.2}  # of the plan; others: not slower
CHECK_BATCH = 4  # smaller than the sample, so that padding and several batches are checked
LONG_CHECKED = 96  # tokens of a long text in the check, which is slow in float64
CHECKED = "layers.0.self_attn.q_proj.lora_A.default.weight"  # the end of the backward pass
FORMULA = (
    "bound: achieved FLOP/s of ours over the bfloat16 matrix product of the same threads, where a "
    "computed token costs 4 per frozen linear weight (2 forward, 2 backward to activations) and "
    "6 per adapter weight, and a position projected to the vocabulary 4·V·C; attention scores, "
    "norms and the optimizer count as nothing"
)


# -- the contenders --------------------------------------------------------------------------


class PackedTrainer:
    """Ours: packed rows through the training loop, with the stage's own settings."""

    def __init__(self, model: PeftModel, params: FinetuneParams) -> None:
        self.model, self.params = model, params

    def n_updates(self, examples: Sequence[Example]) -> int:
        """Updates of one pass."""
        rows = pack([[e] for e in examples], self.params.row_tokens)
        return -(-len(rows) // self.params.rows_per_update)

    def counts(self, examples: Sequence[Example]) -> Counts:
        """What one pass computes."""
        from padded import Counts

        rows = pack([[e] for e in examples], self.params.row_tokens)
        return Counts(sum(r.n_tokens for r in rows), sum(len(set(r.from_token)) for r in rows))

    def once(self, examples: Sequence[Example]) -> None:
        """Train on every chat once; packing is part of the work."""
        from practicum.core.stage import Work
        from practicum.train.adapters import adapter_state
        from practicum.train.loop import Settings, train

        rows = pack([[e] for e in examples], self.params.row_tokens)
        settings = Settings(
            lr_peak=self.params.lr_peak, rows_per_update=self.params.rows_per_update
        )
        with tempfile.TemporaryDirectory() as folder:
            train(self.model, rows, RowNll(self.model), lambda row: len(row.target), settings,
                  Work(Path(folder)), state_of=lambda: adapter_state(self.model))  # fmt: skip


# -- the check -------------------------------------------------------------------------------


def sample(short: Sequence[Example], long: Sequence[Example], n: int) -> list[Example]:
    """Chats of all lengths, and the beginning of a long text, for the check."""
    chats = sorted(short, key=lambda e: len(e.ids))[:: max(1, len(short) // n)][:n]
    return chats + [Example(e.ids[:LONG_CHECKED], e.scored[:LONG_CHECKED]) for e in long[:1]]


def differences(
    folder: Path, examples: Sequence[Example], params: FinetuneParams, pad_id: int
) -> dict[str, tuple[float, float]]:
    """For each variant of the peer: the relative difference of the total loss and of the
    gradient of one adapter matrix (largest difference over largest entry), in float64 from the
    same adapter weights."""
    import torch
    from padded import VARIANTS, batches, load_peer, loss

    from practicum.models.load import load_folder
    from practicum.train.adapters import attach_lora

    ours = attach_lora(load_folder(folder, "float32"), rank=params.rank, alpha=params.alpha,
                       seed=SEED).double()  # fmt: skip
    peer = load_peer(folder, "float32", rank=params.rank, alpha=params.alpha, seed=SEED).double()
    generator = torch.Generator().manual_seed(SEED)
    state = {n: p for n, p in ours.named_parameters() if p.requires_grad}
    with torch.no_grad():  # a fresh B is zero, and then the gradient of A is zero whatever we do
        for name, weight in state.items():
            if "lora_B" in name:
                weight.copy_(0.01 * torch.randn(weight.shape, generator=generator))
        for name, weight in peer.named_parameters():
            if weight.requires_grad:
                weight.copy_(state[name])
    row_nll = RowNll(ours)
    wanted = 0.0
    for row in pack([[e] for e in examples], params.row_tokens):
        total = row_nll(row).total
        total.backward()
        wanted += total.item()
    gradient = _gradient(ours)
    found = {}
    for variant in VARIANTS:
        peer.zero_grad(set_to_none=True)
        got = 0.0
        for batch in batches(examples, CHECK_BATCH, variant, SEED):
            total = loss(peer, batch, pad_id, variant, 1)
            total.backward()
            got += total.item()
        off = (gradient - _gradient(peer)).abs().max() / gradient.abs().max()
        found[variant.name] = (abs(got - wanted) / wanted, off.item())
    return found


def _gradient(model: PeftModel) -> Tensor:
    found: Tensor | None = next(p for n, p in model.named_parameters() if n.endswith(CHECKED)).grad
    assert found is not None
    return found.clone()


# -- the measurement -------------------------------------------------------------------------


@dataclass(frozen=True)
class Weights:
    """What the FLOP count of a tuning step needs to know of a model."""

    n_linear: int
    n_adapter: int
    n_output: int

    def flop(self, counts: Counts) -> float:
        """Floating-point operations of a pass, forward and backward: see FORMULA."""
        per_token = 4 * self.n_linear + 6 * self.n_adapter
        return float(counts.n_tokens * per_token + counts.n_projected * 4 * self.n_output)


def weights_of(model: PeftModel) -> Weights:
    """Counts of the linear layers' weights, of the adapters', of the output matrix."""
    linear = sum(p.numel() for n, p in model.named_parameters() if n.endswith("base_layer.weight"))
    adapter = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return Weights(linear, adapter, model.get_output_embeddings().weight.numel())


@dataclass
class Bench:
    """Both contenders in memory, with the ceilings and the check of this run."""

    ours: PackedTrainer
    peers: list[PaddedTrainer]
    found: dict[str, tuple[float, float]]
    top: Ceilings
    n_rounds: int

    def compare(self, name: str, examples: Sequence[Example], peer: PaddedTrainer) -> list[Row]:
        """Train both in turn on the same chats; rows per second and per CPU-second."""
        n_updates = self.ours.n_updates(examples)
        few = examples[: peer.batch]
        self.ours.once(few)  # the first pass of a shape pays for memory and kernel choice
        peer.once(few, 1, lr=0.0)

        def mine() -> Spent:
            return spent(lambda: self.ours.once(examples))[0]

        def theirs() -> Spent:
            return spent(lambda: peer.once(examples, n_updates, self.ours.params.lr_peak))[0]

        tell(f"{name}: {peer.variant.name}")
        return self._rows(name, examples, peer, alternate(mine, theirs, self.n_rounds))

    def _rows(self, name: str, examples: Sequence[Example], peer: PaddedTrainer,
              pairs: list[tuple[Spent, Spent]]) -> list[Row]:  # fmt: skip
        n, useful = len(examples), sum(len(e.ids) for e in examples)
        weights, peak = weights_of(self.ours.model), self.top.gemm_bf16_flop_s
        mine, theirs = self.ours.counts(examples), peer.counts(examples)
        wall = medians((n / a.seconds, n / b.seconds) for a, b in pairs)
        cpu = medians((n / a.cpu_seconds, n / b.cpu_seconds) for a, b in pairs)
        bound = weights.flop(mine) * wall.ours / n / peak
        bound_peer = weights.flop(theirs) * wall.peer / n / peak
        loss_off, gradient_off = self.found[peer.variant.name]
        equal = loss_off <= TOLERANCE and gradient_off <= TOLERANCE
        told = (
            f"{n} chats of {useful / n:.0f} tokens; computed {mine.n_tokens:,} tokens and "
            f"{mine.n_projected:,} logits, peer {theirs.n_tokens:,} and {theirs.n_projected:,} at "
            f"{bound_peer:.0%} of the peak, batch {peer.batch}; {wall.spread}"
        )
        check = (f"float64, same adapters: loss differs by {loss_off:.1e}, gradient by "
                 f"{gradient_off:.1e} (relative, at most {TOLERANCE:.0e})")  # fmt: skip
        title, peers = f"{name} / {peer.variant.name}", version("transformers", "peft")
        goal = GOALS.get(peer.variant.name, 1.0) if name.startswith("short") else 1.0
        per = useful / n
        return [
            Row(title, "chats/s", wall.ours, wall.peer, peers, wall.ratio, goal, equal, bound,
                told),
            Row(title, "useful tokens/s", wall.ours * per, wall.peer * per, peers, wall.ratio,
                goal, equal, bound, check),
            Row(title, "chats/CPU-s", cpu.ours, cpu.peer, peers, cpu.ratio, goal, equal, None,
                f"processor time of all threads; {cpu.spread}"),
        ]  # fmt: skip


def measure(options: argparse.Namespace) -> tuple[list[Row], Ceilings]:
    """Every row of this benchmark."""
    from padded import VARIANTS, PaddedTrainer, load_peer

    from practicum.models.load import load_folder, model_folder, threads
    from practicum.train.adapters import attach_lora

    folder = model_folder(base_model(options.home))
    tokenizer, params = load_tokenizer(folder), FinetuneParams()
    short = short_chats(tokenizer, options.chats)
    long = long_texts(tokenizer, options.texts, options.home) if options.texts else []
    tell("ceilings")
    top = ceilings(options.threads)
    with threads(options.threads):
        tell("check in float64")
        found = differences(folder, sample(short, long, options.checked), params, tokenizer.end_id)
        ours = attach_lora(load_folder(folder), rank=params.rank, alpha=params.alpha, seed=SEED)
        theirs = load_peer(folder, "bfloat16", rank=params.rank, alpha=params.alpha, seed=SEED)
        peers = [PaddedTrainer(theirs, tokenizer.end_id, v, options.batch) for v in VARIANTS]
        bench = Bench(PackedTrainer(ours, params), peers, found, top, options.rounds)
        rows = [row for peer in peers for row in bench.compare("short chats", short, peer)]
        if long:
            plain = PaddedTrainer(theirs, tokenizer.end_id, VARIANTS[0], options.long_batch)
            rows += bench.compare("long texts, nothing shared", long, plain)
    return rows, top


def main() -> int:
    parser = arguments("LoRA tuning of a small model: packed token trees against padded batches.")
    parser.add_argument("--chats", type=int, help="short chats (128; quick 32)")
    parser.add_argument("--texts", type=int, help="long texts (16; quick 6); 0: none")
    parser.add_argument("--rounds", type=int, help="rounds (3; quick 2)")
    parser.add_argument("--batch", type=int, default=8, help="the peer's batch of short chats")
    parser.add_argument("--long-batch", type=int, default=1, help="the peer's batch of long texts")
    parser.add_argument("--checked", type=int, default=6, help="chats compared in float64")
    options = parser.parse_args()
    for name, full, quick in (("chats", 128, 32), ("texts", 16, 6), ("rounds", 3, 2)):
        if getattr(options, name) is None:
            setattr(options, name, quick if options.quick else full)
    load = Load()
    rows, top = measure(options)
    return print_rows(rows, options.json, header(options.threads, load, [top], [FORMULA]))


if __name__ == "__main__":
    sys.exit(main())
