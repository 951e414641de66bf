"""How a report looks: one calm column of type, right in dark, light, on paper and on a phone."""

from __future__ import annotations

# Contrast of text on paper is at least 4.5 to 1 in both schemes; a test computes it.
LIGHT = {
    "paper": "#fbfaf6", "ink": "#1d1d1b", "muted": "#66645e", "line": "#d9d5cb",
    "accent": "#0b5f8a", "wash": "#f1eee5",
}  # fmt: skip
DARK = {
    "paper": "#16171a", "ink": "#e9e6df", "muted": "#a5a29a", "line": "#3a3b40",
    "accent": "#7cc0e8", "wash": "#202226",
}  # fmt: skip


def _properties(scheme: dict[str, str]) -> str:
    return ":root{" + "".join(f"--{name}:{colour};" for name, colour in scheme.items()) + "}"


STYLE = (
    f"""
{_properties(LIGHT)}
@media (prefers-color-scheme:dark){{{_properties(DARK)}}}
@media print{{{_properties(LIGHT)}}}
"""
    + """
:root{color-scheme:light dark;
--serif:Charter,"Bitstream Charter","Sitka Text",Cambria,"DejaVu Serif",Georgia,serif;
--sans:Seravek,"Gill Sans Nova",Ubuntu,Calibri,"DejaVu Sans",source-sans-pro,sans-serif;
--mono:ui-monospace,"Cascadia Code",Menlo,Consolas,"DejaVu Sans Mono",monospace}
*{box-sizing:border-box}
html{font-size:112.5%;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font-family:var(--serif);line-height:1.55;
overflow-wrap:break-word}
main{max-width:60rem;margin:0 auto;padding:3rem 1.25rem 5rem}
h1,h2{font-weight:600;line-height:1.2;text-wrap:balance}
h1{font-size:2rem;max-width:40rem;margin:0 0 .8rem}
h2{font-size:1.3rem;margin:3.2rem 0 .7rem;scroll-margin-top:1rem}
p{max-width:33rem;margin:0 0 .9rem}
.lead{font-size:1.15rem;line-height:1.5}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-99rem;padding:.4rem .8rem;background:var(--paper)}
.skip:focus{left:1rem;top:1rem;z-index:1}
nav,figure,table,details,.columns h3{font-family:var(--sans)}
nav{border:solid var(--line);border-width:1px 0;margin:1.8rem 0;padding:.8rem 0;font-size:.85rem}
nav ol{margin:0;padding:0;list-style:none;columns:16rem 2;column-gap:2rem}
nav li{padding:.12rem 0;break-inside:avoid}
nav a{color:var(--ink);text-decoration-color:var(--line)}
.scroll{overflow-x:auto;margin:.4rem 0 1.4rem;
background:linear-gradient(90deg,var(--paper) 40%,transparent),
linear-gradient(270deg,var(--paper) 40%,transparent) 100% 0,
linear-gradient(90deg,var(--line),transparent),linear-gradient(270deg,var(--line),transparent) 100% 0;
background-size:2rem 100%,2rem 100%,.6rem 100%,.6rem 100%;background-repeat:no-repeat;
background-attachment:local,local,scroll,scroll}
table{border-collapse:collapse;min-width:100%;font-size:.8rem;line-height:1.4;
font-variant-numeric:tabular-nums lining-nums}
caption{caption-side:bottom;text-align:left;color:var(--muted);padding:.5rem 0 0}
caption span{display:block;position:sticky;left:0;max-width:min(40rem,calc(100vw - 2.5rem))}
th,td{padding:.34rem .95rem .34rem 0;text-align:left;vertical-align:baseline;font-weight:400;
border-bottom:1px solid var(--line);max-width:22rem}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--muted);vertical-align:bottom;border-bottom-color:var(--muted)}
tbody th{font-weight:600}
.n{text-align:right}td.n{white-space:nowrap}
figure{margin:1.8rem 0 2.2rem}
figcaption{font-weight:600;line-height:1.35;max-width:36rem;margin-bottom:.7rem;text-wrap:balance}
figure svg{display:block;max-width:100%;height:auto}
.plot svg{width:36rem}.scroll svg{max-width:none}
details{font-size:.85rem;margin:.7rem 0}
summary{cursor:pointer;color:var(--accent);width:fit-content}
pre{background:var(--wash);border-radius:3px;padding:.8rem 1rem;margin:.4rem 0 1.4rem;
overflow-x:auto;font-family:var(--mono);font-size:.76rem;line-height:1.5;tab-size:4}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(15rem,100%),1fr));
gap:.4rem 1.2rem;margin:.6rem 0 1.6rem}
.columns>div{min-width:0}
.columns h3{font-size:.8rem;font-weight:600;color:var(--muted);margin:0}
.columns pre{white-space:pre-wrap;margin:.3rem 0 .6rem}
@media (max-width:34rem){html{font-size:106%}main{padding-top:1.6rem}h1{font-size:1.6rem}}
@media print{main{max-width:none;padding:0}nav,.skip{display:none}
figure,tr,pre{break-inside:avoid}h2{break-after:avoid}}
"""
)
