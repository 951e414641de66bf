"""The figures of this lesson."""

import re
from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING

from practicum.measure.canvas import INK, LINE, MUTED, PALETTE
from practicum.measure.plots import Picture, Point, bars, drawing
from practicum.text.tokenizer import ChatTokenizer, train_bpe

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CLITIC = "n't|'s|'m|'d|'ll|'re|'ve"
_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def _shakespeare() -> str:
    corpus = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt")
    return corpus.read_text(encoding="utf-8")


def _words(text: str) -> list[str]:
    parted = re.sub(rf"({_CLITIC})\b", r" \1", text, flags=re.IGNORECASE)
    pattern = rf"(?:{_CLITIC})\b|\d+(?:[.,]\d+)*|\w+(?:-\w+)*|[^\w\s]"
    return re.findall(pattern, parted, flags=re.IGNORECASE)


def cuts() -> Picture:
    """One sentence, cut by a classical pipeline and by a learned tokenizer."""
    from nltk.stem import PorterStemmer

    sentence = "The king is not running to the war."
    backend = train_bpe(_shakespeare().split("\n\n"), 1024, _SPECIAL)
    tokenizer = ChatTokenizer(backend, None)
    porter, stop = PorterStemmer(), {"the", "is", "not", "to", "."}
    cut = {
        "split at spaces": re.findall(r"\S+", sentence),
        "words": _words(sentence),
        "stems, no stop words": [w for w in _words(sentence) if w.lower() not in stop],
        "learned pieces": [tokenizer.decode([i]) for i in tokenizer.encode(sentence)],
    }
    boxes = []  # row, begin, end, what is kept
    for row, (_, parts) in enumerate(cut.items()):
        at = 0
        for part in parts:
            begin = sentence.index(part, at)
            at = begin + len(part)
            boxes.append((row, begin, at, porter.stem(part) if row == 2 else part))

    def draw(axes: "Axes") -> None:
        for row, begin, end, kept in boxes:
            colour = PALETTE[(0, 0, 1, 2)[row]]
            x = [begin + 0.1, end - 0.1, end - 0.1, begin + 0.1, begin + 0.1]
            y = [3 - row + d for d in (-0.3, -0.3, 0.3, 0.3, -0.3)]
            axes.plot(x, y, color=colour, linewidth=1.4)
            middle = (begin + end + (kept.startswith(" "))) / 2
            axes.text(
                middle, 3 - row, kept.strip(), ha="center", va="center", color=INK, fontsize=9
            )
        for row, name in enumerate(cut):
            axes.text(0.1, 3.4 - row, name, ha="left", va="bottom", color=MUTED, fontsize=8)
        axes.set_xlim(0, len(sentence))
        axes.set_ylim(-0.6, 3.8)
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        axes.axhline(-0.5, color=LINE, linewidth=0.8)

    told = "; ".join(f"{name}: {' | '.join(parts)}" for name, parts in cut.items())
    return drawing(
        "The classical pipeline keeps three stems and drops “not”; learned pieces drop nothing",
        draw,
        x="place in the sentence (characters)",
        y="",
        alt=f"The sentence “{sentence}” cut four ways. {told}.",
        rows=[
            ("way", "begin", "end", "kept"),
            *((list(cut)[row], b, e, kept) for row, b, e, kept in boxes),
        ],
        height_in=3.3,
    )


def folding() -> Picture:
    """Different words of the corpus after every step."""
    from nltk.stem import PorterStemmer

    text, porter = _shakespeare(), PorterStemmer()
    tokens = set(_words(text))
    folded = {t.casefold() for t in tokens}
    backend = train_bpe(text.split("\n\n"), 1024, _SPECIAL)
    return bars(
        "Each step makes words equal; learned pieces need far fewer and make none equal",
        [
            Point("split at spaces", len(set(text.split()))),
            Point("punctuation apart", len(tokens)),
            Point("case folded", len(folded)),
            Point("Porter stems", len({porter.stem(t) for t in folded})),
            Point("learned pieces", backend.get_vocab_size()),
        ],
        x="different units in the corpus (count)",
    )


def coverage() -> Picture:
    """How much of the running text the most frequent words make up."""
    counts = Counter(w.casefold() for w in _words(_shakespeare()) if w[0].isalnum() or len(w) > 1)
    ordered = counts.most_common()
    ranks = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000]
    ranks += [1500, 2000, 3000, 5000, 7000, len(ordered)]
    total = counts.total()
    curve = [(k, sum(n for _, n in ordered[:k]) / total) for k in ranks]
    marked = [1, 10, 100, 1000, len(ordered)]

    def draw(axes: "Axes") -> None:
        axes.set_xscale("log")
        axes.plot(*zip(*curve, strict=True), color=PALETTE[0], linewidth=1.8)
        for rank in marked:
            share = dict(curve)[rank]
            axes.plot([rank], [share], "o", color=PALETTE[0], markersize=5)
            word = f"up to “{ordered[rank - 1][0]}”" if rank > 1 else f"“{ordered[0][0]}”"
            if rank < len(ordered):
                axes.annotate(
                    f"{word}: {share:.0%}",
                    (rank, share),
                    xytext=(8, -11) if rank > 1 else (-6, 15),
                    textcoords="offset points",
                    color=INK,
                    fontsize=9,
                )
        axes.set_ylim(0, 1.04)
        axes.set_xticks([1, 10, 100, 1000, 10000], ["1", "10", "100", "1,000", "10,000"])

    told = ", ".join(f"the first {k} {dict(curve)[k]:.0%}" for k in marked)
    return drawing(
        "A hundred words make up more than half of Shakespeare",
        draw,
        x="most frequent words counted (rank, log scale)",
        y="share of the running text (fraction)",
        alt=f"A curve rises from the lower left and flattens: {told}.",
        rows=[("rank", "share"), *curve],
        height_in=3.2,
    )
