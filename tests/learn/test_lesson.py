"""Lessons: read as blocks, shown on a page and in a terminal, every number accounted for."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from practicum.core.errors import PracticumError
from practicum.learn.course_check import _bare_numbers, run_code
from practicum.learn.lessons import figures
from practicum.learn.lessons.claims import Near, agrees, claims_of, without_claims
from practicum.learn.lessons.lesson import (
    anchor_of,
    code_blocks,
    code_by_reference,
    plain_prose,
    read_lesson,
    walk,
)
from practicum.learn.lessons.page import body, figure_html, mathml, plain_href, prose
from practicum.learn.lessons.terminal import TerminalReader, plain, symbols, terminal_markdown
from practicum.learn.lessons.verify import draw_figures, verify_concept
from practicum.learn.roadmap import Concept
from practicum.measure.plots import lines
from practicum.measure.sketch import COLUMNS

LESSON = r"""# Is {{n|3}} enough?

Before $x^2$, read [this](concept:calculus) and `practicum map`.

::: predict
What is half?
---
It is {{half|0.50}}. <b>bold</b>
:::

## The mean $\bar x$

$$
\bar{x} = \frac{1}{n} \sum_i x_i = {{mean|2}}
$$

{{figure:curve}}

{{code:practicum.measure.intervals.wilson}}

::: errata E1
A slip.
:::

{{lab:by-hand}}

```python
x = 1  # {{not|4}} a claim, and # not a heading
```

## What you can do now

Count. {{=0.05}} is given.
"""
CLAIMS = """
from practicum.learn.lessons.claims import Near

def n(): return 3
def half(): return Near(0.5004, 0.001)
def mean(): return 2.0
"""
FIGURES = """
from claims import n
from practicum.learn.lessons.figures import Frames
from practicum.measure.plots import lines

def _one(k):
    return lines(f"Slope {k}", {"line": [(0, 0), (1, k)]}, x="x", y="y")

def curve():
    return Frames("Slopes turn", "slope", {f"slope {k}": _one(k) for k in range(n())})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lesson.md").write_text(LESSON, encoding="utf-8")
    (tmp_path / "claims.py").write_text(CLAIMS, encoding="utf-8")
    (tmp_path / "figures.py").write_text(FIGURES, encoding="utf-8")
    assert all(v.ok for v in draw_figures(tmp_path))
    return tmp_path


@pytest.fixture
def concept(folder: Path) -> Concept:
    return Concept("F9z", "toy", "Toy", "c", "p", (), 5, "Do it.", (), folder)


def test_a_lesson_is_read_as_blocks_in_order(folder: Path) -> None:
    lesson = read_lesson(folder)
    assert lesson.title == "Is {{n|3}} enough?"
    assert [b.kind for b in lesson.blocks] == [
        "prose", "predict", "prose", "math", "figure", "code", "errata", "lab", "prose", "prose",
    ]  # fmt: skip
    predict = lesson.blocks[1]
    assert [b.text for b in predict.inner + predict.reveal] == [
        "What is half?", "It is {{half|0.50}}. <b>bold</b>",
    ]  # fmt: skip
    assert lesson.blocks[3].text.startswith(r"\bar{x}")
    assert len(list(walk(lesson.blocks))) == 13


def test_sections_have_anchors_and_their_text(folder: Path) -> None:
    lesson = read_lesson(folder)
    assert list(lesson.anchors) == ["the-mean-bar-x", "what-you-can-do-now"]
    (last,) = lesson.section("what-you-can-do-now")
    assert last.text == "## What you can do now\n\nCount. {{=0.05}} is given."
    assert [b.kind for b in lesson.section("the-mean-bar-x")][:2] == ["prose", "math"]
    with pytest.raises(PracticumError, match="try: the-mean-bar-x"):
        lesson.section("the-mean-bar")


@pytest.mark.parametrize(
    ("source", "said"),
    [("no title", "begins with '# '"), ("# T\n::: note\nx", "never closed"), ("# T\n$$\nx", "never closed"),
     ("# T\n```\nx", "never closed"), ("# T\n::: predict\nx\n:::", "a line '---'")],
)  # fmt: skip
def test_what_is_not_closed_is_named_with_its_line(tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "lesson.md").write_text(source, encoding="utf-8")
    with pytest.raises(PracticumError, match=r"lesson\.md:\d") as told:
        read_lesson(tmp_path)
    assert said in str(told.value)


def test_claims_and_givens_are_found_with_their_lines() -> None:
    found = [(c.name, c.shown, c.line) for c in claims_of(LESSON)]
    assert found == [
        ("n", "3", 1),
        ("half", "0.50", 8),
        ("mean", "2", 14),
        ("not", "4", 28),
        (None, "0.05", 33),
    ]
    assert "{{" not in without_claims("{{a|1}} and {{=2}}")


@pytest.mark.parametrize(
    ("shown", "value", "ok"),
    [
        ("0.50", 0.504, True), ("0.50", 0.506, False), ("3", 3, True), ("3", 3.4, True), ("3", 3.6, False),
        ("88 %", 0.8812, True), ("88 %", 88.1, True), ("88 %", 0.871, False), ("1,024", 1024, True),
        ("−0.7", -0.72, True), ("1.5e-3", 0.00151, True), ("1.5e-3", 0.0017, False),
        ("0.97", Near(0.955, 0.02), True), ("0.97", Near(0.93, 0.02), False), ("question", "question", True),
        ("cat", "dog", False), ("about", 3, False), ("2", float("nan"), False), ("12 MB", 12.2, True),
    ],
)  # fmt: skip
def test_a_claim_agrees_to_the_digits_that_are_shown(shown: str, value: object, ok: bool) -> None:
    assert agrees(shown, value) is ok


def test_claims_and_figures_are_recomputed_and_what_changed_is_named(folder: Path) -> None:
    assert all(v.ok for v in verify_concept(folder) if v.what != "not")
    text = CLAIMS.replace("def mean(): return 2.0", "def mean(): return 2.7").replace(
        "return 3", "return 4"
    )
    (folder / "claims.py").write_text(text, encoding="utf-8")
    wrong = {v.what: v.recomputed for v in verify_concept(folder) if not v.ok}
    assert wrong == {
        "n": "4",
        "mean": "2.7",
        "not": "no such function",
        "figure curve": "not as kept",
    }


def test_a_claim_that_fails_is_told_and_the_others_still_are(folder: Path) -> None:
    (folder / "claims.py").write_text(CLAIMS.replace("return 3", "return 1 / 0"), encoding="utf-8")
    seen = {v.what: v for v in verify_concept(folder)}
    assert "ZeroDivisionError" in seen["n"].recomputed
    assert seen["half"].ok


def test_bare_numbers_in_prose_are_found_and_names_years_and_code_are_not(tmp_path: Path) -> None:
    source = """# T 7

In 2017, word2vec, GPT-2, L2, 2-D, UTF-8 and F1 had `x = 3`, $y = 4$ and {{=5}}; see
[the 3 steps](https://example.org/6).

1. first

It has 12 layers and costs 3.5 %.
"""
    (tmp_path / "lesson.md").write_text(source, encoding="utf-8")
    found = [re.search(r"'(.*?)'", str(c))[1] for c in _bare_numbers(read_lesson(tmp_path))]  # type: ignore[index]
    assert found == ["3", "12", "3.5 %"]


def test_code_is_included_by_reference_without_importing_it(folder: Path) -> None:
    assert code_by_reference("practicum.measure.intervals.wilson", folder).startswith("def wilson(")
    method = code_by_reference("practicum.measure.page.Page.html", folder)
    assert method.strip().startswith("def html(self)")
    with pytest.raises(PracticumError, match="defines no 'wilsn'"):
        code_by_reference("practicum.measure.intervals.wilsn", folder)
    with pytest.raises(PracticumError, match="no such code"):
        code_by_reference("os.path.join", folder)
    lab = folder / "labs" / "x"
    lab.mkdir(parents=True)
    (lab / "lab.py").write_text("@a\ndef f():\n    return 1\n\nx = 2\n", encoding="utf-8")
    assert code_by_reference("lab:x.f", folder) == "@a\ndef f():\n    return 1"


def test_code_blocks_run_from_top_to_bottom_in_one_namespace(tmp_path: Path) -> None:
    source = "# T\n```python\nx = 1\n```\n```sh\nnot python\n```\n```python\nassert x == 2\n```\n"
    (tmp_path / "lesson.md").write_text(source, encoding="utf-8")
    assert [line for line, _ in code_blocks(source)] == [3, 9]
    (complaint,) = run_code(read_lesson(tmp_path))
    assert str(complaint).startswith(f"{tmp_path / 'lesson.md'}:9  AssertionError")


def test_prose_is_what_a_reader_reads() -> None:
    words = plain_prose(LESSON)
    assert "What is half?" in words
    for hidden in ("sum_i", "practicum map", "concept:", "x = 1", "{{", ":::", "wilson"):
        assert hidden not in words, hidden


def test_the_page_has_maths_figures_code_and_nothing_that_runs(
    folder: Path, concept: Concept
) -> None:
    html = body(concept, read_lesson(folder), {"by-hand": "By <hand>"}, plain_href)
    assert html.count("<math") == 3
    assert 'title="recomputed by practicum verify: half">0.50</span>' in html
    assert "&lt;b&gt;bold&lt;/b&gt;" in html, "HTML in a lesson is text"
    assert '<a href="calculus.html">' in html
    assert 'id="what-you-can-do-now"' in html
    assert "By &lt;hand&gt;" in html
    assert "def wilson(" in html
    assert html.count('type="radio"') == 3
    assert "<script" not in html
    assert "{{" not in html.replace("{{not|4}}", "")


def test_a_moving_figure_shows_one_frame_at_a_time_by_style_alone(folder: Path) -> None:
    html = figure_html(figures.kept(folder, "curve"), "curve")
    assert html.count("checked>") == 1
    assert ".frames:has(#curve-2:checked) .curve-2{display:block}" in html


def test_maths_that_cannot_be_read_stays_readable() -> None:
    assert "<math" in mathml(r"\frac{a}{b}")
    assert prose("costs $5 and $6") == "<p>costs $5 and $6</p>\n"


@pytest.mark.parametrize(
    ("latex", "told"),
    [
        (r"\sum_{j=1}^{n} x_{ij}^2", "∑ⱼ₌₁ⁿ xᵢⱼ²"),
        (r"\frac{1}{1 + e^{-x}}", "1/(1 + e⁻ˣ)"),
        (r"\frac{a_1 + \frac{b}{c}}{d}", "(a₁ + b/c)/d"),
        (r"A^{-1} v = \lambda v", "A⁻¹ v = λ v"),
        (r"d_{\text{model}}", "d_model"),
        (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", "[ 1 2; 3 4 ]"),
        (r"v^\top u", "vᵀ u"),
        (r"\arg\max_\theta p(x \mid \theta)", "arg max_θ p(x ∣ θ)"),
        (r"\cos\theta = 1", "cos θ = 1"),
        (r"-\ln \sigma(u) + \max(0, x)", "−ln σ(u) + max(0, x)"),
    ],
)
def test_maths_is_readable_in_a_terminal(latex: str, told: str) -> None:
    assert symbols(latex) == told


def test_a_claim_at_the_beginning_of_a_line_does_not_become_a_list() -> None:
    out = io.StringIO()
    from rich.markdown import Markdown

    Console(file=out, width=60).print(Markdown(terminal_markdown("{{n|2}}. Case is folded.")))
    assert out.getvalue().strip() == "2. Case is folded."
    assert "\\" in terminal_markdown("{{n|2}}. Case")


def test_plain_text_of_questions_has_no_markup_left() -> None:
    assert plain(r"Is **bold** `code` with $x_1^2$ and {{n|3}}?") == "Is bold code with x₁² and 3?"


def read_in_terminal(concept: Concept, folder: Path, pause=lambda _: None) -> str:
    out = io.StringIO()
    console = Console(file=out, width=80, highlight=False)
    TerminalReader(console, concept, {"by-hand": "By hand"}, pause).read(read_lesson(folder))
    return out.getvalue()


def test_a_terminal_reader_sees_everything_in_eighty_columns(
    folder: Path, concept: Concept
) -> None:
    text = read_in_terminal(concept, folder)
    for part in ("Is 3 enough?", "x²", "x̅ = 1/n ∑ᵢ xᵢ = 2", "It is 0.50.", "def wilson(", "Slopes turn",
                 "practicum watch toy/by-hand", "What you can do now"):  # fmt: skip
        assert part in text, part
    assert "{{half" not in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_the_answer_comes_after_the_pause(folder: Path, concept: Concept) -> None:
    out = io.StringIO()
    seen: list[str] = []
    console = Console(file=out, width=80)
    reader = TerminalReader(console, concept, {}, lambda _: seen.append(out.getvalue()))
    reader.read(read_lesson(folder))
    assert len(seen) == 1
    assert "What is half?" in seen[0]
    assert "It is 0.50" not in seen[0]


def test_a_sketch_has_the_marks_of_its_plot_and_says_its_ranges() -> None:
    drawn = figures.draw(lambda: lines("Up", {"a": [(0, 0), (10, 5)]}, x="x", y="y"))
    rows = drawn.stills[0].sketch.splitlines()
    assert "across from" in rows[-1]
    dots = [row for row in rows[:-1] if row.strip("⠀")]
    assert all(len(row) <= COLUMNS for row in dots)
    assert dots[0].rstrip("⠀")[-1] != "⠀"
    first, last = (len(row) - len(row.lstrip("⠀")) for row in (dots[0], dots[-1]))
    assert first > last, "the line rises from left to right"


def test_a_figure_that_is_too_heavy_or_no_figure_is_refused() -> None:
    with pytest.raises(PracticumError, match="not a Picture or Frames"):
        figures.draw(lambda: 3)
    many = [(float(i), float(i * i % 97)) for i in range(4000)]
    with pytest.raises(PracticumError, match="draw fewer marks"):
        figures.draw(lambda: lines("Much", {"a": many}, x="x", y="y"))


def test_a_figure_that_was_not_drawn_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(PracticumError, match="check-course --write"):
        figures.kept(tmp_path, "x")


def test_anchors_drop_maths_marks_and_accents() -> None:
    assert anchor_of("What's the `det` of $A$? Café {{n|3}}") == "whats-the-det-of-a-cafe-3"


def test_a_trained_figure_may_differ_a_little_and_no_more(folder: Path) -> None:
    text = FIGURES.replace("def curve", "@approximate(0.05)\ndef curve").replace(
        "import Frames", "import Frames, approximate"
    )
    (folder / "figures.py").write_text(text.replace("(1, k)", "(1, k * 1.03)"), encoding="utf-8")
    assert next(v for v in verify_concept(folder) if v.what == "figure curve").ok
    (folder / "figures.py").write_text(text.replace("(1, k)", "(1, k * 1.10)"), encoding="utf-8")
    assert not next(v for v in verify_concept(folder) if v.what == "figure curve").ok


def test_a_figure_uses_the_very_claims_that_were_computed(folder: Path) -> None:
    counting = "import pathlib\npathlib.Path(__file__).with_name('loads').open('a').write('x')\n"
    (folder / "claims.py").write_text(counting + CLAIMS, encoding="utf-8")
    list(verify_concept(folder))
    assert (folder / "loads").read_text() == "x"


def test_named_functions_are_set_apart_from_what_they_are_of() -> None:
    assert "<mspace" in mathml(r"\ln 2")
    assert "<mspace" not in mathml(r"\ln(2)")
