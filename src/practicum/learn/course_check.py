"""Whether the course is whole: every rule of docs/writing-a-chapter.md, told with file and line."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from practicum.core.errors import Complaint, PracticumError
from practicum.learn.labs.lab import Lab, cells_of, filled, holes_of, open_holes, read_labs
from practicum.learn.labs.run import Outcome, run_lab
from practicum.learn.lessons.claims import CLAIM
from practicum.learn.lessons.lesson import (
    INLINE_CODE,
    LINK,
    Lesson,
    anchor_of,
    code_blocks,
    code_by_reference,
    headings,
    plain_prose,
    read_lesson,
    walk,
)
from practicum.learn.lessons.verify import functions_of, verify_concept
from practicum.learn.quiz import Item, draw, grade, read_quiz
from practicum.learn.roadmap import Concept, Roadmap

FEWEST_WORDS, MOST_WORDS = 900, 1600
FEWEST_ITEMS, FEWEST_PARAMETRIC, DRAWS = 5, 2, 40
LAST_SECTION = "what-you-can-do-now"
YEAR = re.compile(r"(19|20)\d\d")
BARE = re.compile(r"(?<![\w.,-])[-−+]?\d[\d.,]*\s?%?(?![\w-])")
COMMAND = re.compile(r"^practicum\s+([a-z][\w-]*)")
LONG_LINE = 12  # characters of a solution's line that a hint must not repeat


def check_concept(
    concept: Concept, roadmap: Roadmap, verbs: Collection[str] = (), *, run: bool = True
) -> Iterator[Complaint]:
    """Everything that is wrong with a concept; with `run`, its labs, claims and code are executed."""
    folder = concept.folder
    assert folder is not None
    try:
        lesson = read_lesson(folder)
        labs = read_labs(folder)
        items = read_quiz(folder, concept.id)
    except PracticumError as error:
        yield from error.complaints
        return
    yield from check_prose(lesson, labs, roadmap, verbs)
    yield from check_quiz(items, lesson, folder / "quiz.toml")
    if not labs:
        yield Complaint("a concept has at least one lab", where=str(folder / "labs"))
    for lab in labs:
        yield from check_lab_source(lab)
    if run:
        yield from run_code(lesson)
        for lab in labs:
            yield from run_both(lab)
        for seen in verify_concept(folder):
            if not seen.ok:
                yield Complaint(f"{seen.what}: shown '{seen.shown}', recomputed {seen.recomputed}",
                                where=f"{lesson.path}:{seen.line}")  # fmt: skip


def check_map(roadmap: Roadmap, rooms: Collection[str]) -> Iterator[Complaint]:
    """Rooms that no chapter explains, and rooms of open chapters that do not exist."""
    taught = {room for chapter in roadmap.chapters.values() for room in chapter.rooms}
    for room in sorted(set(rooms) - taught):
        yield Complaint(f"no chapter explains the room '{room}'", where="roadmap.toml")
    for chapter in roadmap.chapters.values():
        missing = [room for room in chapter.rooms if room not in rooms]
        if chapter.is_open and missing:
            yield Complaint(f"{chapter.slug} explains rooms that do not exist: {', '.join(missing)}",
                            where="roadmap.toml")  # fmt: skip


def check_prose(
    lesson: Lesson, labs: list[Lab], roadmap: Roadmap, verbs: Collection[str]
) -> Iterator[Complaint]:
    """Length, structure, references and numbers of a lesson."""
    path, source = lesson.path, lesson.source
    n_words = len(re.findall(r"[A-Za-z][\w'’-]*", plain_prose(source)))
    if not FEWEST_WORDS <= n_words <= MOST_WORDS:
        yield Complaint(
            f"{n_words} words of prose; a lesson has {FEWEST_WORDS} to {MOST_WORDS}", str(path)
        )
    sections = [anchor_of(text) for level, text, _ in headings(source) if level == 2]
    if len(sections) != len(set(sections)):
        yield Complaint("two sections have the same anchor", where=str(path))
    if not sections or sections[-1] != LAST_SECTION:
        yield Complaint("the last section is '## What you can do now'", where=str(path))
    yield from _bare_numbers(lesson)
    yield from _references(lesson, labs)
    for number, line in enumerate(source.splitlines(), start=1):
        for match in LINK.finditer(line):
            target = match[2]
            if target.startswith("concept:") and target[8:] not in roadmap.concepts:
                yield Complaint(f"no concept '{target[8:]}'", where=f"{path}:{number}")
        for match in INLINE_CODE.finditer(line):
            command = COMMAND.match(match[2])
            if command and verbs and command[1] not in verbs:
                yield Complaint(f"no verb '{command[1]}'", where=f"{path}:{number}")
    if not any(block.kind == "predict" for block in walk(lesson.blocks)):
        yield Complaint("nothing to predict: a '::: predict' box is missing", where=str(path))


def check_quiz(items: list[Item], lesson: Lesson, path: Path) -> Iterator[Complaint]:
    """Enough items, passages that exist, answers that execute and grade as they should."""
    where = str(path)
    n_parametric = sum(item.is_parametric for item in items)
    if len(items) < FEWEST_ITEMS:
        yield Complaint(f"{len(items)} items; a concept has at least {FEWEST_ITEMS}", where)
    if n_parametric < FEWEST_PARAMETRIC:
        yield Complaint(f"{n_parametric} parametric items; at least {FEWEST_PARAMETRIC}", where)
    for item in items:
        if item.passage not in lesson.anchors:
            yield Complaint(f"{item.key}: no passage '{item.passage}'", where,
                            ", ".join(lesson.anchors))  # fmt: skip
        for seed in range(DRAWS if item.is_parametric else 1):
            said = _wrong_with_draw(item, seed)
            if said:
                yield Complaint(f"{item.key}: {said} (seed {seed})", where)
                break


def _wrong_with_draw(item: Item, seed: int) -> str:
    """What is wrong with this draw of an item, "" when nothing is."""
    try:
        question = draw(item, seed)
    except Exception as error:  # a maker is the course's own code; the author reads its error
        return f"{type(error).__name__}: {error}"
    texts = [c.text for c in question.choices]
    if len(set(texts)) < len(texts):
        return f"two choices are the same: {texts}"
    if any(not c.why for c in question.choices):
        return "a choice does not explain itself"
    if item.kind == "numeric":
        if question.answer is None:
            return "no answer was made"
        if not grade(question, repr(question.answer)).right:
            return f"its own answer {question.answer!r} is graded wrong"
        for slip in question.slips:
            if abs(float(slip.text) - question.answer) <= question.within:
                return f"the slip {slip.text} is the right answer"
    elif not grade(question, question.right.split(")")[0] if texts else question.right).right:
        return "its own answer is graded wrong"
    return ""


def check_lab_source(lab: Lab) -> Iterator[Complaint]:
    """Holes, tasks, checks and hints agree; the solution differs in the holes only."""
    script = lab.script.read_text(encoding="utf-8")
    names = [t.name for t in lab.tasks]
    holes = holes_of(script)
    checks = functions_of_checks(lab)
    where = str(lab.folder)
    if set(names) != set(holes):
        yield Complaint(f"tasks {sorted(names)} but holes {sorted(holes)}", where)
    if set(names) - checks:
        yield Complaint(
            f"no check for {sorted(set(names) - checks)}", str(lab.folder / "checks.py")
        )
    if set(names) - open_holes(script):
        yield Complaint(
            f"holes without NotImplementedError: {sorted(set(names) - open_holes(script))}", where
        )
    if open_holes(lab.solution.read_text(encoding="utf-8")):
        yield Complaint("the solution has an open hole", str(lab.solution))
    if not any(cell.is_markdown for cell in cells_of(script)):
        yield Complaint("a lab tells what it is about in a markdown cell", str(lab.script))
    try:
        answers = filled(lab)
    except PracticumError as error:
        yield from error.complaints
        answers = {}
    for task in lab.tasks:
        if len(task.hints) < 2:
            yield Complaint(f"task {task.name} has {len(task.hints)} hints; at least two", where)
        for line in answers.get(task.name, "").splitlines():
            bare = " ".join(line.split())
            if len(bare) >= LONG_LINE and any(bare in " ".join(h.split()) for h in task.hints):
                yield Complaint(f"a hint of {task.name} contains the answer: {bare}", where)


def functions_of_checks(lab: Lab) -> set[str]:
    """The names that checks.py defines, read without running it."""
    import ast

    tree = ast.parse((lab.folder / "checks.py").read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def run_both(lab: Lab) -> Iterator[Complaint]:
    """The lab unsolved must fail in every task; solved it must pass within its limits."""
    unsolved = run_lab(lab, lab.script)
    for verdict in unsolved.verdicts:
        if verdict.passed:
            yield Complaint(f"task {verdict.task} passes with its hole open", str(lab.script))
    if unsolved.trouble:
        yield Complaint(f"unsolved: {unsolved.trouble}", str(lab.script))
    solved = run_lab(lab, lab.solution)
    yield from (Complaint(f"solved: {why}", str(lab.solution)) for why in failures(solved))


def failures(outcome: Outcome) -> Iterator[str]:
    """Everything that kept a run from passing, as sentences."""
    if outcome.trouble:
        yield outcome.trouble
    yield from outcome.errors
    for verdict in outcome.verdicts:
        if not verdict.passed:
            yield f"{verdict.task}: {verdict.why}"


def run_code(lesson: Lesson) -> Iterator[Complaint]:
    """The lesson's code blocks, run from top to bottom in one namespace."""
    names: dict[str, object] = {"__name__": "lesson"}
    for line, text in code_blocks(lesson.source):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(text, str(lesson.path), "exec"), names)  # noqa: S102 - shipped lessons
        except Exception as error:
            yield Complaint(f"{type(error).__name__}: {error}", where=f"{lesson.path}:{line}")
            return


def _bare_numbers(lesson: Lesson) -> Iterator[Complaint]:
    for number, line in enumerate(
        plain_prose(lesson.source, keep_claims=True).splitlines(), start=1
    ):
        if line.lstrip().startswith("#") or re.match(r"\s*\d+\.\s", line):
            line = re.sub(r"^\s*(\d+\.\s|#.*)", "", line)
        if re.fullmatch(r"[\s|:-]*", line):
            continue
        for match in BARE.finditer(CLAIM.sub(" ", line)):
            if not YEAR.fullmatch(match[0].strip(".,")):
                yield Complaint(f"'{match[0].strip()}' is neither a claim nor given", f"{lesson.path}:{number}",
                                f"{{{{name|{match[0].strip()}}}}} or {{{{={match[0].strip()}}}}}")  # fmt: skip


def _references(lesson: Lesson, labs: list[Lab]) -> Iterator[Complaint]:
    folder = lesson.path.parent
    figures = folder / "figures.py"
    drawn = set(functions_of(figures)) if figures.is_file() else set()
    shown = {b.text for b in walk(lesson.blocks) if b.kind == "figure"}
    if not shown:
        yield Complaint("a lesson has at least one figure", where=str(lesson.path))
    for name in sorted(shown ^ drawn):
        what = "is drawn but not shown" if name in drawn else "is shown but not drawn"
        yield Complaint(f"figure '{name}' {what}", where=str(lesson.path))
    for name in sorted(shown & drawn):
        if not (folder / "figures" / f"{name}.json").is_file():
            yield Complaint(
                f"figure '{name}' is not kept", str(figures), "practicum dev check-course --write"
            )
    invited = {b.text for b in walk(lesson.blocks) if b.kind == "lab"}
    for slug in sorted(invited ^ {lab.slug for lab in labs}):
        yield Complaint(
            f"lab '{slug}' is either not there or not mentioned", where=str(lesson.path)
        )
    for block in walk(lesson.blocks):
        if block.kind == "code":
            try:
                code_by_reference(block.text, folder)
            except PracticumError as error:
                yield Complaint(str(error), where=f"{lesson.path}:{block.line}")
