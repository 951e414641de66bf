"""A lesson in a terminal: Rich for prose, Unicode for maths, Braille for figures."""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from practicum.learn.lessons.claims import CLAIM, without_claims
from practicum.learn.lessons.figures import Figure, kept
from practicum.learn.lessons.lesson import (
    INLINE_CODE,
    INLINE_MATH,
    LINK,
    Block,
    Lesson,
    code_by_reference,
)
from practicum.learn.roadmap import Concept

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

MEASURE = 78  # columns of prose; longer lines are hard to come back from
Pause = Callable[[str], None]  # waits for the reader after a prompt


class TerminalReader:
    """Prints a lesson; `pause` is called before what a reader should predict first."""

    def __init__(
        self, console: Console, concept: Concept, labs: dict[str, str], pause: Pause
    ) -> None:
        assert concept.folder is not None
        self.console, self.concept, self.folder = console, concept, concept.folder
        self.labs, self.pause = labs, pause

    def read(self, lesson: Lesson, section: str | None = None) -> None:
        """The whole lesson, or the section of this anchor."""
        from rich.text import Text

        self._print(Text(plain(lesson.title), style="bold"), Text(""))
        self._all(lesson.blocks if section is None else lesson.section(section))

    def _all(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            getattr(self, f"_{block.kind}")(block)

    def _print(self, *things: RenderableType) -> None:
        width = min(self.console.width, MEASURE)
        for thing in things:
            self.console.print(thing, width=width)

    def _prose(self, block: Block) -> None:
        from rich.markdown import Markdown

        self._print(Markdown(terminal_markdown(block.text)), "")

    def _math(self, block: Block) -> None:
        from rich.padding import Padding
        from rich.text import Text

        self._print(Padding(Text(symbols(block.text), style="italic"), (0, 0, 1, 4)))

    def _figure(self, block: Block) -> None:
        figure = kept(self.folder, block.text)
        for number in range(len(figure.stills)):
            if number and number not in (len(figure.stills) // 2, len(figure.stills) - 1):
                continue  # of many frames the first, the middle and the last tell the movement
            self._still(figure, number)
        self.console.print()

    def _still(self, figure: Figure, number: int) -> None:
        from rich.text import Text

        still = figure.stills[number]
        title = (
            still.picture.claim
            if not still.label
            else f"{figure.claim} — {figure.moves}: {still.label}"
        )
        self._print(Text(title, style="bold cyan"))
        self.console.print(Text(still.sketch), soft_wrap=True, crop=True)
        self._print(Text(still.picture.alt, style="dim"))

    def _code(self, block: Block) -> None:
        from rich.padding import Padding
        from rich.syntax import Syntax
        from rich.text import Text

        source = code_by_reference(block.text, self.folder)
        self._print(Text(block.text, style="cyan"))
        self.console.print(Padding(Syntax(source, "python", theme="ansi_dark", background_color="default",
                                          word_wrap=True), (0, 0, 1, 2)))  # fmt: skip

    def _lab(self, block: Block) -> None:
        from rich.text import Text

        title = self.labs.get(block.text, block.text)
        line = Text.assemble(("Lab  ", "bold green"), title, "\n     ",
                             (f"practicum watch {self.concept.slug}/{block.text}", "green"))  # fmt: skip
        self._print(line, "")

    def _predict(self, block: Block) -> None:
        from rich.text import Text

        self._print(Text("Predict", style="bold yellow"))
        self._all(block.inner)
        self.pause("Enter shows what happens ")
        self._all(block.reveal)

    def _box(self, title: str, block: Block) -> None:
        from rich.text import Text

        self._print(Text(title, style="bold magenta"))
        self._all(block.inner)

    def _errata(self, block: Block) -> None:
        self._box("A well-known slip", block)

    def _note(self, block: Block) -> None:
        self._box("An aside", block)


def terminal_markdown(text: str) -> str:
    """Markdown that a terminal can show: claims as they read, maths as symbols, links as words."""
    kept_code: list[str] = []

    def hide(match: re.Match[str]) -> str:
        kept_code.append(match[0])
        return f"\x00{len(kept_code) - 1}\x00"

    fences = re.compile(r"^(`{3,}).*?^\1\s*$", re.DOTALL | re.MULTILINE)
    text = INLINE_CODE.sub(hide, fences.sub(hide, text))
    text = INLINE_MATH.sub(lambda m: _escaped(symbols(m[1])), text)
    # "2." at the beginning of a line would start a list.
    text = without_claims(
        re.sub(rf"^{CLAIM.pattern}(?=[.)])", r"\g<shown>\\", text, flags=re.MULTILINE)
    )
    text = LINK.sub(lambda m: m[1] if m[2].startswith("concept:") else m[0], text)
    return re.sub(r"\x00(\d+)\x00", lambda m: kept_code[int(m[1])], text)


def plain(text: str) -> str:
    """A line of a lesson or question as plain text: no backticks, maths as symbols."""
    text = INLINE_MATH.sub(lambda m: symbols(m[1]), text)
    text = LINK.sub(r"\1", without_claims(text))
    return re.sub(r"`([^`]+)`|\*\*(.+?)\*\*|\*(\S.*?)\*", lambda m: m[1] or m[2] or m[3], text)


@functools.cache
def _latex() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text", strict_latex_spaces=True)


def symbols(latex: str) -> str:
    """LaTeX as Unicode on one line: ∑ⱼ xⱼ², A⁻¹, (a + b)/c; what has no symbol stays as it is."""
    import unicodeit

    text = _words(_fractions(without_claims(latex)))
    text = re.sub(r"([\^_])(\{[^{}\\]*\}|[A-Za-z])", _script, text)
    text = unicodeit.replace(text).replace(_RAISED, "^").replace(_LOWERED, "_")
    return " ".join(str(_latex().latex_to_text(text)).split())


_SAID = {r"\\(?:text|mathrm|operatorname|mathit|mathbf|boldsymbol|mathcal)\*?\{([^{}]*)\}": r"\1",
         r"\\(?:left|right|bigg?[lr]?|Bigg?[lr]?|[,;!]|quad|qquad|displaystyle)(?![a-z])": " ",
         r"\\[lr]Vert|\\\|": "‖", r"\\[lr]vert": "|",
         r"\\(arg|cos|det|exp|lim|ln|log|max|min|sin|tan|tanh)(?![a-z])(?=\\|\s)": r"\1 ",
         r"\\(arg|cos|det|exp|lim|ln|log|max|min|sin|tan|tanh)(?![a-z])": r"\1",
         r"\^\{?\\(?:top|intercal)\}?": "ᵀ", r"\\(?:underbrace|overbrace)": ""}  # fmt: skip
_RAISED, _LOWERED = "\ue000", "\ue001"  # marks that have no small form, out of unicodeit's sight
_NO_SCRIPT = re.compile(r"[A-Zbcdfgqwyz,/|<>]")  # without a raised or lowered form in Unicode


def _words(text: str) -> str:
    for pattern, said in _SAID.items():
        text = re.sub(pattern, said, text)
    return text


def _fractions(text: str) -> str:
    r"""Every \frac{a}{b} as a/b, inner ones first, with brackets where they are needed."""
    begun = re.compile(r"\\[dt]?frac(?=\{)")
    while found := list(begun.finditer(text)):
        start = found[-1]
        above, after = _group(text, start.end())
        below, end = _group(text, after)
        text = f"{text[: start.start()]}{_bracketed(above)}/{_bracketed(below)}{text[end:]}"
    return text


def _group(text: str, start: int) -> tuple[str, int]:
    """What stands in the braces that open here, and where they are closed."""
    depth = 0
    for i in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return (text[start + 1 : i], i + 1) if text[start] == "{" else (text[start], start + 1)
    return text[start:], len(text)


def _bracketed(part: str) -> str:
    bare = part.strip()
    simple = re.fullmatch(r"\\?[\w.]+([_^](\w|\{[^{}]*\}))*|\\partial \w(_\w)?", bare)
    return bare if simple else f"({bare})"


def _script(match: re.Match[str]) -> str:
    """Keep a sub- or superscript whole when one of its letters has no small form."""
    mark, inside = match[1], match[2].strip("{}")
    if not _NO_SCRIPT.search(inside):
        return match[0]
    kept = inside if re.fullmatch(r"\w+", inside) else f"({inside})"
    return (_RAISED if mark == "^" else _LOWERED) + kept


def _escaped(text: str) -> str:
    return re.sub(r"([*_`\[\]<>|\\])", r"\\\1", text)


def wrapped(text: str, indent: str = "") -> str:
    """Plain text in lines of the reading measure."""
    return textwrap.fill(plain(text), MEASURE, initial_indent=indent, subsequent_indent=indent)
