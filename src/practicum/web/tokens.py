"""Design tokens as CSS custom properties: the report's palette and type, and the map's lines."""

from __future__ import annotations

from practicum.measure.style import DARK, LIGHT, STYLE

# The three lines of the map, and what states and verdicts are drawn in. Text in them on paper
# has a contrast of at least 4.5 to 1 in both schemes; a test computes it.
LINES_LIGHT = {
    "fundamentals": "#0b6b62", "scientist": "#6a3fb5", "engineer": "#8f5300",
    "good": "#1d6b34", "bad": "#a3262a", "warn": "#7d5a00", "card": "#ffffff", "mark": "#fbe9a9",
    "key": "#7a2a86", "string": "#1d6b34", "number": "#8f5300",
}  # fmt: skip
LINES_DARK = {
    "fundamentals": "#55c4b5", "scientist": "#b79bf0", "engineer": "#e6ab55",
    "good": "#7fcf94", "bad": "#ff9c98", "warn": "#e2bf63", "card": "#1d1f23", "mark": "#57491a",
    "key": "#d9a3e2", "string": "#7fcf94", "number": "#e6ab55",
}  # fmt: skip


def stylesheet() -> str:
    """The report's stylesheet with both palettes, by preference and by switch."""
    light, dark = _properties({**LIGHT, **LINES_LIGHT}), _properties({**DARK, **LINES_DARK})
    return (
        f"{STYLE}\n:root{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f":root[data-theme=light]{{color-scheme:light;{light}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
    )


def _properties(scheme: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in scheme.items())
