"""Self-contained HTML reports: no script, no link outward, right in dark, light and on a phone."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Collection, Sequence
from html import escape

from practicum.measure.plots import Picture

STYLE = """
:root{--paper:#fbfaf6;--ink:#1d1d1b;--muted:#66645e;--line:#d9d5cb;--accent:#0b5f8a;--wash:#f1eee5;
color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--paper:#16171a;--ink:#e9e6df;--muted:#a5a29a;
--line:#3a3b40;--accent:#7cc0e8;--wash:#202226}}
*{box-sizing:border-box}html{font-size:18px}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.55;
font-family:Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,serif}
main{max-width:54rem;margin:0 auto;padding:2.2rem 1.2rem 4rem}
h1{font-size:2rem;line-height:1.2;margin:.2rem 0 .6rem;font-weight:600}
h2{font-size:1.3rem;margin:2.6rem 0 .5rem;padding-top:.9rem;border-top:1px solid var(--line);font-weight:600}
p,ul{max-width:42rem}.lead{font-size:1.15rem}
nav,table,figure,summary,dl,.columns h3{font-family:Seravek,"Gill Sans Nova",Ubuntu,Calibri,
"DejaVu Sans",source-sans-pro,system-ui,sans-serif}
nav ul{columns:2;padding-left:1.1rem;font-size:.85rem}a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.8rem;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--muted);padding:.2rem 0}
th,td{padding:.32rem .6rem .32rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
th.n,td.n{text-align:right;white-space:nowrap}thead th{border-bottom:2px solid var(--muted)}
figure{margin:1.6rem 0}figure svg{max-width:100%;height:auto;display:block}
figcaption{font-weight:600;margin:0 0 .3rem}figcaption+.scroll{margin-top:.2rem}
.key{color:var(--muted);font-size:.72rem}details{font-size:.85rem;margin:.3rem 0}
summary{cursor:pointer;color:var(--accent)}
pre{background:var(--wash);padding:.8rem;overflow-x:auto;font-size:.76rem;line-height:1.45;
font-family:"DejaVu Sans Mono",Menlo,Consolas,monospace}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem;margin:.4rem 0 1.4rem}
.columns h3{font-size:.8rem;color:var(--muted);margin:0}.columns pre{white-space:pre-wrap;margin:.3rem 0}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Page:
    """A report under construction. Every text is escaped: model output is untrusted."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._parts: list[str] = []
        self._contents: list[tuple[str, str]] = []

    def add_lead(self, text: str) -> None:
        self._parts.append(f'<p class="lead">{escape(text)}</p>')

    def add_heading(self, text: str) -> None:
        anchor = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
        self._contents.append((anchor, text))
        self._parts.append(f'<h2 id="{anchor}">{escape(text)}</h2>')

    def add_paragraph(self, text: str) -> None:
        self._parts.append(f"<p>{escape(text)}</p>")

    def add_table(
        self, headers: Sequence[str], rows: Sequence[Sequence[str]], caption: str,
        numeric: Collection[int] = (),
    ) -> None:  # fmt: skip
        self._parts.append(_table(headers, rows, caption, numeric))

    def add_picture(self, picture: Picture) -> None:
        """A figure with its claim, its data as a table, and the data to take away."""
        rows = list(csv.reader(io.StringIO(picture.csv)))
        data = base64.b64encode(picture.csv.encode()).decode()
        numeric = range(1, len(rows[0]))
        self._parts.append(
            f"<figure><figcaption>{escape(picture.claim)}</figcaption>{picture.svg}"
            f"<details><summary>The numbers</summary>{_table(rows[0], rows[1:], '', numeric)}"
            f'<a download="data.csv" href="data:text/csv;base64,{data}">CSV</a></details>'
            + (f'<div class="key">recipe key {escape(picture.key)}</div>' if picture.key else "")
            + "</figure>"
        )

    def add_svg(self, svg: str, caption: str) -> None:
        """A drawing made by our own code; its text was escaped where it was drawn."""
        body = f'<div class="scroll">{svg}</div>'
        self._parts.append(f"<figure><figcaption>{escape(caption)}</figcaption>{body}</figure>")

    def add_code(self, text: str, summary: str) -> None:
        self._parts.append(
            f"<details><summary>{escape(summary)}</summary><pre>{escape(text)}</pre></details>"
        )

    def add_columns(self, columns: Sequence[tuple[str, str]]) -> None:
        """Texts side by side, each under its heading."""
        cells = "".join(
            f"<div><h3>{escape(h)}</h3><pre>{escape(t)}</pre></div>" for h, t in columns
        )
        self._parts.append(f'<div class="columns">{cells}</div>')

    def html(self) -> str:
        """The whole document."""
        links = "".join(f'<li><a href="#{a}">{escape(t)}</a></li>' for a, t in self._contents)
        contents = f'<nav aria-label="Contents"><ul>{links}</ul></nav>' if links else ""
        lead, rest = self._parts[:1], self._parts[1:]
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<title>{escape(self.title)}</title><style>{STYLE}</style></head><body>"
            '<a class="skip" href="#top">Skip to the report</a>'
            f'<main id="top"><h1>{escape(self.title)}</h1>\n'
            + "\n".join([*lead, contents, *rest])
            + "\n</main></body></html>\n"
        )


def _table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], caption: str, numeric: Collection[int]
) -> str:
    def cell(tag: str, i: int, text: str) -> str:
        mark = ' class="n"' if i in numeric else ""
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{mark}{scope}>{escape(text)}</{tag}>"

    head = "".join(cell("th", i, h) for i, h in enumerate(headers))
    body = "".join(
        "<tr>" + "".join(cell("td", i, c) for i, c in enumerate(row)) + "</tr>" for row in rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="scroll" tabindex="0"><table>{title}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
