"""Rounds of learning by reward: answers are written, judged, and learned from a few times."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import torch

from practicum.align.policy import Policy, spans
from practicum.align.rewards import Answered
from practicum.core.artifact import write_atomically
from practicum.core.messages import Sampling
from practicum.text.pack import Example, Row, pack
from practicum.train.losses import (
    clipped_policy_loss,
    clipped_value_loss,
    divergence,
    generalised_advantages,
    group_advantages,
)

if TYPE_CHECKING:
    from torch import Tensor

    from practicum.core.stage import Work
    from practicum.text.tokenizer import ChatTokenizer
    from practicum.train.loop import RowLoss

NOTES, NUMBERS = "round.json", "round.safetensors"
Judge = Callable[[Sequence[Answered], Sequence[Row]], list[float]]  # a reward for every owner
AIM = 2 / 3  # of the target: a round's estimate swings by half of itself
MOST_DEAR = 30.0  # times the price that was asked
DEARER = 2.0  # the price of the divergence changes by at most this factor in a round


@dataclass(frozen=True)
class Way:
    """How to learn from rewards.

    n_prompts   prompts of a round, each with n_answers; passes: updates made with a round
    kl_weight   of the divergence from the reference; kl_target: nats a token to steer it to, 0: off
    """

    algorithm: Literal["ppo", "grpo"]
    n_rounds: int
    n_prompts: int
    n_answers: int
    passes: int
    max_tokens: int
    row_tokens: int
    clip: float
    kl_weight: float
    kl_target: float
    value_weight: float
    discount: float
    smoothing: float


@dataclass(frozen=True)
class Prompt:
    """A prompt as ids, and the answer that its row wants."""

    ids: tuple[int, ...]
    wanted: str | None


@dataclass
class Round:
    """Packed answers with what was true when they were written.

    facts  of each row, by its id: old log-probabilities, reference, values, advantages, targets,
           each (S,)
    """

    rows: list[Row]
    facts: dict[int, dict[str, Tensor]]
    told: dict[str, float] = field(default_factory=dict)


class Rollouts:
    """A source of rows that the policy writes itself, and their loss.

    A round is kept as soon as it is made, with the numbers it is judged by; so a killed training
    learns from the very same answers.
    """

    def __init__(
        self, policy: Policy, tokenizer: ChatTokenizer, prompts: Sequence[Prompt], way: Way,
        work: Work, judge: Judge,
    ) -> None:  # fmt: skip
        self.policy, self.tokenizer, self.prompts, self.way = policy, tokenizer, prompts, way
        self.work, self.judge = work, judge
        self.kl_weight = way.kl_weight
        self._number, self._round = -1, Round([], {})

    @property
    def n_updates(self) -> int:
        """How many updates there will be."""
        return self.way.n_rounds * self.way.passes

    def batch(self, step: int) -> Sequence[Row]:
        """The rows of an update: those of its round."""
        number = step // self.way.passes
        if number != self._number:
            self._round = self._kept(number) or self._made(number)
            self._number = number
        return self._round.rows

    # -- a round ---------------------------------------------------------------------------------

    def _made(self, number: int) -> Round:
        """Write, judge and keep the answers of a round."""
        chosen = self._prompts_of(number)
        was_training = self.policy.training
        self.policy.eval()
        answers = self._write(chosen, number)
        rows = self._packed(chosen, answers)
        scores = self.judge(self._answered(chosen, answers), rows)
        facts = {id(row): self._facts(row) for row in rows}
        told = self._judged(rows, facts, scores)
        self.policy.train(was_training)
        found = Round(rows, facts, told)
        self._keep(number, answers, found)
        return found

    def _prompts_of(self, number: int) -> list[Prompt]:
        """The prompts of a round: every one is asked before any is asked again."""
        found, n = [], len(self.prompts)
        for place in range(number * self.way.n_prompts, (number + 1) * self.way.n_prompts):
            generator = torch.Generator().manual_seed(self.work.seed * 7919 + place // n)
            found.append(self.prompts[int(torch.randperm(n, generator=generator)[place % n])])
        return found

    def _write(self, chosen: Sequence[Prompt], number: int) -> list[tuple[int, ...]]:
        from practicum.infer.torch_engine import TorchEngine
        from practicum.models.forward import half_precision

        # Temperature 1: what is sampled must be what is trained.
        sampling = Sampling(max_tokens=self.way.max_tokens, temperature=1.0,
                            seed=self.work.seed * 104729 + number)  # fmt: skip
        asked = [p.ids for p in chosen for _ in range(self.way.n_answers)]
        with half_precision(self.policy.model):
            return TorchEngine(self.policy.model, self.tokenizer).continue_ids(asked, sampling)

    def _packed(self, chosen: Sequence[Prompt], answers: Sequence[tuple[int, ...]]) -> list[Row]:
        groups, n = [], self.way.n_answers
        for i, prompt in enumerate(chosen):
            groups.append([
                Example((*prompt.ids, *answer), (False,) * len(prompt.ids) + (True,) * len(answer))
                for answer in answers[i * n : (i + 1) * n]
            ])  # fmt: skip
        return pack(groups, self.way.row_tokens)

    def _answered(
        self, chosen: Sequence[Prompt], answers: Sequence[tuple[int, ...]]
    ) -> list[Answered]:
        found = []
        for i, ids in enumerate(answers):
            stopped = ids[-1] in self.tokenizer.stop_ids
            text = self.tokenizer.decode(ids[:-1] if stopped else ids)
            found.append(Answered(text, chosen[i // self.way.n_answers].wanted, stopped))
        return found

    def _facts(self, row: Row) -> dict[str, Tensor]:
        with torch.no_grad():
            old, values = self.policy.read(row)
        return {"old": old, "values": values, "reference": self.policy.reference(row)}

    def _judged(
        self, rows: Sequence[Row], facts: dict[int, dict[str, Tensor]], scores: Sequence[float]
    ) -> dict[str, float]:
        """Put advantages and targets beside the facts; what is to be told of the round."""
        if self.way.algorithm == "grpo":
            grid = torch.tensor(scores).view(-1, self.way.n_answers)
            advantages = group_advantages(grid).view(-1)
            for row in rows:
                facts[id(row)]["advantages"] = advantages[torch.from_numpy(row.owner)]
                facts[id(row)]["targets"] = torch.zeros(len(row.owner))
        else:
            for row in rows:
                self._add_advantages(row, facts[id(row)], scores)
            everything = torch.cat([facts[id(row)]["advantages"] for row in rows])
            mean, spread = everything.mean(), everything.std(unbiased=False) + 1e-8
            for row in rows:
                facts[id(row)]["advantages"] = (facts[id(row)]["advantages"] - mean) / spread
        apart = torch.cat([divergence(f["old"], f["reference"]) for f in facts.values()])
        kl = float(apart.mean())
        told = {"reward": sum(scores) / len(scores), "kl": kl, "kl_weight": self.kl_weight,
                "length": sum(len(r.owner) for r in rows) / len(scores)}  # fmt: skip
        if self.way.kl_target:
            # Never below what was asked: the price would be gone when the first round, in which
            # nothing has moved yet, is over.
            change = min(DEARER, max(1 / DEARER, (kl / (AIM * self.way.kl_target)) ** 2))
            most = MOST_DEAR * self.way.kl_weight
            self.kl_weight = min(most, max(self.way.kl_weight, self.kl_weight * change))
        return told

    def _add_advantages(
        self, row: Row, facts: dict[str, Tensor], scores: Sequence[float]
    ) -> None:  # fmt: skip
        """PPO's: the divergence is paid for at every token, the answer at its last."""
        rewards = -self.kl_weight * (facts["old"] - facts["reference"])
        advantages, targets = torch.zeros_like(rewards), torch.zeros_like(rewards)
        for owner, span in spans(row).items():
            rewards[span.stop - 1] += scores[owner]
            advantages[span], targets[span] = generalised_advantages(
                rewards[span], facts["values"][span], self.way.discount, self.way.smoothing
            )
        facts["advantages"], facts["targets"] = advantages, targets

    # -- kept ------------------------------------------------------------------------------------

    def _keep(self, number: int, answers: Sequence[tuple[int, ...]], found: Round) -> None:
        from safetensors.torch import save_file

        folder = self.work.keep / "rounds"
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"{i}.{name}": value for i, row in enumerate(found.rows)
                   for name, value in found.facts[id(row)].items()}  # fmt: skip
        scratch = folder / f"{NUMBERS}.new"
        save_file({**tensors, "number": torch.tensor([number])}, scratch)
        scratch.replace(folder / NUMBERS)
        record = {"number": number, "answers": answers, "told": found.told, "next": self.kl_weight}
        write_atomically(folder / NOTES, json.dumps(record))

    def _kept(self, number: int) -> Round | None:
        """The round as it was kept; None when another one was, or only half of it."""
        from safetensors.torch import load_file

        folder = self.work.keep / "rounds"
        if not (folder / NOTES).is_file():
            return None
        record: dict[str, Any] = json.loads((folder / NOTES).read_text("utf-8"))
        self.kl_weight = float(record["next"])
        tensors = load_file(folder / NUMBERS)
        if record["number"] != number or int(tensors["number"]) != number:
            return None
        answers = [tuple(ids) for ids in record["answers"]]
        rows = self._packed(self._prompts_of(number), answers)
        facts: dict[int, dict[str, Tensor]] = {id(row): {} for row in rows}
        for key, value in tensors.items():
            place, _, name = key.partition(".")
            if name:
                facts[id(rows[int(place)])][name] = value
        return Round(rows, facts, record["told"])

    # -- the loss --------------------------------------------------------------------------------

    def __call__(self, row: Row) -> RowLoss:
        """The loss of a row of the present round, summed over its tokens."""
        from practicum.train.loop import RowLoss

        facts, told, way = self._round.facts[id(row)], self._round.told, self.way
        log_probs, values = self.policy.read(row)
        each = clipped_policy_loss(log_probs, facts["old"], facts["advantages"], way.clip)
        if way.algorithm == "ppo":
            each = each + way.value_weight * clipped_value_loss(
                values, facts["values"], facts["targets"], way.clip
            )
        else:
            each = each + way.kl_weight * divergence(log_probs, facts["reference"])
        n = len(row.target)
        ratio = torch.exp(log_probs.detach() - facts["old"])
        clipped = float(((ratio - 1).abs() > way.clip).sum())
        values_told = {name: value * n for name, value in told.items()} | {"clipped": clipped}
        return RowLoss(each.sum(), n, values_told)
