"""The model of lm-evaluation-harness: its own backend's numbers, its own windows, its own answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from practicum.core.errors import PracticumError
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.infer.lm_eval_door import MODEL, NAME, when_torch_comes
from practicum.infer.score.requests import windows

CONTEXT = 48
SPEECHES = (
    "Who is there?",
    "Speak, speak! I charge you to speak to me.",
    "",
    "To be, or not to be",
)
ENDINGS = (" A friend.", " The king himself, my lord", " x", " that is the question")


def asked(*arguments: Any) -> list[Any]:
    """Requests as the harness hands them over."""
    return [SimpleNamespace(args=a) for a in arguments]


@pytest.fixture(scope="module")
def ours(tiny: Made, tiny_store: Store) -> Any:
    from lm_eval.api.registry import get_model

    when_torch_comes()  # the harness is imported: what torch's import would do in `lm_eval`
    return get_model(NAME).create_from_arg_string(
        f"pretrained={tiny.artifact.digest},home={tiny_store.home},threads=1,max_length={CONTEXT}",
        {"batch_size": 1, "max_batch_size": None, "device": None},
    )


@pytest.fixture(scope="module")
def theirs(tiny: Made) -> Any:
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=str(tiny.artifact.folder), dtype="float32", device="cpu",
                max_length=CONTEXT)  # fmt: skip


def test_log_likelihoods_equal_the_backend_s_own(ours: Any, theirs: Any) -> None:
    requests = asked(*((a, b) for a in SPEECHES for b in ENDINGS), (" ".join(SPEECHES * 9), " so"))
    mine = ours.loglikelihood(requests, disable_tqdm=True)
    others = theirs.loglikelihood(requests, disable_tqdm=True)
    assert [g for _, g in mine] == [g for _, g in others]
    # A millionth of the sums, and float32's own noise on the shortest of them
    assert [a for a, _ in mine] == pytest.approx([a for a, _ in others], rel=1e-6, abs=1e-5)


def test_rolling_log_likelihoods_equal_the_backend_s_own(ours: Any, theirs: Any) -> None:
    requests = asked(*((text,) for text in (" ".join(SPEECHES * 8), SPEECHES[1], "")))
    mine = ours.loglikelihood_rolling(requests, disable_tqdm=True)
    assert mine == pytest.approx(
        theirs.loglikelihood_rolling(requests, disable_tqdm=True), rel=1e-6
    )


@pytest.mark.parametrize("n", [0, 1, 4, 5, 8, 9, 31])
def test_windows_are_those_of_the_harness(n: int) -> None:
    from lm_eval.utils import get_rolling_token_windows, make_disjoint_window

    text = list(range(n))
    for most in (1, 4, 7):
        theirs = get_rolling_token_windows(text, 99, most, context_len=1)
        assert list(windows(text, 99, most)) == [make_disjoint_window(pair) for pair in theirs]


def test_generated_answers_equal_the_backend_s_own_and_end_where_the_task_says(
    ours: Any, theirs: Any
) -> None:
    options = [{"until": ["e"], "max_gen_toks": 20}, {"until": ["\n", " t"], "max_gen_toks": 9},
               {"until": [], "max_gen_toks": 12, "do_sample": False}]  # fmt: skip
    requests = asked(*((text, dict(o)) for o in options for text in SPEECHES if text))
    mine = ours.generate_until(requests, disable_tqdm=True)
    again = asked(*((text, dict(o)) for o in options for text in SPEECHES if text))
    assert mine == theirs.generate_until(again, disable_tqdm=True)
    assert any(mine)
    assert not any("e" in text for text in mine[:3])


def test_chats_are_written_as_the_backend_writes_them(
    life: dict[str, Made], tiny_store: Store
) -> None:
    from lm_eval.models.huggingface import HFLM

    from practicum.infer.lm_eval_model import PracticumLM

    tuned = life["tuned"].artifact
    mine = PracticumLM(tuned.digest, home=str(tiny_store.home), threads=1)
    theirs = HFLM(pretrained=str(tuned.folder), dtype="float32", device="cpu")
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}]
    assert mine.apply_chat_template(turns) == theirs.apply_chat_template(turns)
    begun = [*turns, {"role": "assistant", "content": "It is"}]
    assert mine.apply_chat_template(begun, add_generation_prompt=False) == (
        theirs.apply_chat_template(begun, add_generation_prompt=False)
    )
    assert mine.chat_template(True) == tuned.folder.joinpath("chat_template.jinja").read_text()


def test_an_argument_that_nobody_reads_is_a_mistake(tiny: Made, tiny_store: Store) -> None:
    from practicum.infer.lm_eval_model import PracticumLM

    with pytest.raises(PracticumError, match="no model argument treads"):
        PracticumLM(tiny.artifact.digest, home=str(tiny_store.home), treads=1)
    with pytest.raises(PracticumError, match="float32 or bfloat16"):
        PracticumLM(tiny.artifact.digest, home=str(tiny_store.home), dtype="auto")


def test_the_harness_s_own_command_runs_a_task_with_our_model(
    tiny: Made, tiny_store: Store, tmp_path: Path
) -> None:
    rows = [{"q": q, "choices": list(ENDINGS), "gold": 1} for q in SPEECHES if q]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (tmp_path / "task.yaml").write_text(
        "task: own\ndataset_path: json\ndataset_kwargs:\n  data_files:\n"
        f"    test: {tmp_path / 'rows.jsonl'}\ntest_split: test\noutput_type: multiple_choice\n"
        'doc_to_text: "{{q}}"\ndoc_to_choice: choices\ndoc_to_target: gold\n'
        "metric_list:\n  - metric: acc\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "practicum.infer.lm_eval_door", "--model", NAME, "--model_args",
         f"pretrained={tiny.artifact.digest},home={tiny_store.home},threads=1",
         "--tasks", "own", "--include_path", str(tmp_path), "--output_path", str(tmp_path / "out")],
        capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hf"), "OMP_NUM_THREADS": "1", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(next((tmp_path / "out").rglob("results_*.json")).read_text())
    assert found["config"]["model"] == NAME
    assert found["config"]["model_digest"] == tiny.artifact.digest
    assert found["n-samples"]["own"]["effective"] == 3


def test_importing_torch_is_no_different_where_there_is_no_harness() -> None:
    code = ("import sys; from practicum.infer.lm_eval_door import when_torch_comes as w; w(); "
            "print(sorted(m for m in sys.modules if m.startswith(('lm_eval', 'torch', 'numpy'))))")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert MODEL == "practicum.infer.lm_eval_model:PracticumLM"
