"""Losses of packed preference pairs: one class, a function for each method."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from practicum.core.artifact import sha256_text

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from practicum.core.stage import Work
    from practicum.text.pack import Row
    from practicum.train.loop import RowLoss

PreferenceMethod = Literal["dpo", "ipo", "kto", "orpo", "simpo"]
WITH_REFERENCE = ("dpo", "ipo", "kto")


@dataclass(frozen=True)
class Strength:
    """The numbers of a method.

    beta        how strongly the reference holds back; ORPO's weight of the penalty
    gap         SimPO's target margin
    smoothing   DPO's share of pairs taken to be swapped
    chosen_nll  weight of the chosen answer's own mean negative log-likelihood
    """

    beta: float
    gap: float = 0.0
    smoothing: float = 0.0
    chosen_nll: float = 0.0


@dataclass(frozen=True)
class Scores:
    """What a model, and a reference, say of the answers of P pairs.

    Shapes  log_probs, reference: (P, A) sums; lengths: (P, A) tokens. A is 2, chosen and
            rejected; KTO has a third, the answer of another pair.
    """

    log_probs: Tensor
    lengths: Tensor
    reference: Tensor | None = None

    @property
    def means(self) -> Tensor:
        """Log-probability of each token on average.  Shapes (P, A)."""
        return self.log_probs / self.lengths

    @property
    def gains(self) -> Tensor:
        """Log-probabilities above the reference's, as sums.  Shapes (P, A)."""
        assert self.reference is not None
        return self.log_probs - self.reference


def _dpo(s: Scores, by: Strength) -> Tensor:
    from practicum.train.losses import preference_loss

    assert s.reference is not None
    return preference_loss(s.log_probs[:, 0], s.log_probs[:, 1], s.reference[:, 0],
                           s.reference[:, 1], by.beta, by.smoothing)  # fmt: skip


def _ipo(s: Scores, by: Strength) -> Tensor:
    from practicum.train.losses import identity_loss

    assert s.reference is not None
    ref = s.reference / s.lengths
    return identity_loss(s.means[:, 0], s.means[:, 1], ref[:, 0], ref[:, 1], by.beta)


def _kto(s: Scores, by: Strength) -> Tensor:
    import torch

    from practicum.train.losses import prospect_loss

    gains = s.gains
    kl = gains[:, 2].detach().mean().clamp(min=0)
    good, bad = (prospect_loss(gains[:, i], torch.full_like(kl, 1 - i).bool(), kl, by.beta)
                 for i in (0, 1))  # fmt: skip
    return good + bad


def _orpo(s: Scores, by: Strength) -> Tensor:
    from practicum.train.losses import odds_ratio_loss

    return by.beta * odds_ratio_loss(s.means[:, 0], s.means[:, 1])


def _simpo(s: Scores, by: Strength) -> Tensor:
    from practicum.train.losses import simple_preference_loss

    return simple_preference_loss(s.means[:, 0], s.means[:, 1], by.beta, by.gap)


LOSSES: dict[PreferenceMethod, Callable[[Scores, Strength], Tensor]] = {
    "dpo": _dpo, "ipo": _ipo, "kto": _kto, "orpo": _orpo, "simpo": _simpo,
}  # fmt: skip
# beta, chosen_nll and learning rate where none is given.
USUAL: dict[PreferenceMethod, tuple[float, float, float]] = {
    "dpo": (0.1, 1.0, 5e-4), "ipo": (0.1, 0.0, 5e-4), "kto": (0.1, 0.0, 5e-4),
    "orpo": (0.1, 1.0, 1e-3), "simpo": (2.0, 0.0, 5e-4),
}  # fmt: skip


def n_answers(method: PreferenceMethod) -> int:
    """How many answers a pair has in a row."""
    return 3 if method == "kto" else 2


class PairLoss:
    """The loss of the pairs of a packed row, by a method.

    Where the method has a reference, it is the model without its adapters: its log-probabilities
    are computed once, before there are any, and kept by what they are of.
    """

    def __init__(self, model: Module, method: PreferenceMethod, by: Strength) -> None:
        self.model, self.method, self.by = model, method, by
        self.n_answers = n_answers(method)
        self._reference: dict[int, Tensor] = {}

    def n_pairs(self, row: Row) -> int:
        """How many pairs a packed row holds."""
        return len({int(owner) // self.n_answers for owner in row.owner})

    def scores(self, row: Row) -> Scores:
        """What the model says of a row's answers, beside what is remembered of the reference."""
        import torch

        from practicum.models.forward import half_precision, row_logits
        from practicum.train.losses import sum_by_owner, token_log_probs

        with half_precision(self.model):
            logits = row_logits(self.model, row)
        values = token_log_probs(logits, torch.from_numpy(row.target).to(logits.device))
        owner = torch.from_numpy(row.owner).to(logits.device)
        owners, local = torch.unique(owner, return_inverse=True)
        sums = sum_by_owner(values, local, len(owners)).view(-1, self.n_answers)
        lengths = sum_by_owner(torch.ones_like(values), local, len(owners)).view_as(sums)
        return Scores(sums, lengths, self._reference.get(id(row)))

    def remember(self, rows: Sequence[Row], work: Work, base: str) -> None:
        """Compute and keep what the reference, the model as it is, says of these rows.

        base  digest of the reference; with the rows it names a file that other runs find again
        """
        import torch
        from safetensors.torch import load_file, save_file

        if self.method not in WITH_REFERENCE or not rows:
            return
        key = sha256_text(base + "".join(sha256_text(str(r.ids.tolist()) + str(r.owner.tolist()))
                                         for r in rows))  # fmt: skip
        path = work.store().home / "cache" / "reference" / f"{key}.safetensors"
        if path.is_file():
            kept = load_file(path)
            self._reference |= {id(row): kept[str(i)] for i, row in enumerate(rows)}
            return
        for done, row in enumerate(rows, 1):
            with torch.no_grad():
                self._reference[id(row)] = self.scores(row).log_probs
            work.progress(done, len(rows), "rows", "reference")
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(f"{path}.{os.getpid()}.new")  # every rank has the same to write
        save_file({str(i): self._reference[id(r)] for i, r in enumerate(rows)}, scratch)
        scratch.replace(path)

    def __call__(self, row: Row) -> RowLoss:
        from practicum.train.loop import RowLoss

        found = self.scores(row)
        loss = LOSSES[self.method](found, self.by)
        total = (loss - self.by.chosen_nll * found.means[:, 0]).sum()
        margin = self.margins(found).detach()
        means = found.means.detach()
        values = {"preferred": float((margin > 0).sum()), "margin": float(margin.sum()),
                  "chosen": float(means[:, 0].sum()), "rejected": float(means[:, 1].sum())}  # fmt: skip
        return RowLoss(total, len(margin), values)

    def margins(self, found: Scores) -> Tensor:
        """By how much each chosen answer is preferred, in the unit that the method compares.

        Shapes  (P,): gains over the reference as sums, or means over tokens without one.
        """
        compared = found.gains if self.method in WITH_REFERENCE else found.means
        return compared[:, 0] - compared[:, 1]

    def preferred(self, rows: Sequence[Row]) -> list[bool]:
        """For every pair: is the chosen answer preferred?"""
        import torch

        found: list[bool] = []
        with torch.no_grad():
            for row in rows:
                found += (self.margins(self.scores(row)) > 0).tolist()
        return found

    def mean(self, rows: Sequence[Row]) -> float:
        """The mean loss of a pair."""
        import torch

        with torch.no_grad():
            parts = [self(row) for row in rows]
        return sum(p.total.item() for p in parts) / max(1, sum(p.count for p in parts))
