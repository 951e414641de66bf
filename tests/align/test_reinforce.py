"""Learning by reward on a tiny model: what rises, what it costs, what cheats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import practicum as pr
from practicum.align.policy import HEAD_FILE, Policy, last_tokens, spans
from practicum.align.reinforce import ReinforceParams, way_of
from practicum.align.rewards import Answered, rule
from practicum.align.rollouts import Prompt, Rollouts
from practicum.core.errors import PlanError, PracticumError
from practicum.core.messages import Conversation, Message, Pair, write_rows
from practicum.core.stage import Made, Work
from practicum.core.store import Store
from practicum.models.load import load_model
from practicum.text.pack import Example, pack
from practicum.train.adapters import TunedParams, attach


def chat(question: str, answer: str) -> Conversation:
    messages = (Message(role="user", content=question), Message(role="assistant", content=answer))
    return Conversation(messages=messages, answer=answer)


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chats") / "chats.jsonl"
    write_rows(path, [chat(f"Speak of the {w}.", "Aye.") for w in ("king", "sea", "rose", "night")])
    return path


TOY: dict[str, Any] = {
    "reward": "letters:e", "rounds": 18, "prompts": 4, "answers": 16, "passes": 1, "rank": 8,
    "max_new_tokens": 12, "lr_peak": 6e-3, "threads": 1,
}  # fmt: skip


def series(made: Made, name: str) -> list[float]:
    return [value for _, value in made.report.curves[name]]


@pytest.fixture(scope="module")
def toys(tiny: Made, chats: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """The toy reward learned in four ways."""
    home = Store(tmp_path_factory.mktemp("toys"))
    ways: dict[str, dict[str, Any]] = {
        "ppo": {"algorithm": "ppo", "kl_weight": 0.008, "kl_target": 1.5},
        "ppo, no price": {"algorithm": "ppo", "kl_weight": 0.0},
        "grpo": {"algorithm": "grpo", "kl_weight": 0.1},
    }
    return {
        way: pr.run("reinforce", str(tiny.artifact.folder), str(chats), home=home, seed=1,
                    **TOY | options)
        for way, options in ways.items()
    }  # fmt: skip


@pytest.mark.feature("S5b")
def test_a_toy_reward_doubles_while_the_model_stays_near(toys: dict[str, Made]) -> None:
    for way in ("ppo", "grpo"):
        reward = series(toys[way], "reward")
        best = max(sum(reward[i : i + 3]) for i in range(len(reward) - 2))
        assert best > 2 * sum(reward[:3])
    divergence = series(toys["ppo"], "divergence (nats/token)")
    assert sum(divergence[-3:]) / 3 < 1.5
    weights = series(toys["ppo"], "weight of the divergence")
    assert len(set(weights)) > 3  # it was steered


@pytest.mark.feature("S5b")
def test_without_a_price_the_reward_is_hacked(toys: dict[str, Made], tiny: Made) -> None:
    """The share of the letter e goes where no English text is, and the model far away."""
    free, priced = toys["ppo, no price"], toys["ppo"]
    assert series(free, "reward")[-1] > 0.5  # English has about 0.13
    far, near = (series(m, "divergence (nats/token)")[-1] for m in (free, priced))
    assert far > 2 and far > 2 * near


def test_a_killed_training_learns_from_the_very_same_answers(
    tiny: Made, chats: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("practicum.train.loop.CHECKPOINT_EVERY_S", 0.0)
    options: dict[str, Any] = TOY | {
        "rounds": 4, "passes": 2, "answers": 4, "algorithm": "ppo", "kl_weight": 0.01,
        "kl_target": 0.01, "row_tokens": 4096,
    }  # fmt: skip

    def one(home: Path, die_at: int | None) -> Made:
        plain, n = Rollouts.__call__, 0

        def call(self: Rollouts, row: Any) -> Any:
            nonlocal n
            n += 1
            if n == die_at:
                raise KeyboardInterrupt
            return plain(self, row)

        with monkeypatch.context() as patch:
            patch.setattr(Rollouts, "__call__", call)
            return pr.run("reinforce", str(tiny.artifact.folder), str(chats), home=Store(home),
                          name="r", **options)  # fmt: skip

    whole = one(tmp_path / "whole", None)
    for die_at in (4, 7):  # in a second pass and in a first
        with pytest.raises(KeyboardInterrupt):
            one(tmp_path / f"torn{die_at}", die_at)
        resumed = one(tmp_path / f"torn{die_at}", None)
        assert resumed.artifact.digest == whole.artifact.digest
        assert resumed.report.curves == whole.report.curves


@pytest.mark.feature("S5b")
def test_one_trunk_is_policy_reference_value_and_reward(tiny: Made, tmp_path: Path) -> None:
    model, tokenizer = load_model(tiny.artifact, "float32")
    plain = [p.clone() for p in model.parameters()]
    tuned = attach(model, TunedParams(rank=4), seed=1)
    policy = Policy(tuned, has_value=True)
    ids = tuple(tokenizer.encode("To be, or not to be"))
    row = pack([[Example(ids, (False,) * 3 + (True,) * (len(ids) - 3))]], 64)[0]
    with torch.no_grad():
        before, values = policy.read(row)
        assert torch.allclose(before, policy.reference(row), atol=1e-6)
        assert not values.any()  # nothing is known of any state at first
        for name, weight in policy.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.05)
        after, _ = policy.read(row)
        assert not torch.allclose(before, after, atol=1e-3)
        assert torch.allclose(before, policy.reference(row), atol=1e-6)
    base = [p for n, p in model.named_parameters() if "lora_" not in n]
    assert all(torch.equal(a, b) for a, b in zip(plain, base, strict=True))
    n_base = sum(p.numel() for p in base)
    assert sum(p.numel() for p in policy.parameters()) < 1.4 * n_base  # and not four times it


def test_owners_are_found_in_a_row() -> None:
    a, b = Example((1, 2, 3), (False, True, True)), Example((1, 4), (False, True))
    row = pack([[a, b]], 16)[0]
    assert spans(row) == {0: slice(0, 2), 1: slice(2, 3)}
    assert last_tokens(row) == {0: 1, 1: 2}


@pytest.mark.feature("S5a")
def test_a_reward_model_learns_who_is_preferred_and_then_judges(
    tiny: Made, chats: Path, tmp_path: Path
) -> None:
    words = ("kind", "old", "bitter", "sweet", "few", "many", "brave", "cold", "true", "mad")
    pairs = [
        Pair(prompt=(Message(role="user", content=f"Speak {w} words."),),
             chosen=f"Ho, {w} sir!", rejected=f"The {w} sir") for w in words
    ]  # fmt: skip
    folder = tmp_path / "pairs"
    folder.mkdir()
    write_rows(folder / "train.jsonl", pairs[:7])
    write_rows(folder / "validation.jsonl", pairs[7:])
    home = Store(tmp_path / "home")
    model = str(tiny.artifact.folder)
    judge = pr.run("reward", model, str(folder), epochs=12, rank=8, lr_peak=3e-3, home=home,
                   threads=1, name="judge")  # fmt: skip
    assert judge.report.get("right").value == 1.0
    assert (judge.artifact.folder / HEAD_FILE).is_file()
    options: dict[str, Any] = TOY | {"rounds": 3}
    made = pr.run("reinforce", model, str(chats), "judge", home=home, algorithm="ppo", **options)
    assert made.artifact.meta["n_parameters"] == tiny.artifact.meta["n_parameters"]
    assert len(series(made, "reward")) == 3
    assert any(series(made, "reward"))
    other = pr.run(
        "pretrain", name="other", home=home, threads=1, updates=2, n_vocab=300, context=32
    )
    with pytest.raises(PlanError, match="belongs to base"):
        pr.run("reinforce", str(other.artifact.folder), str(chats), "judge", home=home, **options)


def test_rewards_are_what_their_rules_say() -> None:
    right, chatty, wrong = (Answered(t, "42", True) for t in ("42", "It is 42.", "41"))
    cut = Answered("42", "42", False)
    assert rule("answer")([right, chatty, wrong, cut]) == [1.0, 0.1, 0.0, 0.1]
    assert rule("lenient")([right, chatty, wrong]) == [1.0, 1.0, 0.0]
    assert rule("letters:e")([Answered("eel!", None, True), Answered("1!", None, True)]) == [
        pytest.approx(2 / 3), 0.0]  # fmt: skip
    for name in ("wisdom", "letters:", "letters:3"):
        with pytest.raises(PracticumError, match="no rule"):
            rule(name)


def test_what_cannot_be_rewarded_is_refused_in_the_plan(
    tiny: Made, tmp_path: Path, chats: Path
) -> None:
    model, home = str(tiny.artifact.folder), Store(tmp_path / "home")
    path = tmp_path / "open.jsonl"
    write_rows(path, [chat("Hello?", "Aye.").model_copy(update={"answer": None})])
    for options, why in [
        ({"reward": "answer"}, "1 of 1 rows have no answer"),
        ({"reward": "wisdom"}, "no rule 'wisdom'"),
        ({"reward": "letters:e", "answers": 1}, "at least two"),
        ({"reward": "letters:e", "method": "full"}, "without its adapter"),
    ]:
        with pytest.raises(PlanError, match=why):
            pr.run("reinforce", model, str(path), home=home, **options)


def test_every_prompt_is_asked_before_any_is_asked_again(tiny: Made, tmp_path: Path) -> None:
    model, tokenizer = load_model(tiny.artifact)
    policy = Policy(attach(model, TunedParams(rank=2), seed=0), has_value=False)
    prompts = [Prompt((i,), None) for i in range(10)]
    way = way_of(ReinforceParams(prompts=4, rounds=5))
    rollouts = Rollouts(policy, tokenizer, prompts, way, Work(tmp_path), lambda a, r: [])
    asked = [p.ids[0] for n in range(5) for p in rollouts._prompts_of(n)]
    assert sorted(asked[:10]) == sorted(asked[10:]) == list(range(10))
    assert asked[:10] != asked[10:]
