"""F2a: eighteen small labs; starters fail, solutions pass, hints nudge, and every twin agrees
with the standard library, the package or an outsider."""

from __future__ import annotations

import ast
import codecs
import dis
import functools
import itertools
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from practicum.core.errors import DataError
from practicum.core.messages import Conversation, Message, read_rows
from practicum.data import clean
from practicum.learn.labs.lab import Lab, filled, read_labs
from practicum.learn.labs.run import run_lab
from practicum.learn.roadmap import load_roadmap
from practicum.text.template import CHATML, render

CONCEPT = "python-basics"
FEWEST_EXERCISES = 15  # what the feature row promises
SLOWEST_S = 2.0  # a lab takes a tenth of a second; a busy machine may need longer
FOLDER = load_roadmap().concepts[CONCEPT].folder
assert FOLDER is not None
LABS = read_labs(FOLDER)
each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.slug)
SHAKESPEARE = "To be, or not to be: that is the question: whether 'tis nobler in the mind to suffer"

pytestmark = pytest.mark.feature("F2a")


def squeezed(text: str) -> str:
    """The text without white space."""
    return re.sub(r"\s+", "", text)


def test_there_are_at_least_fifteen_exercises_in_a_fixed_order() -> None:
    assert len(LABS) >= FEWEST_EXERCISES
    assert [lab.order for lab in LABS] == list(range(1, len(LABS) + 1))
    assert all(1 <= len(lab.tasks) <= 3 and 2 <= lab.minutes <= 5 for lab in LABS)


def test_the_lesson_invites_to_the_labs_in_their_order() -> None:
    assert FOLDER is not None
    lesson = (FOLDER / "lesson.md").read_text(encoding="utf-8")
    assert re.findall(r"\{\{lab:([\w-]+)\}\}", lesson) == [lab.slug for lab in LABS]


@each_lab
def test_every_task_of_the_starter_fails(lab: Lab, tmp_path: Path) -> None:
    script = tmp_path / "lab.py"
    script.write_bytes(lab.script.read_bytes())
    outcome = run_lab(lab, script)
    assert not outcome.trouble
    assert [v.task for v in outcome.verdicts] == [t.name for t in lab.tasks]
    assert not any(v.passed for v in outcome.verdicts)


@each_lab
def test_the_solution_passes_quickly_and_leaves_nothing_behind(lab: Lab, tmp_path: Path) -> None:
    script = tmp_path / "lab.py"
    script.write_bytes(lab.solution.read_bytes())
    outcome = run_lab(lab, script)
    assert outcome.passed, outcome
    assert not outcome.errors
    assert outcome.seconds < SLOWEST_S
    assert outcome.output.strip(), "a lab shows something"
    # A file written beside the script would set off watch mode again.
    assert [p.name for p in tmp_path.iterdir()] == ["lab.py"]


@each_lab
def test_no_hint_contains_the_answer(lab: Lab) -> None:
    """Neither a line of the solution, nor what it returns, assigns or yields."""
    answers = filled(lab)
    for task in lab.tasks:
        body = answers[task.name]
        tree = ast.parse("def hole():\n" + _indented(body))
        parts = {squeezed(line) for line in body.splitlines()}
        for node in ast.walk(tree):
            if isinstance(node, (ast.Return, ast.Assign, ast.Yield, ast.YieldFrom, ast.Lambda)):
                value = node.body if isinstance(node, ast.Lambda) else node.value
                parts |= {squeezed(ast.unparse(value))} if value else set()
        long = {part for part in parts if len(part) >= 9}
        assert len(task.hints) >= 2
        told = [squeezed(hint) for hint in task.hints]
        assert not [part for part in long if any(part in hint for hint in told)]


def _indented(body: str) -> str:
    depth = min(len(x) - len(x.lstrip()) for x in body.splitlines() if x.strip())
    return "\n".join("    " + line[depth:] for line in body.splitlines())


@each_lab
def test_labs_need_the_standard_library_only(lab: Lab) -> None:
    code = compile(lab.solution.read_text("utf-8"), str(lab.solution), "exec")
    names = {i.argval for i in dis.get_instructions(code) if i.opname == "IMPORT_NAME"}
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


@pytest.fixture
def of(solved: Callable[[str, str], Any]) -> Callable[[str], Any]:
    """What the solution of a lab of this concept defines."""
    return functools.partial(solved, CONCEPT)


def test_tidy_is_what_the_package_compares_texts_by(of: Callable[[str], Any]) -> None:
    for text in ("  The cat\tsat ", "a\n\nB", "", SHAKESPEARE):
        assert of("strings").tidy(text) == clean.normalised(text)


def test_targets_are_inputs_moved_by_one_and_windows_lose_nothing(of: Callable[[str], Any]) -> None:
    lab = of("slices")
    for n, size in itertools.product(range(1, 25), range(1, 8)):
        ids = list(range(n))
        inputs, targets = lab.inputs_and_targets(ids)
        assert list(zip(inputs, targets, strict=True)) == list(itertools.pairwise(ids))
        assert list(itertools.chain(*lab.windows(ids, size))) == ids
        assert all(len(w) == size for w in lab.windows(ids, size)[:-1])
        assert lab.keep_last(ids, size) == [x for x in ids if x >= n - size]


def test_greedy_equals_a_regular_expression_of_pieces_longest_first(
    of: Callable[[str], Any],
) -> None:
    lab = of("control-flow")
    pattern = "|".join(sorted(map(re.escape, lab.PIECES), key=len, reverse=True)) + "|."
    for word in ("unbelievable", "believably", "xunbex", "", "aaa", "vulnerable"):
        want = [p if p in lab.PIECES else lab.UNKNOWN for p in re.findall(pattern, word)]
        assert lab.greedy(word, lab.PIECES) == want


def test_until_stop_equals_takewhile(of: Callable[[str], Any]) -> None:
    ids = [3, 1, 4, 1, 5, 9, 2, 6]
    for stops in ({4}, {9, 1}, set(), {3}):
        want = list(itertools.takewhile(lambda x, stops=stops: x not in stops, ids))
        assert of("control-flow").until_stop(ids, stops) == want


def test_counts_equal_collections_counter(of: Callable[[str], Any]) -> None:
    lab = of("dictionaries")
    counts = Counter(lab.SPEECH.split())
    assert lab.count_tokens(lab.SPEECH) == counts
    # Counter keeps ties in the order in which they came: put in alphabetically, both agree.
    assert lab.most_common(counts, 9) == Counter(sorted(lab.SPEECH.split())).most_common(9)
    more = Counter({"we": 2, "us": 1, "gold": 1})
    assert lab.add_counts(counts, more) == counts + more


def test_known_words_come_back_from_their_ids(of: Callable[[str], Any]) -> None:
    lab = of("comprehensions")
    ids_of = lab.vocabulary([SHAKESPEARE])
    assert lab.decode(lab.encode(SHAKESPEARE, ids_of), ids_of) == SHAKESPEARE
    assert sorted(ids_of.values()) == list(range(len(set(SHAKESPEARE.split())) + 1))


def test_ngrams_equal_the_package_for_thirteen_words(of: Callable[[str], Any]) -> None:
    text = " ".join(clean.words_of(3 * (SHAKESPEARE + " ")))
    assert of("sets").ngrams(text, clean.NGRAM_WORDS) == clean.ngrams(text)
    assert of("sets").share_seen(text, [text], clean.NGRAM_WORDS) == 1.0


def test_ready_equals_the_incremental_decoder_at_every_cut(of: Callable[[str], Any]) -> None:
    lab = of("bytes")
    data = "naïve γάτα кот 日本語 𝄞".encode()
    assert lab.byte_ids(data.decode()) == [*data]
    for cut in range(len(data) + 1):
        decoder = codecs.getincrementaldecoder("utf-8")()
        text = decoder.decode(data[:cut])
        assert lab.ready(data[:cut]) == (text, decoder.getstate()[0])


def test_softmax_equals_scipy_at_every_temperature(of: Callable[[str], Any]) -> None:
    from scipy.special import softmax

    lab = of("functions")
    logits = {"a": 3.0, "b": -2.5, "c": 800.0, "d": 799.0}
    for temperature in (0.3, 1.0, 7.0):
        ours = lab.softmax(logits, temperature=temperature)
        theirs = softmax([x / temperature for x in logits.values()])
        assert list(ours.values()) == pytest.approx(theirs.tolist(), abs=1e-12)  # float64


def test_top_k_of_thirty_fifteen_five_one_is_sixty_thirty_ten(of: Callable[[str], Any]) -> None:
    kept = of("functions").top_k({"a": 0.3, "b": 0.15, "c": 0.05, "d": 0.01}, 3)
    assert kept == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1})


def test_batches_equal_slices_of_a_list(of: Callable[[str], Any]) -> None:
    for n, size in itertools.product(range(12), range(1, 6)):
        rows = list(range(n))
        want = [rows[i : i + size] for i in range(0, n, size)]
        assert list(of("generators").batches(iter(rows), size)) == want


def test_rows_written_are_read_by_the_package_and_by_ourselves(
    of: Callable[[str], Any], tmp_path: Path
) -> None:
    turns = [{"role": "user", "content": "chat\u2028?"}, {"role": "assistant", "content": "γάτα\n"}]
    path = tmp_path / "chats.jsonl"
    assert of("files").write_rows(path, [{"messages": turns}] * 3) == 3
    assert list(of("files").read_rows(path)) == [{"messages": turns}] * 3
    assert [c.messages[0].content for c in read_rows(path, Conversation)] == ["chat\u2028?"] * 3


def test_bad_rows_are_named_by_the_line_numbers_that_the_package_names(
    of: Callable[[str], Any], tmp_path: Path
) -> None:
    lab = of("exceptions")
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    lines = [json.dumps({"messages": turns}), "oops", "[1]", json.dumps({"messages": turns}), "{}"]
    path = tmp_path / "chats.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(lab.BadRows) as ours:
        lab.read_all(lines, path.name)
    with pytest.raises(DataError) as theirs:
        read_rows(path, Conversation)
    places = [complaint.where for complaint in theirs.value.complaints]
    assert [f"{row.file}:{row.line}" for row in ours.value.rows] == places


def test_override_equals_patch_dict(of: Callable[[str], Any]) -> None:
    from unittest.mock import patch

    ours, theirs = {"a": 1, "b": 2}, {"a": 1, "b": 2}
    with of("context-managers").Override(ours, a=5, c=6), patch.dict(theirs, a=5, c=6):
        assert ours == theirs == {"a": 5, "b": 2, "c": 6}
        del ours["b"], theirs["b"]
    assert ours == theirs == {"a": 1, "b": 2}


def test_cached_calls_as_often_as_functools_cache(of: Callable[[str], Any]) -> None:
    ours, theirs = [], []
    mine = of("decorators").cached(lambda *x: ours.append(x))
    reference = functools.cache(lambda *x: theirs.append(x))
    for arguments in ((1,), (2,), (1,), (), (1, 2), (), (2, 1), (1, 2)):
        assert mine(*arguments) is reference(*arguments) is None
    assert ours == theirs


def test_chat_text_equals_the_template_and_comes_back(of: Callable[[str], Any]) -> None:
    lab = of("dataclasses")
    turns = [("system", "Be brief."), ("user", "one\n\ntwo "), ("assistant", "")]
    chat = lab.Chat([lab.Message(*turn) for turn in turns])
    rendered = render(CHATML, [Message(role=role, content=text) for role, text in turns])
    assert chat.text() == rendered
    assert lab.parse(rendered) == chat


def test_the_dataset_keeps_its_promises_to_pytorchs_loader(of: Callable[[str], Any]) -> None:
    from torch.utils.data import DataLoader

    lab = of("classes")
    ids = list(range(100, 131))
    data = lab.TokenWindows(ids, 4)
    loaded = list(DataLoader(data, batch_size=None, shuffle=False))
    assert [(list(x), list(y)) for x, y in loaded] == list(data)
    shuffled = lab.Shuffled(ids, 4, seed=7)
    assert sorted(shuffled) == sorted(data)
    assert len(DataLoader(shuffled, batch_size=2)) == math.ceil(len(data) / 2)


def test_perplexity_of_blind_choice_is_the_size_of_the_vocabulary(of: Callable[[str], Any]) -> None:
    lab = of("typing")
    assert lab.perplexity(lab.Uniform(49_152), SHAKESPEARE.split()) == pytest.approx(49_152)
    with pytest.raises(ZeroDivisionError):  # no word, no mean
        lab.perplexity(lab.Uniform(2), [])


MISTAKES = [
    ("slices", "ids[max(0, len(ids) - n) :]", "ids[-n:]", "keep_last", "minus zero is zero"),
    ("defaults", "usual if asked is None else asked", "asked or usual", "limit_of", "zero counts as false"),
    ("dictionaries", "total = dict(first)", "total = first", "add_counts", "has changed"),
    ("generators", "    if batch:\n        yield batch", "    pass", "batches", "lost the 5"),
    ("bytes", '.decode("utf-8"), buffer[cut:]', '.decode("utf-8", "replace"), b""', "ready", "half a letter"),
    ("decorators", "if args not in known", "if not known.get(args)", "cached", "None is a result"),
    ("context-managers", "        self.settings.clear()\n", "", "leave", "still there"),
    ("functions", "(x - top) / temperature", "x / temperature", "softmax", "overflows"),
    ("classes", "(len(self.ids) - 1) // self.size", "len(self.ids) // self.size", "length", "is not there"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "right", "wrong", "task", "says"), MISTAKES)
def test_a_typical_mistake_is_told_why(
    attempt: Any, slug: str, right: str, wrong: str, task: str, says: str
) -> None:
    outcome = attempt(CONCEPT, slug, {right: wrong})
    verdict = next(v for v in outcome.verdicts if v.task == task)
    assert not verdict.passed
    assert says in verdict.why
