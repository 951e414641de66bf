"""Where tasks and their rows come from: names, suites, files as their authors publish them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import practicum as pr
from practicum.core.errors import DataError, PracticumError
from practicum.core.store import Store
from practicum.evaluate.running.sampling import allocate, half_width, places, seconds, shuffled
from practicum.evaluate.running.units import Asked, agenda
from practicum.evaluate.tasks import rows as rows_module
from practicum.evaluate.tasks.adapters import agieval_row, first_pass
from practicum.evaluate.tasks.rows import Needs, locate, n_shots, read_rows
from practicum.evaluate.tasks.source import Catalogue
from practicum.evaluate.tasks.suites import lighteval, suite
from practicum.evaluate.tasks.task import build

AGIEVAL = {"passage": "One.", "question": "Which?", "options": ["(A)1", "(B)2"], "label": "B"}
EQ_PROMPT = (
    "Give each a score from 0-10. Then critique your answer by thinking it through step by step."
    " Finally, give your revised scores.\n\nFirst pass scores:\nSad: <score>\n\nCritique: "
    "<your critique here>\n\nRevised scores:\nSad: <revised score>\n\n[End of answer]\n\nRemember."
)
EMOTIONS = {f"emotion{i}": w for i, w in enumerate(("Sad", "Glad", "Calm", "Angry"), 1)}
EQ = {"prompt": EQ_PROMPT, "reference_answer": {}, "reference_answer_fullscale": EMOTIONS | {
    f"emotion{i}_score": i for i in range(1, 5)}}  # fmt: skip
PUBMED = {"QUESTION": "Does it?", "CONTEXTS": ["It was seen."], "final_decision": "maybe"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a row or two of each benchmark, in the files its authors publish."""
    root = tmp_path_factory.mktemp("published")
    files: dict[str, Any] = {
        "agieval/aqua-rat.jsonl": [AGIEVAL],
        "bbh/snarks.json": {"canary": "no", "examples": [{"input": "Which?", "target": "(B)"}]},
        "truthfulqa/mc_task.json": [{"question": "Why?", "mc1_targets": {"So": 1, "No": 0},
                                     "mc2_targets": {"So": 1, "Thus": 1, "No": 0}}],
        "gsm8k/train.jsonl": [{"question": f"{i}?", "answer": f"So.\n#### {i}"} for i in range(6)],
        "gsm8k/test.jsonl": [{"question": "1 + 1?", "answer": "Two.\n#### 2"}],
        "eq-bench/eq_bench_v2_questions_171.json": {"1": EQ},
        "pubmedqa/ori_pqal.json": {"7": PUBMED, "8": PUBMED | {"final_decision": "yes"}},
        "pubmedqa/test_ground_truth.json": {"7": "maybe"},
        "ai2_arc/ARC-Easy/test.jsonl": [{"question": "Hot?", "answerKey": "2", "choices":
                                         {"text": ["ice", "fire"], "label": ["1", "2"]}}],
        "winogrande/dev.jsonl": [{"sentence": "Ann met Bo as _ was out.", "option1": "Ann",
                                  "option2": "Bo", "answer": "2"}],
        "mmlu/test.jsonl": [{"subject": s, "question": f"{s}?", "choices": list("wxyz"),
                             "answer": 3} for s in ("anatomy", "virology")],
        "mmlu/dev.jsonl": [{"subject": "anatomy", "question": "Old?", "choices": list("wxyz"),
                            "answer": 0}],
        "openbookqa.jsonl": [{"question_stem": "The sun", "answerKey": "A", "choices":
                              {"text": ["shines", "eats"], "label": ["A", "B"]}}],
    }  # fmt: skip
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = name.endswith(".jsonl")
        path.write_text("\n".join(map(json.dumps, content)) if lines else json.dumps(content))
    return root


@pytest.mark.parametrize(
    ("name", "shots", "asked", "choices", "target"),
    [
        ("agieval_aqua_rat", 0, "One.Q: Which? Answer Choices: (A)1 (B)2\nA: Among A through B, "
         "the answer is", ["(A)1", "(B)2"], [1]),
        ("leaderboard_bbh_snarks", 3, "Q: Which?\nA:", ["(A)", "(B)"], "(B)"),
        ("truthfulqa_mc2", 5, None, ["So", "Thus", "No"], 0),
        ("gsm8k", 5, "Question: 1 + 1?\nAnswer:", None, "Two.\n#### 2"),
        ("eq_bench", None, "Give each a score from 0-10.\n\nSad: <score>\n\n\n[End of answer]\n\n"
         "Remember.\nYour answer:\n", None, None),
        ("pubmedqa", None, "Abstract: It was seen.\nQuestion: Does it?\nAnswer:",
         ["yes", "no", "maybe"], "maybe"),
        ("arc_easy", 0, "Question: Hot?\nAnswer:", ["ice", "fire"], 1),
        ("winogrande", 0, 1, ["Ann met Bo as Ann", "Ann met Bo as Bo"], "was out."),
        ("mmlu_anatomy", 1, "anatomy?\nA. w\nB. x\nC. y\nD. z\nAnswer:", list("ABCD"), 3),
        ("openbookqa", 0, "The sun", ["shines", "eats"], 0),
    ],
)  # fmt: skip
def test_published_files_give_the_rows_the_harness_reads(
    catalogue: Catalogue, published: Path, name: str, shots: int | None, asked: Any,
    choices: list[str] | None, target: Any,
) -> None:  # fmt: skip
    config = catalogue.config(name)
    where = locate(config, n_shots(config, shots), data=published)
    task = build(name, catalogue, where, shots=shots)
    assert where.source == "files"
    assert len(task.task_docs) == 1
    doc = task.task_docs[0]
    if asked is not None:
        assert task.doc_to_text(doc) == asked
    if choices is not None:
        assert task.doc_to_choice(doc) == choices
    if target is not None:
        assert task.doc_to_target(doc) == target
    assert task.config.num_fewshot == (0 if name == "truthfulqa_mc2" else shots or 0)


def test_eq_bench_is_scored_by_the_harness_from_adapted_rows(
    catalogue: Catalogue, published: Path
) -> None:
    task = build("eq_bench", catalogue, locate(catalogue.config("eq_bench"), 0, data=published))
    right = "Sad: 1\nGlad: 2\nCalm: 3\nAngry: 4"
    marks = task.process_results(task.task_docs[0], [right])
    assert marks == {"eqbench": 100.0, "percent_parseable": 100}


def test_adapted_rows_keep_what_the_question_needs() -> None:
    assert agieval_row(AGIEVAL | {"passage": None})["query"].startswith("Q: Which?")
    assert agieval_row(AGIEVAL | {"label": ["A", "B"]})["gold"] == [0, 1]
    assert "ritique" not in first_pass(EQ_PROMPT)
    assert "revised" not in first_pass(EQ_PROMPT)


def test_a_broken_line_is_told_with_its_place(tmp_path: Path, catalogue: Catalogue) -> None:
    (tmp_path / "piqa.jsonl").write_text('{"goal": "x"}\nnot json\n[1]\n')
    where = locate(catalogue.config("piqa"), 0, data=tmp_path)
    with pytest.raises(DataError, match=r"piqa.jsonl:2  not JSON[^\n]*\n.*piqa.jsonl:3  a row is"):
        read_rows(where, Needs("validation", None))


def test_more_shots_than_examples_are_a_mistake(catalogue: Catalogue, published: Path) -> None:
    where = locate(catalogue.config("gsm8k"), 5, data=published)
    with pytest.raises(PracticumError, match="9 shots, and 6 examples"):
        build("gsm8k", catalogue, where, shots=9)


# -- names ----------------------------------------------------------------------------------------


def test_suites_have_the_tasks_people_know(catalogue: Catalogue) -> None:
    nous = suite("nous", catalogue)
    assert {p: len(lines) for p, lines in nous.parts.items()} == {
        "AGIEval": 8, "GPT4All": 7, "TruthfulQA": 1, "BigBench": 18}  # fmt: skip
    shots = {line.name: line.shots for line in suite("openllm", catalogue).lines}
    assert shots == {"arc_challenge": 25, "hellaswag": 10, "mmlu": 5, "truthfulqa_mc2": 0,
                     "winogrande": 5, "gsm8k": 5}  # fmt: skip
    mmlu = suite("openllm", catalogue).parts["MMLU"][0]
    assert len(mmlu.tasks) == len(set(mmlu.tasks)) == 57
    assert suite("eq_bench", catalogue).lines[0].metric == "eqbench"
    for name in ("nous", "openllm", "eq-bench"):
        for line in suite(name, catalogue).lines:
            assert all(task in catalogue.defined for task in line.tasks), line


@pytest.mark.parametrize(
    ("text", "task", "shots"),
    [
        ("leaderboard|gsm8k|5|0", "gsm8k", 5),
        ("leaderboard|truthfulqa:mc|0|0", "truthfulqa_mc2", 0),
        ("leaderboard|arc:challenge|25|0", "arc_challenge", 25),
        ("leaderboard|mmlu:abstract_algebra|5", "mmlu_abstract_algebra", 5),
        ("lighteval|agieval:aqua-rat|0|0", "agieval_aqua_rat", 0),
        ("lighteval|bigbench:snarks|0|0", "bigbench_snarks_multiple_choice", 0),
    ],
)
def test_lighteval_strings_are_read(catalogue: Catalogue, text: str, task: str, shots: int) -> None:
    assert lighteval(text) == (task, shots)
    assert task in catalogue.defined


@pytest.mark.parametrize("text", ["a|b", "leaderboard|gsm8k|five|0", "leaderboard||0|0"])
def test_other_strings_are_no_lighteval_tasks(text: str) -> None:
    with pytest.raises(PracticumError, match="not a lighteval task"):
        lighteval(text)


# -- tasks of one's own ---------------------------------------------------------------------------


@pytest.mark.parametrize("include", ["include: base_yaml", "include:\n  - base_yaml",
                                     '"include": [ base_yaml ]'])  # fmt: skip
def test_python_of_a_task_runs_only_when_it_is_trusted(
    own: Any, tmp_path: Path, include: str
) -> None:
    (tmp_path / "code.py").write_text("def target(doc):\n    return ' ' + doc['end'].upper()\n")
    text = (own.tasks / "own_last.yaml").read_text()
    (tmp_path / "base_yaml").write_text(text.replace('" {{end}}"', "!function code.target"))
    (tmp_path / "mine.yaml").write_text(f"{include}\ntask: mine\n")
    data = own.data / "own_last"
    (tmp_path / "mine").symlink_to(data)
    asked = Asked((), ("mine",), data=tmp_path, include=tmp_path)
    assert "runs Python code" in str(agenda(asked).wrong[0])
    trusted = agenda(Asked((), ("mine",), data=tmp_path, include=tmp_path, trust=True))
    assert not trusted.wrong
    assert trusted.catalogue
    task = build("mine", trusted.catalogue, trusted.units["mine", None].tasks[0][1])
    assert task.doc_to_target(task.task_docs[0]).isupper()


def test_a_task_of_one_s_own_may_build_on_the_harness_s(
    published: Path, tmp_path: Path, catalogue: Catalogue
) -> None:
    base = catalogue.find("winogrande").path
    (tmp_path / "mine.yaml").write_text(f"include: {base}\ntask: mine\n")
    found = agenda(Asked((), ("mine",), data=published, include=tmp_path))
    assert not found.wrong
    assert found.catalogue
    task = build("mine", found.catalogue, found.units["mine", None].tasks[0][1])
    assert task.doc_to_text(task.task_docs[0]) == 1


def test_a_template_of_a_task_cannot_leave_its_sandbox(own: Any, tmp_path: Path) -> None:
    escape = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    text = (own.tasks / "own_last.yaml").read_text().replace("{{q}}", escape)
    (tmp_path / "own_last.yaml").write_text(text)
    found = agenda(Asked((), ("own_last",), data=own.data, include=tmp_path))
    assert found.catalogue
    with pytest.raises(Exception, match="unsafe"):
        build("own_last", found.catalogue, found.units["own_last", None].tasks[0][1])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("unsafe_code: true", "runs what the model writes"),
        ("doc_to_image: picture", "images or sound"),
        ("metric_list:\n  - metric: never_heard_of", "would be downloaded as code"),
    ],
)
def test_what_is_not_run_here_is_told(own: Any, tmp_path: Path, line: str, why: str) -> None:
    text = (own.tasks / "own_last.yaml").read_text().split("metric_list:")[0]
    (tmp_path / "own_last.yaml").write_text(text + line + "\n")
    found = agenda(Asked((), ("own_last",), data=own.data, include=tmp_path))
    assert found.catalogue
    with pytest.raises(PracticumError, match=why):
        build("own_last", found.catalogue, found.units["own_last", None].tasks[0][1])


# -- mini packs -----------------------------------------------------------------------------------


def test_without_files_bundled_packs_are_used_and_every_line_says_so(
    own: Any, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "PACKS", tmp_path)
    arc = [{"question": f"Is {i} even?", "answerKey": "AB"[i % 2],
            "choices": {"text": ["yes", "no"], "label": ["A", "B"]}} for i in range(12)]  # fmt: skip
    mmlu = [{"subject": s, "question": f"{s} {i}?", "choices": list("wxyz"), "answer": i % 4}
            for s in ("anatomy", "virology") for i in range(4)]  # fmt: skip
    for name, rows in (("arc_easy", arc), ("mmlu", mmlu)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    made = pr.benchmark(str(own.model), home=store, task="arc_easy,mmlu", shots=5, threads=1)
    tasks = {t["task"]: t for s in made.artifact.read_json("evaluation.json")["suites"]
             for part in s["parts"].values() for t in part}  # fmt: skip
    assert {n: (t["n"], t["n_shots"], t["source"]) for n, t in tasks.items()} == {
        "arc_easy": (9, 3, "mini"), "mmlu": (6, 1, "mini")}  # fmt: skip
    assert tasks["arc_easy"]["notes"] == ["3 shots instead of 5"]
    assert any("mini: not comparable to published numbers (arc_easy, mmlu)" in n
               for n in made.report.notes)  # fmt: skip


def test_a_bundled_pack_never_stands_in_unasked_where_files_are_given(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "PACKS", tmp_path)
    (tmp_path / "piqa.jsonl").write_text('{"goal": "x", "sol1": "a", "sol2": "b", "label": 0}')
    stop = agenda(Asked((), ("piqa",), data=published))
    assert "no rows of baber/piqa" in str(stop.wrong[0])
    mini = agenda(Asked((), ("piqa",), data=published, missing="mini"))
    assert mini.units["piqa", None].tasks[0][1].source == "mini"


# -- how many questions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"), [("90", 90), ("90s", 90), ("3m", 180), ("1.5h", 5400), (" 2 min", 120)]
)
def test_times_are_read(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "0s", "3 days", "-1m", "m"])
def test_other_words_are_no_times(text: str) -> None:
    with pytest.raises(PracticumError, match="is not a time"):
        seconds(text)


def test_a_time_is_spent_where_it_makes_the_average_most_precise() -> None:
    costs, weights = {"cheap": 1.0, "dear": 4.0}, {"cheap": 0.5, "dear": 0.5}
    counts = allocate(costs, weights, {"cheap": 1000, "dear": 1000}, 2, 600)
    assert counts["cheap"] == pytest.approx(2 * counts["dear"], abs=2)  # 1 / √cost
    assert sum(costs[n] * counts[n] for n in counts) <= 600
    best = half_width(weights, counts)
    for move in (-40, -8, 8, 40):  # the same time spent otherwise
        other = {"cheap": counts["cheap"] + move, "dear": counts["dear"] - move / 4}
        assert half_width(weights, other) > best * 0.9999
    few = allocate(costs, weights, {"cheap": 10, "dear": 1000}, 2, 600)
    assert few == {"cheap": 10, "dear": 147}
    assert allocate(costs, weights, {"cheap": 9, "dear": 9}, 2, 0) == {"cheap": 2, "dear": 2}


def test_samples_are_beginnings_of_one_seeded_order() -> None:
    order = shuffled([3, 5], 7, "mmlu")
    assert sorted(order) == places([3, 5])
    assert shuffled([3, 5], 7, "mmlu") == order != shuffled([3, 5], 8, "mmlu")
    assert places([3, 5], 2) == [(0, 0), (0, 1), (1, 0), (1, 1)]
