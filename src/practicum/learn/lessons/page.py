"""A lesson as HTML: MathML, figures inline, moving ones by radio buttons; no script at all."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from practicum.learn.lessons.claims import CLAIM, without_claims
from practicum.learn.lessons.figures import Figure, kept
from practicum.learn.lessons.lesson import Block, Lesson, anchor_of, code_by_reference
from practicum.learn.roadmap import Chapter, Concept, Reference
from practicum.measure.page import Page, plot_figure

Href = Callable[[str, str], str]  # ("concept", slug) or ("lab", "concept/lab") → an address
Card = Callable[[str], str]  # a lab's slug → HTML

STYLE = """
main{max-width:43rem}
.lesson h2{margin-top:2.6rem}.lesson li{max-width:32rem}
.lesson p,.lesson ul,.lesson ol{max-width:35rem}
.claim{border-bottom:1px dotted var(--accent);white-space:nowrap}
.lesson code{font-family:var(--mono);font-size:.84em;background:var(--wash);padding:.05em .25em;border-radius:3px}
.lesson pre code{background:none;padding:0;font-size:inherit}
math{font-size:1.08em}.formula{margin:1.1rem 0;overflow-x:auto;overflow-y:hidden}
.box{border-left:3px solid var(--accent);background:var(--wash);padding:.7rem 1rem .1rem;
margin:1.4rem 0;max-width:37rem}
.box>strong:first-child{display:block;font-family:var(--sans);font-size:.8rem;color:var(--muted);
margin-bottom:.3rem}
.box details{font-size:inherit;font-family:inherit;margin:.2rem 0 .8rem}
.box summary{font-family:var(--sans);font-size:.85rem}
.frames{border:0;padding:0;margin:0}.frames>legend{font-family:var(--sans);font-size:.8rem;color:var(--muted);padding:0}
.frames input{accent-color:var(--accent);margin:.2rem .1rem .4rem .7rem}
.frames span{display:inline-block}.frames label{font-family:var(--sans);font-size:.78rem}.frame{display:none}
.go{font-family:var(--sans);font-size:.9rem;border:1px solid var(--line);border-radius:3px;
padding:.6rem .9rem;max-width:37rem}
"""


def lesson_page(
    concept: Concept,
    chapter: Chapter,
    lesson: Lesson,
    labs: dict[str, str],
    href: Href | None = None,
) -> str:
    """A whole document to read offline; `labs` gives every lab's title by its slug."""
    page = Page(without_claims(lesson.title).replace("$", "").replace("`", ""), style=STYLE)
    page.add_lead(
        f"{chapter.title} · {concept.title} · {concept.minutes} minutes. {concept.teaches}"
    )
    page.add_markup(f'<div class="lesson">{body(concept, lesson, labs, href or plain_href)}</div>')
    page.add_markup(references(concept.links, "The sources of this concept"))
    page.add_markup(references(chapter.references, f"Where to read on: {chapter.title}"))
    return page.html()


def plain_href(kind: str, name: str) -> str:
    """Addresses among files in one folder."""
    return f"{name}.html" if kind == "concept" else f"#lab-{name.rpartition('/')[2]}"


def body(
    concept: Concept, lesson: Lesson, labs: dict[str, str], href: Href, card: Card | None = None
) -> str:
    """The lesson without a page around it; every piece of prose has its line's id, as in `#l123`.

    `card` draws what stands for a lab; None: its title and command.
    """
    assert concept.folder is not None
    writer = _Writer(concept, labs, href, card)
    return "\n".join(writer.block(block) for block in lesson.blocks)


def references(entries: Sequence[Reference], heading: str) -> str:
    """Links, each with its reason; "" when there are none."""
    if not entries:
        return ""
    items = "".join(
        f'<li><a href="{escape(r.url)}" rel="noopener noreferrer">{escape(r.title)}</a>'
        f"{escape(f', {r.by}') if r.by else ''}. {escape(r.why)}"
        + (f' <em>(Corrects <a href="{escape(r.corrects)}" rel="noopener noreferrer">a common link</a>.)</em>'
           if r.corrects else "") + "</li>"
        for r in entries
    )  # fmt: skip
    return f'<div class="lesson"><h2 id="{anchor_of(heading)}">{escape(heading)}</h2><ul>{items}</ul></div>'


def inline(text: str) -> str:
    """A line of Markdown with maths and claims as HTML, without a paragraph around it."""
    return str(_markdown().renderInline(text, {"href": plain_href}))


def prose(text: str, href: Href = plain_href, line: int | None = None) -> str:
    """Markdown with maths and claims as HTML; with `line`, where it begins, lines have ids."""
    return str(_markdown().render(text, {"href": href, "line": line}))


def mathml(latex: str, display: bool = False) -> str:
    """LaTeX as MathML; what cannot be read stays as code, so that nothing is lost."""
    from latex2mathml.converter import convert

    spaced = _NAMED.sub(r"\g<0>\\,", without_claims(latex))  # the converter sets "ln2"
    try:
        return str(convert(spaced, display="block" if display else "inline"))
    except Exception:  # its parser raises what it likes
        return f"<code>{escape(without_claims(latex))}</code>"


_NAMED = re.compile(r"\\(?:ln|log|exp|sin|cos|tanh|max|min|det)(?=\s*(?:[0-9A-Za-z]|\\[a-z]))")


class _Writer:
    def __init__(
        self, concept: Concept, labs: dict[str, str], href: Href, card: Card | None
    ) -> None:
        assert concept.folder is not None
        self.concept, self.folder, self.labs = concept, concept.folder, labs
        self.href, self.card = href, card

    def block(self, block: Block) -> str:
        return str(getattr(self, f"_{block.kind}")(block))

    def _all(self, blocks: Sequence[Block]) -> str:
        return "\n".join(self.block(b) for b in blocks)

    def _prose(self, block: Block) -> str:
        return prose(block.text, self.href, block.line)

    def _math(self, block: Block) -> str:
        return f'<div class="formula" id="l{block.line}">{mathml(block.text, display=True)}</div>'

    def _figure(self, block: Block) -> str:
        return figure_html(kept(self.folder, block.text), block.text)

    def _code(self, block: Block) -> str:
        source = escape(code_by_reference(block.text, self.folder))
        name = escape(block.text)
        return (f'<figure><figcaption><code>{name}</code></figcaption><pre tabindex="0" role="region" '
                f'aria-label="source of {name}"><code>{source}</code></pre></figure>')  # fmt: skip

    def _lab(self, block: Block) -> str:
        if self.card:
            return self.card(block.text)
        where = escape(self.href("lab", f"{self.concept.slug}/{block.text}"))
        title = escape(self.labs.get(block.text, block.text))
        command = escape(f"practicum watch {self.concept.slug}/{block.text}")
        return (f'<p class="go" id="lab-{escape(block.text)}">Lab: <a href="{where}">{title}</a>'
                f"<br><code>{command}</code></p>")  # fmt: skip

    def _predict(self, block: Block) -> str:
        reveal = self._all(block.reveal)
        more = f"<details><summary>What happens</summary>{reveal}</details>"
        return self._box("Predict", block, more)

    def _errata(self, block: Block) -> str:
        return self._box("A well-known slip", block)

    def _note(self, block: Block) -> str:
        return self._box("An aside", block)

    def _box(self, title: str, block: Block, more: str = "") -> str:
        inner = self._all(block.inner)
        return (f'<div class="box {block.kind}" id="l{block.line}"><strong>{title}</strong>'
                f"{inner}{more}</div>")  # fmt: skip


def figure_html(figure: Figure, name: str) -> str:
    """A figure; of a moving one, one frame at a time, chosen by radio buttons (arrow keys move)."""
    if len(figure.stills) == 1:
        return plot_figure(figure.stills[0].picture)
    inputs, frames, rules = [], [], []
    for i, still in enumerate(figure.stills):
        id = f"{name}-{i}"
        checked = " checked" if i == 0 else ""
        inputs.append(f'<span><input type="radio" name="{escape(name)}" id="{escape(id)}"{checked}>'
                      f'<label for="{escape(id)}">{escape(still.label)}</label></span>')  # fmt: skip
        frames.append(f'<div class="frame {escape(id)}">{plot_figure(still.picture)}</div>')
        rules.append(f".frames:has(#{id}:checked) .{id}{{display:block}}")
    return (f'<fieldset class="frames"><legend>{escape(figure.claim)} — {escape(figure.moves)}:</legend>'
            f"<style>{''.join(rules)}</style>{''.join(inputs)}{''.join(frames)}</fieldset>")  # fmt: skip


@functools.cache
def _markdown() -> Any:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    parser = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(
        ["table", "replacements", "smartquotes"]
    )
    parser.disable("lheading")  # a line of dashes under a paragraph is a divider here
    parser.core.ruler.after("block", "lines", _mark_lines)
    parser.use(dollarmath_plugin, allow_digits=False, double_inline=False)
    parser.inline.ruler.before("escape", "claim", _claim_rule)
    parser.add_render_rule("math_inline", lambda _r, tokens, i, _o, _e: mathml(tokens[i].content))
    parser.add_render_rule("claim", _claim_html)
    parser.add_render_rule("heading_open", _heading_html)
    parser.add_render_rule("link_open", _link_html)
    return parser


def _mark_lines(state: Any) -> None:
    """Give what begins on a line that line's id; of a list item and its paragraph, the item has it."""
    first = state.env.get("line")
    if first is None:
        return
    marked = set()
    for token in state.tokens:
        if token.type in _WITH_LINE and token.map and not token.hidden:
            number = first + token.map[0]
            if number not in marked:
                marked.add(number)
                token.meta = {**token.meta, "line": number}
                if token.type != "heading_open":
                    token.attrSet("id", f"l{number}")


_WITH_LINE = ("paragraph_open", "list_item_open", "heading_open", "tr_open", "fence")


def _claim_rule(state: Any, silent: bool) -> bool:
    found = CLAIM.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        token = state.push("claim", "", 0)
        token.content, token.meta = found["shown"], {"name": found["name"]}
    state.pos = found.end()
    return True


def _claim_html(_r: Any, tokens: Any, i: int, _o: Any, _e: Any) -> str:
    token = tokens[i]
    shown = escape(token.content)
    if not token.meta["name"]:
        return shown
    name = escape(token.meta["name"])
    told = f"recomputed by practicum verify: {name}"
    return f'<span class="claim" data-claim="{name}" title="{told}">{shown}</span>'


def _heading_html(_r: Any, tokens: Any, i: int, _o: Any, _e: Any) -> str:
    # A heading is known by its words; its line is a mark inside of it.
    line = tokens[i].meta.get("line")
    mark = f'<span id="l{line}"></span>' if line else ""
    return f'<{tokens[i].tag} id="{anchor_of(tokens[i + 1].content)}">{mark}'


def _link_html(_r: Any, tokens: Any, i: int, _o: Any, env: Any) -> str:
    href = str(tokens[i].attrGet("href") or "")
    if href.startswith("concept:"):
        return f'<a href="{escape(env["href"]("concept", href[8:]))}">'
    outside = ' rel="noopener noreferrer"' if re.match(r"https?:", href) else ""
    return f'<a href="{escape(href)}"{outside}>'
