"""Self-contained HTML reports: no script, no link outward, right in dark, light and on a phone."""

from __future__ import annotations

import base64
import csv
import io
import re
import unicodedata
from collections.abc import Collection, Sequence
from html import escape
from html.parser import HTMLParser

from practicum.measure.style import STYLE
from practicum.measure.told import Picture

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)


class Page:
    """A report under construction. Every text is escaped: model output is untrusted."""

    def __init__(self, title: str, style: str = "") -> None:
        self.title = title
        self._style = STYLE + style
        self._parts: list[str] = []
        self._contents: dict[str, str] = {}  # anchor: heading
        self._before_first_heading = 0

    def add_lead(self, text: str) -> None:
        """The answer of the report, in larger type."""
        self._parts.append(f'<p class="lead">{escape(text)}</p>')

    def add_heading(self, text: str, id: str | None = None) -> str:
        """A section that the contents list; its anchor, which is unique on the page."""
        anchor = wanted = _slug(id or text) or "section"
        number = 1
        while anchor in self._contents or anchor == "report":
            number += 1
            anchor = f"{wanted}-{number}"
        if not self._contents:
            self._before_first_heading = len(self._parts)
        self._contents[anchor] = text
        self._parts.append(f'<h2 id="{anchor}">{escape(text)}</h2>')
        return anchor

    def add_paragraph(self, text: str) -> None:
        """One paragraph of prose."""
        self._parts.append(f"<p>{escape(text)}</p>")

    def add_table(
        self,
        headers: Sequence[str],
        rows: Sequence[Sequence[str]],
        caption: str,
        numeric: Collection[int] = (),
    ) -> None:
        """A table whose first column names its rows; `numeric` columns are set to the right."""
        self._parts.append(_table(headers, rows, caption, numeric))

    def add_picture(self, picture: Picture) -> None:
        """A figure under its claim, its data as a table, and the data to take away."""
        self._parts.append(plot_figure(picture))

    def add_markup(self, html: str) -> None:
        """HTML of a renderer that escapes what it is given; nothing of a model or a user as it is."""
        self._parts.append(html)

    def add_svg(self, svg: str, caption: str, alt: str = "") -> None:
        """A drawing of another room, which may scroll; `alt` when it brings no text of its own.

        Raises  ValueError when the drawing could run a script or reach outside of the page.
        """
        self._parts.append(svg_figure(svg, caption, alt))

    def add_code(self, text: str, summary: str) -> None:
        """A text letter by letter, folded under its summary."""
        self._add_folded(summary, _preformatted(text, summary))

    def add_details(
        self,
        summary: str,
        headers: Sequence[str],
        rows: Sequence[Sequence[str]],
        numeric: Collection[int] = (),
    ) -> None:
        """A table folded under its summary."""
        self._add_folded(summary, _table(headers, rows, "", numeric, summary))

    def add_columns(self, columns: Sequence[tuple[str, str]]) -> None:
        """Texts side by side, each under its heading."""
        cells = "".join(
            f"<div><h3>{escape(heading)}</h3><pre>{escape(text)}</pre></div>"
            for heading, text in columns
        )
        self._parts.append(f'<div class="columns">{cells}</div>')

    def html(self) -> str:
        """The whole document."""
        parts = list(self._parts)
        if self._contents:
            links = "".join(
                f'<li><a href="#{anchor}">{escape(text)}</a></li>'
                for anchor, text in self._contents.items()
            )
            contents = f'<nav aria-label="Contents"><ol>{links}</ol></nav>'
            parts.insert(self._before_first_heading, contents)
        title = escape(self.title)
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{self._style}</style>\n</head>\n<body>\n"
            '<a class="skip" href="#report">Skip to the report</a>\n'
            f'<main id="report" tabindex="-1">\n<h1>{title}</h1>\n'
            + "\n".join(parts)
            + "\n</main>\n</body>\n</html>\n"
        )

    def _add_folded(self, summary: str, body: str) -> None:
        self._parts.append(f"<details><summary>{escape(summary)}</summary>{body}</details>")


def plot_figure(picture: Picture) -> str:
    """A figure under its claim, its data as a table, and the data to take away, as HTML."""
    rows = list(csv.reader(io.StringIO(picture.csv)))
    data = base64.b64encode(picture.csv.encode()).decode()
    name = _slug(picture.claim)[:60].strip("-") or "data"
    table = _table(rows[0], rows[1:], "", range(1, len(rows[0])), picture.claim)
    return (
        f'<figure class="plot"><figcaption>{escape(picture.claim)}</figcaption>'
        f"{_checked(picture.svg)}<details><summary>The numbers</summary>{table}"
        f'<a download="{name}.csv" href="data:text/csv;charset=utf-8;base64,{data}">'
        "Download as CSV</a></details></figure>"
    )


def svg_figure(svg: str, caption: str, alt: str = "") -> str:
    """A drawing that may scroll under its caption, as HTML.

    Raises  ValueError when the drawing could run a script or reach outside of the page.
    """
    role = f' role="img" aria-label="{escape(alt)}"' if alt else ""
    body = f'<div class="scroll" tabindex="0"{role or _region(caption)}>{_checked(svg)}</div>'
    return f"<figure><figcaption>{escape(caption)}</figcaption>{body}</figure>"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _region(name: str) -> str:
    """What makes a box that scrolls reachable by keyboard and announced by name."""
    return f' role="region" aria-label="{escape(name)}"'


def _preformatted(text: str, name: str) -> str:
    # The parser drops one newline after <pre>; one of ours keeps the text's own.
    return f'<pre tabindex="0"{_region(name)}>\n{escape(text)}</pre>'


def _table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    numeric: Collection[int],
    name: str = "",
) -> str:
    def cell(column: int, text: str, scope: str = "") -> str:
        tag = "th" if scope else "td"
        mark = ' class="n"' if column in numeric else ""
        scoped = f' scope="{scope}"' if scope else ""
        return f"<{tag}{mark}{scoped}>{escape(text)}</{tag}>"

    head = "".join(cell(i, header, "col") for i, header in enumerate(headers))
    body = "".join(
        "<tr>" + "".join(cell(i, c, "" if i else "row") for i, c in enumerate(row)) + "</tr>\n"
        for row in rows
    )
    title = f"<caption><span>{escape(caption)}</span></caption>" if caption else ""
    region = _region(name or caption or ", ".join(headers))
    return (
        f'<div class="scroll" tabindex="0"{region}><table>{title}\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>"
    )


class _Gate(HTMLParser):
    """Complains about what a still drawing has no use for."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.complaints: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "foreignobject", "iframe", "object", "embed", "image", "a"}:
            self.complaints.append(f"<{tag}>")
        for name, value in attrs:
            outside = name.endswith("href") and not (value or "").startswith("#")
            if name.startswith("on") or outside:
                self.complaints.append(f"{name}={value!r}")


def _checked(svg: str) -> str:
    """The drawing itself, once nothing in it runs or reaches outside."""
    gate = _Gate()
    gate.feed(svg)
    if gate.complaints or not svg.lstrip().startswith("<svg"):
        raise ValueError(f"not a still drawing: {', '.join(gate.complaints) or svg[:40]}")
    return svg
