"""Models: where each is from, what may be done with it, how good it is, which one to choose."""

from __future__ import annotations

import html
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from practicum.core.recipe import parse_recipe
from practicum.core.stage import Made
from practicum.measure.told import Point
from practicum.web.door.doorkeeper import Doorkeeper
from practicum.web.studio import Studio
from practicum.web.tools.models import _trade_claim

WAIT_S = 300.0


@pytest.fixture
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> Studio:
    """A studio with a life in it where a test asks for one."""
    home = tmp_path / "home"
    if "life" in request.fixturenames:
        made = request.getfixturevalue("tiny_store")
        shutil.copytree(made.home, home, copy_function=os.link)
        lived = {step.run.id for step in request.getfixturevalue("life").values()}
        for path in (home / "runs").glob("*.json"):  # other tests run more in that store
            if path.stem not in lived:
                path.unlink()
    return Studio(home, Doorkeeper(8040))


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def test_an_empty_shelf_says_how_to_fill_it(client: Any) -> None:
    page = client.get("/models").text
    assert "The shelf is empty" in page
    assert "/tools/import?source=smollm2-135m-instruct" in page


def test_the_shelf_shows_models_with_size_licence_and_origin(
    client: Any, life: Mapping[str, Made]
) -> None:
    page = text_of(client.get("/models"))
    for name in ("base", "tuned", "aligned", "q8", "q4"):
        made = life[name]
        assert made.artifact.short in page
        assert f'href="/runs/{made.run.id}"' in page
    assert "gguf q8_0" in page
    assert "permissive" in page
    assert life["lessons"].artifact.short not in page
    assert life["lessons"].artifact.short in client.get("/models?kind=chat").text
    assert life["score-q8"].artifact.short in client.get("/models?kind=all").text
    assert client.get("/models?kind=spoon").status_code == 404


@pytest.mark.parametrize("word", ["name", "name@digest", "digest"])
def test_a_model_is_found_by_what_people_call_it(
    word: str, client: Any, life: Mapping[str, Made]
) -> None:
    digest = life["q8"].artifact.digest
    said = {"name": "q8", "name@digest": f"q8@{digest[:8]}", "digest": digest[:12]}[word]
    assert digest in client.get(f"/models/{said}").text


def test_a_model_that_is_not_there_is_not_found(client: Any) -> None:
    for name in ("nobody", "..%2F..%2Fformat", "nobody@12345678"):
        assert client.get(f"/models/{name}").status_code == 404


def test_a_model_s_page_has_everything_to_judge_it_by(
    client: Any, life: Mapping[str, Made]
) -> None:
    page = text_of(client.get("/models/q8"))
    made = life["q8"]
    assert "Apache-2.0" in page
    assert "not legal advice" in page
    assert "<svg" in page.split("Where it is from")[1]
    accuracy = life["score-q8"].report.get("accuracy")
    assert accuracy is not None
    assert f"{100 * accuracy.value:.1f} %" in page
    assert next(iter(made.artifact.files.values())).sha256 in page
    assert f"/runs/{life['score-q8'].run.id}" in page
    recipe = page.split('<pre id="as-recipe"')[1].split(">", 1)[1].split("</pre>")[0]
    steps = [step.stage.name for step in parse_recipe(recipe).steps]
    assert steps[0] == "pretrain"
    assert steps[-1] == "quantize"
    assert "practicum quantize" in page.replace('<span class="word">', "").replace("</span>", "")


def test_the_card_is_rendered_and_can_be_copied(client: Any, life: Mapping[str, Made]) -> None:
    page = client.get("/models/tuned").text
    body = page.split('class="card-body"')[1].split("</details>")[0]
    assert "<h2>How it was made</h2>" in body
    assert "<table>" in body
    assert "license: " in page.split('id="card-text"')[1].split("</pre>")[0]


def test_a_dataset_shows_its_first_rows_and_what_they_are_for(
    client: Any, life: Mapping[str, Made]
) -> None:
    page = text_of(client.get("/models/lessons"))
    assert "The first rows" in page
    assert "user: " in page
    assert "/tools/finetune?chats=lessons" in page
    assert f"/runs/{life['tuned'].run.id}" in page


def test_a_name_can_be_pointed_at_a_model(client: Any, life: Mapping[str, Made]) -> None:
    digest = life["q8"].artifact.digest
    told = client.post(f"/models/{digest}/name", {"name": "favourite"}).json()
    assert told["go"] == f"/models/{digest}"
    assert client.studio.store.names()["favourite"] == digest
    wrong = client.post(f"/models/{digest}/name", {"name": "../x"})
    assert wrong.status_code == 400
    assert "is not a name" in wrong.json()["error"]


# -- compared ----------------------------------------------------------------------------------


def test_models_are_compared_with_intervals_and_a_paired_test(
    client: Any, life: Mapping[str, Made]
) -> None:
    page = text_of(client.get("/models/compare?a=base&b=q4"))
    accuracy = life["score-q4"].report.get("accuracy")
    assert accuracy is not None
    assert f"n {accuracy.n}" in page.split("paired")[1]
    assert "may be chance" in page or "more than chance" in page
    query = page.split('data-piece="')[1].split('"')[0]
    plot = client.get(query).text
    assert "size on disk (MB)" in plot
    assert "whiskers: 95 % intervals" in plot


def test_all_measured_models_stand_side_by_side(client: Any, life: Mapping[str, Made]) -> None:
    page = text_of(client.get("/models/compare"))
    for name in ("base", "tuned", "aligned", "linear", "slerp", "q4", "q8"):
        assert life[name].artifact.digest in page
    unmeasured = life["lessons"].artifact.digest
    assert (
        f"{unmeasured[:8]} was not measured" in client.get(f"/models/compare?m={unmeasured}").text
    )


def test_nothing_is_claimed_of_models_that_answered_different_questions(
    client: Any, life: Mapping[str, Made]
) -> None:
    store = client.studio.store
    run = life["score-q4"].run
    other = run.model_copy(
        update={"id": "29990101T000000-0123456789", "key": "0" * 64,
                "inputs": (run.inputs[0], life["prose"].artifact.digest, *run.inputs[2:])}
    )  # fmt: skip
    store.record(other)
    page = text_of(client.get("/models/compare?a=base&b=q4"))
    assert "different questions" in page
    assert "data-piece" not in page


def test_an_empty_comparison_says_what_to_do(client: Any) -> None:
    assert 'href="/tools/evaluate"' in client.get("/models/compare").text


def test_the_claim_over_the_plot_says_no_more_than_the_intervals() -> None:
    near = [Point("a", 0.5, 0.4, 0.6, 10.0), Point("b", 0.55, 0.45, 0.65, 5.0)]
    assert _trade_claim(near) == "No model is better beyond chance; b is the smallest, 5 MB"
    far = [Point("a", 0.9, 0.85, 0.95, 10.0), Point("b", 0.2, 0.1, 0.3, 5.0)]
    assert _trade_claim(far) == "a answers most: 90% right at 10 MB"


# -- from rows to a choice, through the pages alone ----------------------------------------------


def run_through(client: Any, stage: str, **values: Any) -> None:
    """Use a tool and wait until its job is done."""
    told = client.post(f"/tools/{stage}/run", {"threads": "1", **values}).json()
    assert "go" in told, told
    job_id = told["go"].removeprefix("/runs/")
    end = time.monotonic() + WAIT_S
    while client.studio.queue.job(job_id).state in ("queued", "running"):
        assert time.monotonic() < end
        time.sleep(0.1)
    job = client.studio.queue.job(job_id)
    assert job.state == "done", (job.standing.complaints, (job.folder / "log.txt").read_text())
    assert client.get(told["go"]).status_code == 200


@pytest.mark.slow
def test_a_practitioner_goes_from_rows_to_a_choice(client: Any, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    with rows.open("w") as stream:
        for a in range(2, 12):
            for b in range(2, 8):
                said = [{"role": "user", "content": f"What is {a} plus {b}?"},
                        {"role": "assistant", "content": str(a + b)}]  # fmt: skip
                stream.write(json.dumps({"messages": said, "answer": str(a + b)}) + "\n")
    run_through(
        client, "data", **{"input.rows": "…", "input.rows.other": str(rows), "name": "sums"}
    )
    small = {"param.updates": "8", "param.n_vocab": "300", "param.context": "32"}
    run_through(client, "pretrain", name="tiny", **small)
    both = {"input.model": "tiny", "input.chats": "sums"}
    run_through(client, "finetune", name="tuned", **both, **{"param.row_tokens": "64"})
    asked = {"param.max_tokens": "8", "param.limit": "5"}
    run_through(client, "evaluate", name="before", **both, **asked)
    run_through(client, "evaluate", name="after", **{**both, "input.model": "tuned"}, **asked,
                **{"input.baseline": "before"})  # fmt: skip
    page = text_of(client.get("/models/compare?a=tiny&b=tuned"))
    assert "The same questions, paired" in page
