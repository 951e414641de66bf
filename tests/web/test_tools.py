"""Tools: a form for every stage, a plan with every complaint, and the same work in other words."""

from __future__ import annotations

import html
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import click
import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from practicum import verbs
from practicum.cli.main import cli
from practicum.cli.options import given as typed
from practicum.core.recipe import parse_recipe, value_of
from practicum.core.stage import Made, Stage, find_stage, stages
from practicum.core.store import Store
from practicum.web.door.doorkeeper import Doorkeeper
from practicum.web.studio import Studio
from practicum.web.tools.asked import Planned, planned, read_form
from practicum.web.tools.forms import OTHER
from practicum.web.tools.shown import again_link
from practicum.web.tools.told import whole_recipe, written

# A form for each stage, filled in with things of a whole life.
FORMS: dict[str, dict[str, Any]] = {
    "import": {"param.source": "smollm2-135m-instruct", "param.prefer": "registry", "name": "smol"},
    "data": {"input.against": "lessons", "input.rows": "", "name": "more",
             "param.tasks": "{chain_sum: {train: 30, settings: {max_terms: 3}}}", "seed": "4"},
    "pretrain": {"input.texts": OTHER, "input.texts.other": "prose", "param.lr_peak": "1e-3",
                 "param.updates": "12", "param.context": "16", "name": "2024"},
    "finetune": {"input.model": "base", "input.chats": "lessons", "param.rank": "8",
                 "param.output": "adapter", "threads": "1"},
    "align": {"input.model": "tuned", "input.pairs": "pairs", "param.beta": "0.5"},
    "reward": {"input.model": "tuned", "input.pairs": "pairs", "param.rank": "4"},
    "reinforce": {"input.model": "tuned", "input.chats": "lessons", "param.rounds": "2"},
    "merge": {"input.models": ["tuned", "aligned"], "input.models.other": ["", ""],
              "param.weights": "[1, 3]"},
    "quantize": {"input.model": "tuned", "param.type": "Q4_0", "name": "it-s"},
    "evaluate": {"input.model": "tuned", "input.chats": "lessons", "input.texts": "prose",
                 "input.parent": "base", "input.baseline": "score-base", "param.speed": False,
                 "param.limit": "5"},
    "benchmark": {"input.model": "tuned", "param.task": "arc_easy", "param.limit": "3"},
    "talk": {"input.first": "base", "input.last": "tuned",
             "param.prompts": '''["What's 2 + 2?", "no: really"]'''},
}  # fmt: skip


@pytest.fixture(scope="module")
def made_home(
    tmp_path_factory: pytest.TempPathFactory, life: Mapping[str, Made], tiny_store: Store
) -> Path:
    """A home in which a whole life was led; the session's own store stays as it is."""
    home = tmp_path_factory.mktemp("made") / "home"
    shutil.copytree(tiny_store.home, home, copy_function=os.link)
    return home


@pytest.fixture
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> Studio:
    """A studio with a life in it where a test asks for one."""
    is_made = "made_home" in request.fixturenames
    home = request.getfixturevalue("made_home") if is_made else tmp_path / "home"
    return Studio(home, Doorkeeper(8040))


@pytest.fixture
def idle(client: Any) -> Iterator[Any]:
    """A client whose queue takes jobs and does not work on them."""
    client.studio.queue.stop()
    yield client
    for job in client.studio.queue.jobs():
        client.studio.queue.remove(job.id)


def plan_of(stage: str, values: dict[str, Any], home: Path) -> Planned:
    return planned(read_form(find_stage(stage), values), Store(home))


# -- the list and the forms --------------------------------------------------------------------


def test_the_list_shows_every_tool_and_what_to_begin_with(client: Any) -> None:
    page = client.get("/tools").text
    for name in stages():
        assert f'href="/tools/{name}"' in page
    assert "Three ways to begin" in page
    assert 'href="/tools/recipe?life=first"' in page


def test_the_list_of_a_filled_home_does_not_begin_again(client: Any, made_home: Path) -> None:
    assert "Three ways to begin" not in client.get("/tools").text


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_has_a_control_with_help_for_every_parameter_and_input(
    name: str, client: Any, made_home: Path
) -> None:
    page = html.unescape(client.get(f"/tools/{name}").text)
    stage = find_stage(name)
    for param, field in stage.Params.model_fields.items():
        assert f'name="param.{param}"' in page
        assert (field.description or "") in page
        assert re.search(rf'id="p-{param}"', page)
        assert f'id="wrong-{param}"' in page
    for slot in stage.takes:
        assert f'name="input.{slot.name}"' in page
        fitting = [a for a in Store(made_home).artifacts() if a.kind in slot.kinds]
        assert fitting or slot.optional
        for artifact in fitting:
            assert f"@{artifact.short}" in page


def test_every_stage_that_is_installed_has_a_form_here() -> None:
    assert set(FORMS) == set(stages())


def test_a_link_fills_the_form_in(client: Any, made_home: Path) -> None:
    page = client.get("/tools/finetune?model=base&chats=/rows.jsonl&rank=8&output=adapter").text
    short = Store(made_home).resolve("base").short
    assert f'@{short}" selected>' in page
    assert 'value="/rows.jsonl"' in page
    assert re.search(r'name="param.rank"[^>]*value="8"', page)
    assert '<option value="adapter" selected>' in page


def test_what_a_link_carries_is_only_ever_text(client: Any) -> None:
    attack = '"><script>alert(1)</script>'
    query = urlencode(dict.fromkeys(("rows", "model", "tasks", "form", "name", "seed"), attack))
    page = client.get(f"/tools/data?{query}")
    assert attack not in page.text
    assert "<script>" not in page.text


def test_a_tool_without_anything_to_work_on_says_what_makes_it(client: Any) -> None:
    page = client.get("/tools/finetune").text
    assert "nothing that fits is here yet" in page
    assert 'href="/tools/pretrain"' in page
    assert 'href="/tools/data"' in page


def test_a_tool_that_is_not_there_is_not_found(client: Any) -> None:
    assert client.get("/tools/telepathy").status_code == 404


# -- plans -------------------------------------------------------------------------------------


def test_all_complaints_are_told_at_once_each_at_its_field(client: Any, made_home: Path) -> None:
    values = {"input.model": "base", "param.rank": "0", "param.lr_peak": "fast", "name": "A name",
              "seed": "x", "threads": "0"}  # fmt: skip
    told = client.post("/tools/finetune/plan", values).json()["html"]
    wrong = {spot for spot, text in told.items() if spot.startswith("#wrong-") and text.strip()}
    names = ("chats", "rank", "lr_peak", "name", "seed", "threads")
    assert wrong == {f"#wrong-{name}" for name in names}
    assert "6 things to fix" in told["#plan"]


def test_a_plan_says_what_it_makes_and_costs(client: Any, made_home: Path) -> None:
    plan = client.post("/tools/pretrain/plan", {"param.updates": "10"}).json()["html"]["#plan"]
    assert "1.84 M parameters on 20,480 tokens" in html.unescape(plan)
    for fact in ("time", "memory", "disk"):
        assert f"<dt>{fact}</dt>" in plan


def test_what_was_made_already_is_known_before_it_runs(
    life: Mapping[str, Made], made_home: Path
) -> None:
    run = life["tuned"].run
    values = {"input.model": run.inputs[0], "input.chats": run.inputs[1], "seed": str(run.seed)}
    found = plan_of("finetune", values, made_home)
    assert found.made is not None
    assert found.made.id == run.id
    assert plan_of("finetune", {**values, "param.rank": "3"}, made_home).made is None


def test_names_are_pinned_to_what_they_mean_now(made_home: Path) -> None:
    found = plan_of("quantize", FORMS["quantize"], made_home)
    short = Store(made_home).resolve("tuned").short
    assert found.intent.inputs == (f"tuned@{short}",)


def test_a_plan_of_an_import_asks_nobody(made_home: Path) -> None:
    found = plan_of("import", {"param.source": "hf:someone/something"}, made_home)
    assert found.wrong == ()  # the tests' guard would have complained of a connection
    assert found.plan is not None


def test_planning_every_stage_never_imports_torch(made_home: Path) -> None:
    code = (
        "import sys; from practicum.web.tools.asked import planned, read_form\n"
        "from practicum.core.stage import find_stage; from practicum.core.store import Store\n"
        f"for name, values in {FORMS!r}.items():\n"
        f"    found = planned(read_form(find_stage(name), values), Store({str(made_home)!r}))\n"
        "    assert found.plan, (name, found.wrong)\n"
        "assert not {'torch', 'transformers', 'peft'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- the same work in other words ----------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(FORMS))
def test_the_recipe_is_the_same_work(name: str, made_home: Path) -> None:
    found = plan_of(name, FORMS[name], made_home)
    assert found.wrong == ()
    (step,) = parse_recipe(found.recipe).steps
    asked = found.asked
    assert step.stage.name == name
    assert step.params == asked.stage.Params.model_validate(asked.params)
    assert step.seed == asked.seed
    assert step.name == (asked.name or name)
    given = [i for i in step.inputs if i]
    assert given == [i for i in asked.inputs if i]
    assert slots(step.stage, step.inputs) == slots(step.stage, asked.inputs)


def slots(stage: Stage, inputs: tuple[str | None, ...]) -> dict[str, str]:
    last = len(stage.takes) - 1
    return {f"{stage.takes[min(i, last)].name}{i}": ref for i, ref in enumerate(inputs) if ref}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_the_command_line_is_the_same_work(
    name: str, made_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = plan_of(name, FORMS[name], made_home)
    program, verb, *words = shlex.split(found.command)
    assert program == "practicum"
    if name == "talk":  # it has no verb: the recipe is its command line
        assert [verb, *words] == ["life", "talk.yaml", "--home", str(made_home)]
        return
    seen: dict[str, Any] = {}

    def perform(stage: str, inputs: list[Any], options: dict[str, Any]) -> None:
        shared = {k: options.pop(k, None) for k in ("name", "seed", "threads", "home")}
        own = {k: v for k, v in options.items() if k in find_stage(stage).Params.model_fields}
        seen.update(shared, stage=stage, inputs=inputs, params=typed(own))

    monkeypatch.setattr("practicum.cli.stages.perform", perform)
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    more = ["--plan"] if verb == "import" else []  # which asks `perform`, as the others do
    command.main(args=[*words, *more], standalone_mode=False)
    asked = found.asked
    assert seen["stage"] == name
    assert [i for i in seen["inputs"] if i] == [i for i in asked.inputs if i]
    stage = find_stage(name)
    assert stage.Params.model_validate(seen["params"]) == stage.Params.model_validate(asked.params)
    assert (seen["seed"], seen["name"], seen["threads"]) == (asked.seed, asked.name, asked.threads)
    assert seen["home"] == str(made_home)


LETTERS = st.characters(codec="utf-8", exclude_categories=("C",))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(LETTERS, max_size=12),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text("abc_", min_size=1), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@for_any(PLAIN)
def test_a_value_is_read_back_as_it_was_written(value: Any) -> None:
    text = written(value)
    assert "\n" not in text
    assert value_of(text) == value


def test_a_whole_recipe_leads_from_nothing_to_a_model(
    life: Mapping[str, Made], made_home: Path
) -> None:
    store = Store(made_home)
    recipe = parse_recipe(whole_recipe(store, store.resolve("q8").digest))
    made = [step.stage.name for step in recipe.steps]
    assert sorted(made) == ["align", "data", "data", "finetune", "merge", "pretrain", "quantize"]
    assert recipe.step("q8").params == find_stage("quantize").Params.model_validate(
        life["q8"].run.params
    )
    again = verbs.life(_written(made_home, recipe.text), home=store, threads=1)
    assert again["q8"].cached  # the very same keys: nothing had to be made
    assert again["q8"].artifact.digest == life["q8"].artifact.digest


def _written(home: Path, text: str) -> Path:
    path = home / "again.yaml"
    path.write_text(text)
    return path


def test_a_link_to_a_tool_carries_the_whole_work(made_home: Path) -> None:
    found = plan_of("merge", FORMS["merge"], made_home)
    link = again_link(found.asked.stage, found.asked.inputs, found.asked.params, 3)
    query = parse_qs(urlsplit(link).query)
    assert query["models"] == list(found.asked.inputs)
    assert query["weights"] == ["[1, 3]"]
    assert query["seed"] == ["3"]


# -- running -----------------------------------------------------------------------------------


def test_work_with_a_complaint_is_not_queued(idle: Any, made_home: Path) -> None:
    told = idle.post("/tools/quantize/run", {"input.model": "nobody"}).json()
    assert "go" not in told
    assert "Nothing was started" in told["say"]
    assert "nobody" in told["html"]["#wrong-model"]
    assert idle.studio.queue.jobs() == []


def test_work_goes_into_the_queue_as_it_was_planned(idle: Any, made_home: Path) -> None:
    told = idle.post("/tools/finetune/run", {**FORMS["finetune"], "name": "mine"}).json()
    (job,) = idle.studio.queue.jobs()
    assert told["go"] == f"/runs/{job.id}"
    intent = job.intent
    assert (intent.stage, intent.name, intent.threads) == ("finetune", "mine", 1)
    assert intent.params == {"rank": 8, "output": "adapter"}
    assert [i.split("@")[0] for i in intent.inputs if i] == ["base", "lessons"]


def test_a_recipe_is_checked_with_line_numbers(client: Any) -> None:
    text = "practicum: 1\nsteps:\n  a: {stage: pretrain, params: {updates: 0}}\n  b: {stage: quantise}\n"
    plan = client.post("/tools/recipe/plan", {"text": text}).json()["html"]["#plan"]
    plan = html.unescape(plan)
    assert "recipe.yaml:3" in plan
    assert "recipe.yaml:4" in plan
    assert "quantize" in plan  # the nearest name
    assert "2 things to fix" in plan
    assert "Nothing was started" in client.post("/tools/recipe/run", {"text": text}).json()["say"]


def test_a_recipe_shows_what_is_made_already_and_is_queued_whole(
    idle: Any, made_home: Path, life: Mapping[str, Made]
) -> None:
    store = Store(made_home)
    text = whole_recipe(store, life["q8"].artifact.digest)
    plan = idle.post("/tools/recipe/plan", {"text": text}).json()["html"]["#plan"]
    assert plan.count("made already") == 7
    told = idle.post("/tools/recipe/run", {"text": text, "threads": "1"}).json()
    (job,) = idle.studio.queue.jobs()
    assert told["go"] == f"/runs/{job.id}"
    assert job.intent.recipe == text
    assert job.intent.threads == 1
    assert text[:40] in html.unescape(idle.get(f"/tools/recipe?job={job.id}").text)


def test_the_first_life_can_be_run_as_it_is(client: Any) -> None:
    page = html.unescape(client.get("/tools/recipe?life=first").text)
    assert verbs.first_life().text in page
    told = client.post("/tools/recipe/plan", {"text": verbs.first_life().text}).json()
    assert "things to fix" not in told["html"]["#plan"]
