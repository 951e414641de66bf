"""The stage `reinforce`: model + prompts + rewards → model or adapter, by PPO or GRPO."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.align.rewards import Answered, needs_answers, rule
from practicum.core.artifact import Artifact, Kind
from practicum.core.errors import Complaint, PlanError, PracticumError
from practicum.core.messages import Conversation, read_rows
from practicum.core.report import Metric, Report
from practicum.core.stage import Plan, Slot, Work
from practicum.train.adapters import TunedParams
from practicum.train.rows import train_path
from practicum.train.tuning import plan_tuned, settings_of, tuned_metrics, write_tuned

if TYPE_CHECKING:
    from practicum.align.policy import Policy
    from practicum.align.rollouts import Judge, Prompt, Way
    from practicum.text.pack import Row
    from practicum.text.tokenizer import ChatTokenizer

SECONDS_PER_TOKEN_AND_PARAMETER = 1 / 60 / 134.5e6  # writing a token, and learning from it
CURVES = {"reward": "reward", "kl": "divergence (nats/token)", "length": "tokens of an answer",
          "kl_weight": "weight of the divergence"}  # fmt: skip


class ReinforceParams(TunedParams):
    """How to learn from rewards."""

    algorithm: Literal["ppo", "grpo"] = Field(
        "grpo",
        description="ppo learns a value of every state; grpo compares answers to one prompt.",
    )
    reward: str = Field(
        "answer", description="answer: the row's own; lenient: anywhere in the reply; letters:XYZ: a "
        "toy. With a reward model, that is asked instead.",
    )  # fmt: skip
    rounds: int = Field(20, gt=0, description="How often answers are written and learned from.")
    prompts: int = Field(8, gt=0, description="Prompts of a round.")
    answers: int = Field(8, gt=0, description="Answers to each prompt.")
    passes: int = Field(2, gt=0, description="Updates made with the answers of a round.")
    max_new_tokens: int = Field(48, gt=0, description="The longest answer.")
    row_tokens: int = Field(512, ge=64, description="Tokens in one packed row.")
    lr_peak: float = Field(3e-4, gt=0, lt=1, description="Peak learning rate.")
    clip: float = Field(0.2, gt=0, lt=1, description="How far one round may move a token's odds.")
    kl_weight: float = Field(0.05, ge=0, description="Price of leaving the reference; 0: free.")
    kl_target: float = Field(
        0.0, ge=0, description="With ppo: raise that price whenever the divergence passes this many "
        "nats a token; 0: never.",
    )  # fmt: skip
    value_weight: float = Field(0.1, ge=0, description="With ppo: weight of the value's error.")
    discount: float = Field(1.0, gt=0, le=1, description="With ppo: worth of a later reward.")
    smoothing: float = Field(0.95, ge=0, le=1, description="With ppo: lambda of the advantages.")
    output: Literal["model", "adapter"] = Field(
        "model", description="The model whole, or the adapter alone."
    )


class Reinforce:
    """model + chats (+ reward model) → model | adapter"""

    name: ClassVar[str] = "reinforce"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (
        Slot("model", ("model",)), Slot("chats", ("chat",)),
        Slot("judge", ("adapter",), optional=True),
    )  # fmt: skip
    Params = ReinforceParams

    def gives(self, params: ReinforceParams) -> Kind:
        return params.output

    def plan(self, inputs: Sequence[Artifact | None], params: ReinforceParams) -> Plan:
        model, chats, judge = (*inputs, None)[:3]
        assert model is not None and chats is not None
        wrong = _complaints(model, chats, judge, params)
        if wrong:
            raise PlanError(*wrong)
        plan = plan_tuned(model, chats, params, epochs=1, output=params.output, what="reinforced",
                          seconds_per_token=0.0)  # fmt: skip
        n_tokens = params.rounds * params.prompts * params.answers * params.max_new_tokens
        seconds = (
            15 + n_tokens * float(model.meta["n_parameters"]) * SECONDS_PER_TOKEN_AND_PARAMETER
        )
        text = f"{model.meta['name']} reinforced with up to {n_tokens:,} tokens of its own"
        return Plan(text, seconds, plan.size_bytes, plan.memory_bytes)

    def make(
        self, work: Work, inputs: Sequence[Artifact | None], params: ReinforceParams
    ) -> Report:
        from practicum.align.policy import Policy
        from practicum.align.rollouts import Rollouts
        from practicum.models.load import load_model, threads
        from practicum.text.named import with_template
        from practicum.train.adapters import attach
        from practicum.train.loop import train

        base, chats, judge = (*inputs, None)[:3]
        assert base is not None and chats is not None
        with threads(work.threads):
            model, tokenizer = load_model(base)
            tokenizer = with_template(tokenizer, params.template)
            tuned = attach(model, params, work.seed)
            policy = Policy(tuned, has_value=params.algorithm == "ppo")
            if judge:
                policy.add_reward(judge.folder)
            prompts = _prompts(train_path(chats), tokenizer)
            rollouts = Rollouts(policy, tokenizer, prompts, way_of(params), work,
                                _judge(policy, params, is_model=judge is not None))  # fmt: skip
            history = train(
                policy, rollouts, rollouts, lambda row: len(row.target),
                settings_of(params, lr_peak=params.lr_peak, seed=work.seed), work,
                state_of=policy.state, lr_scale=tuned.lr_scale,
                note=lambda values: f"reward {values.get('reward', 0):.3f}",
            )  # fmt: skip
            about = tuned_metrics(tuned)
            policy.drop_reward()
            write_tuned(work, tuned, base, chats, params.output)
        rounds = {name: history.values[name][:: params.passes] for name in CURVES}
        n = params.prompts * params.answers
        metrics = [
            Metric(name="reward.first", value=rounds["reward"][0], n=n, better="higher"),
            Metric(name="reward.last", value=rounds["reward"][-1], n=n, better="higher"),
            Metric(name="divergence", value=rounds["kl"][-1], unit="nats/token", better="lower"),
            Metric(name="length.last", value=rounds["length"][-1], unit="tokens"),
            *about,
        ]  # fmt: skip
        return Report(
            title=f"{base.meta['name']} reinforced by {params.algorithm}", metrics=tuple(metrics),
            curves={told: list(enumerate(rounds[name], 1)) for name, told in CURVES.items()},
        )  # fmt: skip


def way_of(params: ReinforceParams) -> Way:
    """The parameters as the rounds want them."""
    from practicum.align.rollouts import Way

    return Way(
        params.algorithm, params.rounds, params.prompts, params.answers, params.passes,
        params.max_new_tokens, params.row_tokens, params.clip, params.kl_weight, params.kl_target,
        params.value_weight, params.discount, params.smoothing,
    )  # fmt: skip


def _prompts(path: Path, tokenizer: ChatTokenizer) -> list[Prompt]:
    from practicum.align.rollouts import Prompt

    return [Prompt(tuple(tokenizer.encode_prompt(chat.prompt)), chat.answer)
            for chat in read_rows(path, Conversation)]  # fmt: skip


def _judge(policy: Policy, params: ReinforceParams, *, is_model: bool) -> Judge:
    """What gives every answer its reward, in the order of owners."""
    if not is_model:
        by_rule = rule(params.reward)
        return lambda answered, rows: by_rule(answered)

    def by_model(answered: Sequence[Answered], rows: Sequence[Row]) -> list[float]:
        found = policy.rewards(rows)
        return [found[i] for i in range(len(answered))]

    return by_model


def _complaints(
    model: Artifact, chats: Artifact, judge: Artifact | None, params: ReinforceParams
) -> list[Complaint]:
    """What keeps the rewards from being given."""
    wrong: list[Complaint] = []
    if params.method == "full":
        wrong.append(Complaint("method: the reference is the model without its adapter",
                               hint="lora or qlora"))  # fmt: skip
    if params.algorithm == "grpo" and params.answers < 2:
        wrong.append(Complaint("answers: grpo compares at least two", hint="8"))
    if params.kl_target and params.algorithm == "grpo":
        wrong.append(Complaint("kl_target: grpo's price is fixed", hint="a larger kl_weight"))
    if params.kl_target and not params.kl_weight:
        wrong.append(Complaint("kl_target: a price of 0 cannot be raised", hint="kl_weight: 0.01"))
    if judge is not None:
        if judge.meta.get("role") != "reward":
            wrong.append(Complaint(f"{judge.short} is no reward model", hint="practicum reward"))
        elif judge.meta.get("base") != model.digest:
            wrong.append(Complaint(f"the reward model {judge.short} belongs to base "
                                   f"{str(judge.meta.get('base'))[:8]}, not to {model.short}"))  # fmt: skip
        return wrong
    try:
        rule(params.reward)
        if needs_answers(params.reward):
            rows = list(read_rows(train_path(chats), Conversation))
            lacking = sum(row.answer is None for row in rows)
            if lacking:
                wrong.append(Complaint(f"reward: {lacking} of {len(rows)} rows have no answer to "
                                       "compare with", hint="practicum data --tasks"))  # fmt: skip
    except PracticumError as error:
        wrong += error.complaints
    return wrong


STAGE = Reinforce()
