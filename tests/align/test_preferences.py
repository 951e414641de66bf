"""Preference methods on a tiny model: the packed loss, what each one moves, what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import torch

import practicum as pr
from practicum.align.preferences import (
    LOSSES,
    USUAL,
    PairLoss,
    PreferenceMethod,
    Scores,
    Strength,
    n_answers,
)
from practicum.align.stage import AlignParams
from practicum.core.messages import Message, Pair, write_rows
from practicum.core.stage import Made, Work
from practicum.core.store import Store
from practicum.models.load import load_model
from practicum.train.rows import pair_rows

METHODS = get_args(PreferenceMethod)
PAIRS = [
    Pair(prompt=(Message(role="user", content=f"Who speaks {word} words?"),),
         chosen=f"The {word} king.", rejected=f"A fool, {word} and loud.")
    for word in ("kind", "old", "bitter", "sweet", "few", "many", "brave", "cold", "true", "mad")
]  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pairs as a data folder: most to train on, the rest to look at."""
    folder = tmp_path_factory.mktemp("pairs")
    write_rows(folder / "train.jsonl", PAIRS[:7])
    write_rows(folder / "validation.jsonl", PAIRS[7:])
    return folder


def whole_scores(model: Any, tokenizer: Any, pair: Pair) -> list[float]:
    """Log-probabilities of both answers, each alone behind its prompt."""
    found = []
    prompt = tokenizer.encode_prompt(pair.prompt)
    for answer in (pair.chosen, pair.rejected):
        ids = tokenizer.encode_answer(answer)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([[*prompt, *ids]])).logits[0].log_softmax(-1)
        found.append(sum(logits[len(prompt) + i - 1, token].item() for i, token in enumerate(ids)))
    return found


@pytest.mark.feature("S5c")
@pytest.mark.parametrize("method", METHODS)
def test_packed_scores_are_those_of_every_answer_alone(
    tiny: Made, path: Path, method: PreferenceMethod
) -> None:
    model, tokenizer = load_model(tiny.artifact, "float32")
    third = n_answers(method) == 3
    packed = pair_rows(path / "train.jsonl", tokenizer, 4096, 512, stranger=third)
    loss = PairLoss(model, method, Strength(0.1))
    scores = [loss.scores(row).log_probs for row in packed.rows]
    found = torch.cat(scores)
    assert sum(loss.n_pairs(row) for row in packed.rows) == len(found) == 7
    for i, pair in enumerate(PAIRS[:7]):
        assert found[i, :2].tolist() == pytest.approx(
            whole_scores(model, tokenizer, pair), abs=2e-3
        )
        if third:
            other = pair.model_copy(update={"rejected": PAIRS[(i + 1) % 7].chosen})
            assert found[i, 2].item() == pytest.approx(
                whole_scores(model, tokenizer, other)[1], abs=2e-3
            )


def test_every_method_is_its_formula_on_numbers_written_by_hand() -> None:
    scores = Scores(torch.tensor([[-4.0, -9.0, -7.0]]), torch.tensor([[2.0, 3.0, 2.0]]),
                    torch.tensor([[-5.0, -8.0, -7.5]]))  # fmt: skip
    by = Strength(0.5, gap=0.25)
    sigma = torch.sigmoid
    expected = {
        "dpo": -sigma(torch.tensor(0.5 * 2)).log(),  # gains +1 and −1
        "ipo": torch.tensor((0.5 + 1 / 3 - 1.0) ** 2),  # means: +.5 and −1/3; target 1 / (2·.5)
        "kto": 1 - sigma(torch.tensor(0.5 * 0.5)) + 1 - sigma(torch.tensor(0.5 * 1.5)),  # KL .5
        "simpo": -sigma(torch.tensor(0.5 * (-2 + 3) - 0.25)).log(),
    }
    for method, value in expected.items():
        assert LOSSES[method](scores, by).item() == pytest.approx(value.item(), abs=1e-6), method
    odds = [p / (1 - p) for p in (torch.tensor(-2.0).exp(), torch.tensor(-3.0).exp())]
    ratio = -sigma((odds[0] / odds[1]).log()).log()
    assert LOSSES["orpo"](scores, by).item() == pytest.approx(0.5 * ratio.item(), abs=1e-6)


@pytest.mark.feature("N4")
@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_to_prefer(
    tiny: Made, path: Path, store: Store, method: PreferenceMethod
) -> None:
    made = pr.align(str(tiny.artifact.folder), str(path), loss=method, rank=8, epochs=12, home=store,
                    threads=1, row_tokens=64)  # fmt: skip
    preferred = made.report.curves["preferred"]
    margin = [m for _, m in made.report.curves["margin"]]
    assert sum(v for _, v in preferred[-7:]) / 7 > 0.9
    assert sum(margin[-7:]) > sum(margin[:7])
    assert made.report.get("preferred").n == 3


@pytest.mark.feature("N5")
def test_orpo_has_no_reference_and_lifts_the_odds(
    tiny: Made, path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[PairLoss] = []
    plain = PairLoss.__init__

    def init(self: PairLoss, *args: Any) -> None:
        plain(self, *args)
        seen.append(self)

    monkeypatch.setattr(PairLoss, "__init__", init)
    made = pr.align(str(tiny.artifact.folder), str(path), loss="orpo", rank=8, epochs=12, home=store,
                    threads=1)  # fmt: skip
    assert seen and not seen[0]._reference
    assert not (store.home / "cache" / "reference").exists()
    chosen, rejected = (
        made.report.curves[f"log-probability of {w}"] for w in ("chosen", "rejected")
    )
    first, last = chosen[0][1] - rejected[0][1], chosen[-1][1] - rejected[-1][1]
    assert last > first
    assert chosen[-1][1] > chosen[0][1]


@pytest.mark.feature("N4")
def test_a_strong_reference_keeps_the_model_nearer(tiny: Made, path: Path, tmp_path: Path) -> None:
    """The same pairs and steps: the larger beta is, the less the log-probabilities move."""
    model, tokenizer = load_model(tiny.artifact, "float32")
    prompt = tokenizer.encode_prompt(PAIRS[8].prompt)
    ids = torch.tensor([prompt])
    with torch.no_grad():
        before = model(input_ids=ids).logits.log_softmax(-1)
    moved = []
    for beta in (0.02, 0.3, 3.0):
        made = pr.align(str(tiny.artifact.folder), str(path), beta=beta, chosen_nll=0.0, rank=8,
                        epochs=30, home=Store(tmp_path / f"b{beta}"), threads=1)  # fmt: skip
        after_model, _ = load_model(made.artifact, "float32")
        with torch.no_grad():
            after = after_model(input_ids=ids).logits.log_softmax(-1)
        moved.append((before.exp() * (before - after)).sum(-1).mean().item())
    assert moved[0] > moved[1] > moved[2] > 0


def test_a_reference_is_computed_once_for_the_same_model_and_rows(
    tiny: Made, path: Path, tmp_path: Path
) -> None:
    model, tokenizer = load_model(tiny.artifact, "float32")
    rows = pair_rows(path / "train.jsonl", tokenizer, 64, 512).rows
    work = Work(tmp_path / "work" / "one")
    first = PairLoss(model, "dpo", Strength(0.1))
    first.remember(rows, work, "base")
    (kept,) = (tmp_path / "cache" / "reference").iterdir()
    kept_at = kept.stat().st_mtime_ns
    second = PairLoss(None, "dpo", Strength(0.1))  # type: ignore[arg-type]  # it is not asked
    second.remember(rows, work, "base")
    assert kept.stat().st_mtime_ns == kept_at
    for row in rows:
        assert torch.equal(second._reference[id(row)], first._reference[id(row)])
    with pytest.raises(AttributeError):
        PairLoss(None, "dpo", Strength(0.1)).remember(rows, work, "another")  # type: ignore[arg-type]


def test_what_is_not_said_is_the_method_s_usual() -> None:
    for method in METHODS:
        params = AlignParams(loss=method)
        beta, nll, rate = USUAL[method]
        assert (params.strength.beta, params.strength.chosen_nll, params.rate) == (beta, nll, rate)
        assert AlignParams(loss=method, method="full").rate == pytest.approx(rate / 20)
    assert AlignParams(beta=0.7, chosen_nll=0.0).strength == Strength(0.7, 0.5, 0.0, 0.0)
