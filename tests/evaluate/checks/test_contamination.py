"""Contamination: planted questions are found, others are not, and what is unknown is said."""

import random

import pytest

from practicum.core.artifact import canonical_json
from practicum.core.errors import UnknownReference
from practicum.core.report import Report
from practicum.core.store import Run
from practicum.evaluate.checks.contamination import overlap, overlap_of, runs_of, words_of
from practicum.evaluate.checks.trained_on import trained_on
from practicum.evaluate.running.results import Evaluation, Item, SuiteResult, TaskResult

WORDS = [
    f"{a}{b}" for a in ("ka", "lo", "mi", "nu", "pe") for b in ("ra", "st", "vi", "xo", "ze", "tu")
]


def sentence(rng, n):
    return " ".join(rng.choice(WORDS) for _ in range(n))


def task(questions, right=None, name="arc", source="files"):
    """A task with these questions, and whether each was answered rightly."""
    right = right or [True] * len(questions)
    items = tuple(Item(id=f"q{i}", asked=q, expected="yes", said="", values={"acc": float(r)})
                  for i, (q, r) in enumerate(zip(questions, right, strict=True)))  # fmt: skip
    return TaskResult(task=name, version="1", metric="acc", score=0.5, ci95=None, n=len(items),
                      n_all=len(items), n_shots=0, items=items, source=source)  # fmt: skip


RNG = random.Random(7)
QUESTIONS = [sentence(RNG, 25) for _ in range(20)]
UNRELATED = [("novel", sentence(RNG, 400)) for _ in range(30)]


def planted(question):
    """The question as a training text would carry it: other case, marks and neighbours."""
    return "Some words before.  " + question.upper().replace(" ", ", ") + "! And the answer is yes."


def test_a_planted_list_is_exposed_with_the_evidence():
    texts = [*UNRELATED, *((f"leak:{i}", planted(QUESTIONS[i])) for i in (3, 8, 11))]
    [found] = overlap([task(QUESTIONS)], texts).tasks
    assert set(found.evidence) == {"q3", "q8", "q11"}
    run, where = found.evidence["q8"]
    assert where == "leak:8" and run in QUESTIONS[8] and len(run.split()) == 13
    assert found.share == 3 / 20
    assert found.ci95 == pytest.approx((0.0524, 0.3604), abs=5e-5)  # Wilson's of 3 in 20


def test_an_unrelated_list_is_not():
    found = overlap([task(QUESTIONS)], UNRELATED)
    assert found.tasks[0].evidence == {}
    assert (found.tasks[0].share, found.tasks[0].n_judged) == (0, 20)
    assert (found.n_texts, found.n_words) == (30, 12_000)
    assert found.tasks[0].ci95[1] > 0.15, "none of twenty still allows for one in seven"


def test_twelve_words_in_a_row_are_no_leak_and_thirteen_are():
    words = QUESTIONS[0].split()
    for n, share in ((12, 0), (13, 1)):
        [found] = overlap([task(QUESTIONS[:1])], [("x", " ".join(words[4 : 4 + n]))]).tasks
        assert found.share == share


def test_a_short_question_is_found_by_eight_words_and_a_shorter_one_is_not_judged():
    nine, two = sentence(RNG, 9), "what now"
    [found] = overlap([task([nine, two])], [("x", planted(nine)), ("y", two)]).tasks
    assert set(found.evidence) == {"q0"}
    assert (found.n, found.n_judged, found.share) == (2, 1, 1)


def test_a_question_too_short_alone_is_judged_with_its_answer():
    seven = sentence(RNG, 7)
    [found] = overlap([task([seven])], [("x", f"{seven} yes")]).tasks
    assert found.share == 1
    [found] = overlap([task([seven])], [("x", f"{seven} no")]).tasks
    assert (found.n_judged, found.share) == (1, 0)


def test_the_wording_that_all_questions_share_is_no_leak():
    wording = sentence(RNG, 15)
    questions = [f"{wording} {sentence(RNG, 15)}" for _ in range(10)]
    [found] = overlap([task(questions)], [("x", wording)]).tasks
    assert found.share == 0
    [found] = overlap([task(questions)], [("x", questions[4])]).tasks
    assert set(found.evidence) == {"q4"}


def test_a_question_that_is_all_wording_is_not_judged():
    wording = sentence(RNG, 15)
    [found] = overlap([task([f"{wording} {w}" for w in WORDS[:10]])], [("x", wording)]).tasks
    assert (found.n, found.n_judged, found.share) == (10, 0, 0)


def test_scores_on_clean_and_contaminated_items_stand_apart():
    right = [i in (3, 8, 11, 12) for i in range(20)]
    texts = [(f"leak:{i}", QUESTIONS[i]) for i in (3, 8, 11)]
    [found] = overlap([task(QUESTIONS, right)], texts).tasks
    assert found.contaminated is not None and found.clean is not None
    assert (found.contaminated[0], found.contaminated[2]) == (1, 3)
    assert (found.clean[0], found.clean[2]) == (pytest.approx(1 / 17), 17)
    assert found.contaminated[1] is not None and found.contaminated[1][0] > 0.4  # Wilson's of 3/3


def test_a_slow_obvious_search_agrees():
    rng = random.Random(3)
    few = WORDS[:6]
    questions = [" ".join(rng.choice(few) for _ in range(rng.choice((9, 15)))) for _ in range(40)]
    texts = [" ".join(rng.choice(few) for _ in range(3000)) for _ in range(40)]
    texts += [planted(q) for q in questions[::9]]
    [found] = overlap([task(questions)], [("x", t) for t in texts]).tasks
    padded = [" " + " ".join(t.casefold().replace(",", "").replace(".", "").replace("!", "").split())
              + " " for t in texts]  # fmt: skip
    slow = {f"q{i}" for i, q in enumerate(questions)
            if any(f" {' '.join(run)} " in t for run in runs_of(words_of(q)) for t in padded)}  # fmt: skip
    assert set(found.evidence) == slow
    assert len(questions[::9]) < len(slow) < 40, "some by chance, too: the search has work"


def test_a_task_in_two_suites_is_looked_for_once_and_failed_ones_not_at_all():
    one = task(QUESTIONS)
    none = one.model_copy(update={"task": "gone", "items": (), "score": None})
    both = Evaluation(model="m", digest="d", suites=(
        SuiteResult(suite="a", parts={"p": (one, none)}), SuiteResult(suite="b", parts={"p": (one,)}),
    ))  # fmt: skip
    assert [t.task for t in overlap_of(both, []).tasks] == ["arc"]


# -- what a model was trained on ------------------------------------------------------------------


class History:
    """A store in which artifacts and runs are written by hand."""

    def __init__(self, store, tmp_path):
        self.store, self.folder, self.n = store, tmp_path, 0

    def artifact(self, kind, files, **meta):
        self.n += 1
        folder = self.folder / f"made-{self.n}"
        folder.mkdir()
        for name, content in files.items():
            text = content if isinstance(content, str) else "".join(
                canonical_json(row) + "\n" for row in content)  # fmt: skip
            (folder / name).write_text(text, encoding="utf-8")
        return self.store.commit(folder, kind, {"made": self.n, **meta}).digest

    def run(self, stage, inputs, output):
        self.n += 1
        self.store.record(
            Run(id=f"run-{self.n}", key=f"key-{self.n}", stage=stage, version=1,
                inputs=tuple(inputs), params={}, seed=0, output=output, report=Report(),
                started_unix_s=self.n, seconds=0)
        )  # fmt: skip
        return output


def chat(question, answer):
    return {"messages": [{"role": "user", "content": question},
                         {"role": "assistant", "content": answer}]}  # fmt: skip


@pytest.fixture
def history(store, tmp_path):
    return History(store, tmp_path)


def model(history, name):
    return history.artifact("model", {"config.json": "{}"}, name=name)


def test_the_texts_of_all_ancestors_are_found_through_merge_and_adapter(history):
    raw = history.artifact("text", {"raw.txt": "never read by a model"})
    text = history.run("data", [raw], history.artifact("text", {"all.txt": "the base read this"}))
    chats = history.artifact("chat", {"train.jsonl": [chat("one", "two")],
                                      "test.jsonl": [chat("held", "out")]})  # fmt: skip
    pairs = history.artifact(
        "pairs",
        {
            "train.jsonl": [
                {
                    "prompt": [{"role": "user", "content": "three"}],
                    "chosen": "four",
                    "rejected": "five",
                }
            ]
        },
    )
    base = history.run("pretrain", [text], model(history, "base"))
    calm = history.run("finetune", [base, chats], model(history, "calm"))
    wild = history.run("align", [base, pairs], model(history, "wild"))
    blend = history.run("merge", [calm, wild], model(history, "blend"))
    adapter = history.artifact("adapter", {"config.json": "{}"}, base=blend)
    found = trained_on(history.store, adapter)
    said = " ".join(t for _, t in found.texts())
    assert {a.digest for a in found.data} == {text, chats, pairs}
    assert all(w in said for w in ("base read", "one", "two", "three", "four", "five"))
    assert "held" not in said and "never read" not in said
    assert found.notes == ()
    assert [t for w, t in trained_on(history.store, calm).texts() if "jsonl:1" in w] == ["one\ntwo"]


def test_imported_models_and_deleted_data_are_said_to_be_unknown(history):
    chats = history.artifact("chat", {"train.jsonl": [chat("one", "two")]})
    base = history.run("import", [], model(history, "smol"))
    tuned = history.run("finetune", [base, chats], model(history, "tuned"))
    history.store.delete(history.store.get(chats))
    found = trained_on(history.store, tuned)
    assert found.data == ()
    assert any("smol was made by 'import' from no artifact" in n for n in found.notes)
    assert any(f"{chats[:8]} is no longer in the store" in n for n in found.notes)


def test_a_deleted_model_in_between_hides_nothing(history):
    chats = history.artifact("chat", {"train.jsonl": [chat("one", "two")]})
    base = history.run("finetune", [chats], model(history, "base"))
    child = history.run("quantize", [base], model(history, "child"))
    history.store.delete(history.store.get(base))
    assert [a.digest for a in trained_on(history.store, child).data] == [chats]


def test_a_circle_of_runs_ends(history):
    chats = history.artifact("chat", {"train.jsonl": [chat("one", "two")]})
    a, b = model(history, "a"), model(history, "b")
    history.run("finetune", [a, chats], b)
    history.run("merge", [b], a)
    assert [d.digest for d in trained_on(history.store, a).data] == [chats]


def test_a_model_that_nobody_knows_is_refused(history):
    with pytest.raises(UnknownReference):
        trained_on(history.store, "0" * 64)


@pytest.mark.feature("S6b")
def test_a_model_tuned_on_the_test_is_exposed_from_end_to_end(history):
    leak = history.artifact(
        "chat", {"train.jsonl": [chat(q, "yes") for q in QUESTIONS[:5]]}, name="leak"
    )
    tuned = history.run("finetune", [model(history, "base"), leak], model(history, "tuned"))
    source = trained_on(history.store, tuned)
    found = overlap([task(QUESTIONS)], source.texts(), source.notes)
    assert found.tasks[0].share == 0.25
    assert found.tasks[0].evidence["q2"][1] == "leak, train.jsonl:3"
    assert "base came with no artifact" in found.notes[0]


def test_words_that_frame_every_question_do_not_hide_a_bare_one():
    rng = random.Random(3)
    bare = [sentence(rng, 12) for _ in range(6)]  # with its frame each has a run of thirteen
    found = overlap([task([f"Question: {q}\nAnswer:" for q in bare])], [("leak", planted(bare[2]))])
    assert set(found.tasks[0].evidence) == {"q2"}
