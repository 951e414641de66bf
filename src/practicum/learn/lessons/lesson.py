"""A lesson as blocks: prose, maths, figures, code by reference, questions to predict.

The source is Markdown with a few lines of our own (docs/writing-a-chapter.md); both renderers,
for a page and for a terminal, walk these blocks, and so do the checks.
"""

from __future__ import annotations

import ast
import math
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from practicum.core.errors import Complaint, PracticumError, UnknownReference, nearest
from practicum.learn.lessons.claims import without_claims

WORDS_A_MINUTE = 200  # of prose that explains something: slower than a novel
DIRECTIVE = re.compile(r"\{\{(figure|code|lab):([^{}]+)\}\}\s*")
BOX = re.compile(r":::\s*(predict|errata|note)\b\s*(.*?)\s*")
HEADING = re.compile(r"(#{1,3})\s+(.*?)\s*#*")
FENCE = re.compile(r"(`{3,}|~{3,})\s*(\w*)")
INLINE_CODE = re.compile(r"(`+)(.+?)\1")
INLINE_MATH = re.compile(r"(?<![\\$\w])\$(?![\s$])([^$]+?)(?<![\s\\])\$(?![\w$])")
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")


@dataclass(frozen=True)
class Block:
    """A piece of a lesson.

    kind    prose · math · figure · code · lab · predict · errata · note
    text    Markdown, LaTeX, or the directive's argument
    inner   the blocks of a box; of `predict`, the question's
    reveal  the blocks below the line of `predict`
    """

    kind: str
    text: str
    line: int
    inner: tuple[Block, ...] = ()
    reveal: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """A concept's lesson."""

    title: str
    blocks: tuple[Block, ...]
    source: str
    path: Path

    @property
    def anchors(self) -> dict[str, str]:
        """Anchor → heading, in order."""
        return {anchor_of(text): text for level, text, _ in headings(self.source) if level == 2}

    def section(self, anchor: str) -> tuple[Block, ...]:
        """The blocks of the section with this anchor.  Raises UnknownReference with the nearest."""
        lines = [
            (anchor_of(text), line) for level, text, line in headings(self.source) if level == 2
        ]
        places = [i for i, (name, _) in enumerate(lines) if name == anchor]
        if not places:
            names = [name for name, _ in lines]
            raise UnknownReference(f"{self.path.parent.name} has no section '{anchor}'",
                                   hint=nearest(anchor, names) or ", ".join(names))  # fmt: skip
        first = lines[places[0]][1]
        end = lines[places[0] + 1][1] if places[0] + 1 < len(lines) else len(self.source)
        return tuple(b for b in self.blocks if first <= b.line < end)


def read_lesson(folder: Path) -> Lesson:
    """The lesson of a concept's folder.

    Raises  PracticumError with file:line when a box or a fence is not closed, or there is no title.
    """
    path = folder / "lesson.md"
    source = path.read_text(encoding="utf-8")
    first = next(((text, line) for level, text, line in headings(source) if level == 1), None)
    if first is None:
        raise PracticumError(
            Complaint("a lesson begins with '# ' and its title", where=f"{path}:1")
        )
    title, at = first
    lines = list(enumerate(source.splitlines(), start=1))[at:]
    return Lesson(title, tuple(_blocks(lines, path)), source, path)


def headings(source: str) -> Iterator[tuple[int, str, int]]:
    """Level, text and line number of every heading outside of code."""
    for number, line, in_code in _lines(source):
        found = None if in_code else HEADING.fullmatch(line)
        if found:
            yield len(found[1]), found[2], number


def anchor_of(heading: str) -> str:
    """The anchor of a heading: lower case, hyphens, as in `#the-signed-area`."""
    text = without_claims(heading).replace("$", "").replace("`", "")
    text = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", text.replace("'", "")).strip("-")


def walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Every block, those inside of boxes too."""
    for block in blocks:
        yield block
        yield from walk(block.inner)
        yield from walk(block.reveal)


def plain_prose(source: str, keep_claims: bool = False) -> str:
    """The words of a lesson without code, maths, directives and the targets of links."""
    kept = []
    in_math = False
    for _, line, in_code in _lines(source):
        text = "" if in_code or DIRECTIVE.fullmatch(line) else line
        if text.strip() == "$$" or (text.strip().startswith("$$") != text.strip().endswith("$$")):
            in_math, text = not in_math, ""
        if in_math or text.strip().startswith("$$"):
            text = ""
        text = re.sub(r"^:::\s*\w*( E\d+)?", "", text)
        text = INLINE_CODE.sub(" ", text)
        text = INLINE_MATH.sub(" ", text)
        text = LINK.sub(r"\1", text)
        kept.append(text if keep_claims else without_claims(text))
    return "\n".join(kept)


def reading_minutes(source: str) -> int:
    """How long a lesson takes to read; its concept's own minutes count labs and questions too."""
    return math.ceil(len(plain_prose(source).split()) / WORDS_A_MINUTE)


def code_blocks(source: str) -> list[tuple[int, str]]:
    """Line and text of every Python code block."""
    found: list[tuple[int, str]] = []
    language, opened = "", 0
    body: list[str] = []
    for number, line in enumerate(source.splitlines(), start=1):
        fence = FENCE.match(line)
        if fence and not opened:
            language, opened, body = fence[2], number, []
        elif fence:
            if language == "python":
                found.append((opened + 1, "\n".join(body)))
            opened = 0
        elif opened:
            body.append(line)
    return found


def code_by_reference(reference: str, folder: Path) -> str:
    """The source of a function or class, found without importing anything.

    `practicum.measure.intervals.wilson` is of the package; `lab:<lab>.<function>` of a lab's script.
    Raises  PracticumError when there is no such thing.
    """
    path, names = _place(reference, folder)
    text = path.read_text(encoding="utf-8")
    scope: ast.AST = ast.parse(text)
    for name in names:
        found = [node for node in getattr(scope, "body", [])
                 if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name]  # fmt: skip
        if not found:
            raise PracticumError(f"{reference}: {path.name} defines no '{name}'")
        scope = found[0]
    assert isinstance(scope, (ast.FunctionDef, ast.ClassDef))
    first = min([scope.lineno, *(d.lineno for d in scope.decorator_list)])
    return textwrap.dedent("\n".join(text.splitlines()[first - 1 : scope.end_lineno]))


def _place(reference: str, folder: Path) -> tuple[Path, list[str]]:
    if reference.startswith("lab:"):
        lab, _, name = reference.removeprefix("lab:").partition(".")
        path = folder / "labs" / lab / "lab.py"
        if path.is_file() and name:
            return path, name.split(".")
    else:
        room, *rest = reference.split(".")
        path = Path(str(resources.files("practicum")))
        while room == "practicum" and rest:
            path /= rest.pop(0)
            if path.with_suffix(".py").is_file() and rest:
                return path.with_suffix(".py"), rest
    raise PracticumError(f"{reference}: there is no such code",
                         hint="practicum.room.module.name, or lab:<lab>.<function>")  # fmt: skip


def _lines(source: str) -> Iterator[tuple[int, str, bool]]:
    fence = ""
    for number, line in enumerate(source.splitlines(), start=1):
        found = FENCE.match(line)
        if found and not fence:
            fence = found[1]
            yield number, line, True
        elif fence:
            yield number, line, True
            if line.strip().startswith(fence):
                fence = ""
        else:
            yield number, line, False


def _blocks(lines: list[tuple[int, str]], path: Path) -> Iterator[Block]:
    prose: list[tuple[int, str]] = []

    def flush() -> Iterator[Block]:
        text = "\n".join(line for _, line in prose).strip("\n")
        if text.strip():
            yield Block("prose", text, next(n for n, line in prose if line.strip()))
        prose.clear()

    i = 0
    while i < len(lines):
        number, line = lines[i]
        fence, box, directive = FENCE.match(line), BOX.fullmatch(line), DIRECTIVE.fullmatch(line)
        bare = line.strip()
        if fence:
            end = _closing(lines, i, fence[1], path)
            prose += lines[i : end + 1]
            i = end + 1
        elif box:
            yield from flush()
            end = _closing(lines, i, ":::", path)
            yield _box(box, number, lines[i + 1 : end], path)
            i = end + 1
        elif directive:
            yield from flush()
            yield Block(directive[1], directive[2].strip(), number)
            i += 1
        elif bare.startswith("$$"):
            yield from flush()
            closed = len(bare) > 4 and bare.endswith("$$")
            end = i if closed else _closing(lines, i, "$$", path, at_end=True)
            inside = "\n".join(text.strip() for _, text in lines[i : end + 1])
            yield Block("math", inside.strip("$ \n"), number)
            i = end + 1
        else:
            if HEADING.fullmatch(line):
                yield from flush()
            prose.append((number, line))
            i += 1
    yield from flush()


def _closing(
    lines: list[tuple[int, str]], start: int, mark: str, path: Path, at_end: bool = False
) -> int:
    for i in range(start + 1, len(lines)):
        bare = lines[i][1].strip()
        if bare == mark or (at_end and bare.endswith(mark)):
            return i
    raise PracticumError(
        Complaint(f"'{mark}' is opened here and never closed", where=f"{path}:{lines[start][0]}")
    )


def _box(match: re.Match[str], number: int, lines: list[tuple[int, str]], path: Path) -> Block:
    kind = match[1]
    if kind != "predict":
        return Block(kind, match[2], number, tuple(_blocks(lines, path)))
    breaks = [i for i, (_, line) in enumerate(lines) if line.strip() == "---"]
    if not breaks:
        raise PracticumError(Complaint(
            "a prediction needs a line '---' between question and answer", f"{path}:{number}"))  # fmt: skip
    question, answer = lines[: breaks[0]], lines[breaks[0] + 1 :]
    return Block(
        kind, match[2], number, tuple(_blocks(question, path)), tuple(_blocks(answer, path))
    )
