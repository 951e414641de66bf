"""How wide text is, without a browser: upper bounds for the widest font of the studio's stack."""

from __future__ import annotations

from itertools import combinations

# Advance widths of DejaVu Sans in thousandths of the size, rounded up to fifties. The other sans
# faces of the stack are narrower, so what fits here fits everywhere; a test measures the font.
_CLASSES = {
    300: "'IJijl", 350: " ,./:;\\|", 400: "()-[]ft", 450: "!r", 500: '"*_`', 550: "?csz",
    600: "FLkvxy", 650: "$0123456789EPSTYabdeghnopqu{}", 700: "ABCKRVXZ", 750: "NU",
    800: "&DGHOQ", 850: "#+<=>^w~", 900: "M",
}  # fmt: skip
WIDTHS = {letter: width / 1000 for width, letters in _CLASSES.items() for letter in letters}
WIDEST = 1.05  # anything else, ideographs included
BOLD = 1.16  # DejaVu Sans Bold to Sans, over words


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The room a line of text takes at most at this size."""
    width = size * sum(WIDTHS.get(letter, WIDEST) for letter in text)
    return width * BOLD if bold else width


def wrapped(text: str, size: float, widest: float, most: int = 3) -> tuple[str, ...]:
    """The text in the fewest lines not wider than `widest`, as even as its words allow.

    A word that is wider, or more words than `most` lines hold, make the lines wider: nothing is
    cut off.
    """
    words = text.split()
    best: tuple[str, ...] = (text,)
    for n_lines in range(1, min(most, len(words)) + 1):
        best = min(
            (_lines(words, cuts) for cuts in combinations(range(1, len(words)), n_lines - 1)),
            key=lambda lines: max(text_width(line, size) for line in lines),
        )
        if max(text_width(line, size) for line in best) <= widest:
            break
    return best


def _lines(words: list[str], cuts: tuple[int, ...]) -> tuple[str, ...]:
    ends = [*cuts, len(words)]
    return tuple(" ".join(words[a:b]) for a, b in zip([0, *cuts], ends, strict=True))
