"""The stage `talk`: two models answer the same prompts, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from practicum.core.artifact import Artifact, Kind
from practicum.core.messages import Message, Sampling
from practicum.core.report import Report
from practicum.core.stage import Params, Plan, Slot, Work
from practicum.evaluate.stage import write_report


class TalkParams(Params):
    """What to ask."""

    prompts: tuple[str, ...] = Field(
        ("State the final answer to the following arithmetic problem: 47 + 38 =",),
        min_length=1, description="The questions, one conversation each.",
    )  # fmt: skip
    max_tokens: int = Field(64, gt=0, description="Longest answer, in tokens.")


class Talk:
    """first model + last model → report"""

    name: ClassVar[str] = "talk"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (Slot("first", ("model",)), Slot("last", ("model",)))
    Params = TalkParams

    def gives(self, params: TalkParams) -> Kind:
        return "report"

    def plan(self, inputs: Sequence[Artifact | None], params: TalkParams) -> Plan:
        return Plan(
            f"{len(params.prompts)} prompts, two models", 10 + 2 * len(params.prompts), 100_000
        )

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: TalkParams) -> Report:
        from practicum.infer.engine import open_engine

        prompts = [(Message(role="user", content=p),) for p in params.prompts]
        said: list[list[str]] = []
        for model in inputs:
            assert model is not None
            with open_engine(model, work.threads) as engine:
                sampling = Sampling(max_tokens=params.max_tokens)
                said.append([r.text.strip() for r in engine.reply(prompts, sampling)])
            work.progress(len(said), 2, "models")
        first, last = inputs
        assert first is not None and last is not None
        report = Report(
            title=f"{first.meta.get('name')} and {last.meta.get('name')}, asked the same",
            samples=tuple(
                {"prompt": p, "first": a, "last": b}
                for p, a, b in zip(params.prompts, *said, strict=True)
            ),
            notes=(f"first: {first.meta.get('name')}@{first.short}",
                   f"last: {last.meta.get('name')}@{last.short}"),
        )  # fmt: skip
        write_report(work, report, of=last)
        return report


STAGE = Talk()
