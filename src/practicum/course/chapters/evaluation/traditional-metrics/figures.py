"""The figures of the lesson on traditional metrics."""

from typing import TYPE_CHECKING

from claims import (
    RIGHT,
    WARNING,
    WRONG,
    bleu,
    chrf,
    held_out,
    own_text,
    regrouped,
    rouge_l,
    windowed,
    windows,
)

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import DASHES, INK, MUTED, PALETTE
from practicum.measure.plots import Picture, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def pieces() -> Picture:
    """One model's predictions, read in longer and longer tokens."""
    lengths = (1, 2, 3, 4, 5, 6)
    values = [(k, *regrouped(k)) for k in lengths]

    def draw(axes: "Axes") -> None:
        axes.set_yscale("log")
        for i, (name, column) in enumerate([("perplexity per token", 1), ("bits per byte", 2)]):
            ys = [row[column] for row in values]
            axes.plot(
                lengths, ys, color=PALETTE[i], linestyle=DASHES[i], marker="os"[i], linewidth=1.8
            )
            axes.annotate(name, (2.5, ys[1]), (14 if i == 0 else 0, 2 if i == 0 else 8), color=INK,
                          textcoords="offset points", ha="left" if i == 0 else "center")  # fmt: skip
        for x, y, _ in values:
            axes.annotate(f"{y:,.3g}" if y < 1000 else f"{y:,.0f}", (x, y), (-6, 6), ha="right",
                          color=MUTED, textcoords="offset points", fontsize=8)  # fmt: skip
        axes.annotate(f"{values[-1][2]:.3g}", (6, values[-1][2]), (0, 7), ha="center", color=MUTED,
                      textcoords="offset points", fontsize=8)  # fmt: skip
        axes.set_xlim(0.5, 6.2)
        axes.set_ylim(1, 400_000)
        axes.set_yticks([1, 10, 100, 1000, 10_000, 100_000],
                        ["1", "10", "100", "1,000", "10,000", "100,000"])  # fmt: skip

    return drawing(
        "The same predictions: perplexity follows the scissors, bits per byte do not",
        draw,
        x="characters in a token",
        y="score (log scale)",
        alt="Perplexity per token rises in a straight line on a logarithmic scale, from "
        f"{values[0][1]:.2f} with one character in a token to {values[-1][1]:,.0f} with six; bits "
        f"per byte stay at {values[0][2]:.2f}.",
        rows=[("characters in a token", "perplexity per token", "bits per byte"), *values],
    )


def window() -> Frames:
    """How much context each token has, at several strides."""
    claims = {
        31: "In chunks, every thirty-first token is guessed with almost nothing before it",
        24: "Three quarters of a window at a time: a floor appears",
        16: "Half a window at a time: no token is guessed from fewer than sixteen",
        8: "A quarter at a time reads four times as much for another half a per cent",
        4: "An eighth at a time: hardly better, and eight times the price",
        1: "One token at a time: all the context there is, at thirty times the price",
    }
    pictures = {}
    for stride, claim in claims.items():
        told = [(i, i - begin) for begin, first, end in windows(160, 32, stride)
                for i in range(first, end)]  # fmt: skip
        perplexity, n_read = windowed(stride)

        def draw(axes: "Axes", told: list[tuple[int, int]] = told) -> None:
            xs, ys = zip(*told, strict=True)
            axes.vlines(xs, 0, ys, color=PALETTE[0], linewidth=1.8)
            axes.set_xlim(0, 160)
            axes.set_ylim(0, 36)

        pictures[f"{stride} token" + "s" * (stride > 1)] = drawing(
            f"{claim}: perplexity {perplexity:.0f}",
            draw,
            x="place of the token in the text",
            y="tokens that it is guessed from",
            alt=f"Bars for 160 tokens. With a stride of {stride} the context of a token runs from "
            f"{min(c for i, c in told if i > 31)} to {max(c for _, c in told)} tokens, after the "
            f"first window; perplexity is {perplexity:.1f}, and {n_read:,} tokens are read.",
            rows=[("token", "context"), *told],
            height_in=2.9,
        )
    return Frames("The stride decides how much context a token gets", "stride", pictures)


def own_words() -> Picture:
    """Perplexity on own and on held-out text as a model is rounded."""
    bits = [0, 8, 6, 5, 4, 3, 2]
    curves = {"on held-out text": held_out, "on its own text": own_text}

    def draw(axes: "Axes") -> None:
        axes.set_yscale("log")
        for i, (name, score) in enumerate(curves.items()):
            ys = [score(b) for b in bits]
            axes.plot(range(7), ys, color=PALETTE[1 - i], linestyle=DASHES[i], marker="so"[i],
                      linewidth=1.8)  # fmt: skip
            axes.annotate(name, (2.5, ys[2]), (0, 16 if i == 0 else -20), ha="center", color=INK,
                          textcoords="offset points")  # fmt: skip
            for x in (0, 6):
                axes.annotate(f"{ys[x]:.3g}", (x, ys[x]), (0, 8 if i == 0 else -14), ha="center",
                              color=MUTED, textcoords="offset points", fontsize=8)  # fmt: skip
        axes.set_xticks(range(7), ["full", "8", "6", "5", "4", "3", "2"])
        axes.set_ylim(1, 400)
        axes.set_yticks([1, 3, 10, 30, 100, 300], ["1", "3", "10", "30", "100", "300"])

    return drawing(
        "The worse a model becomes, the better it likes its own writing",
        draw,
        x="bits for each weight",
        y="perplexity (per character, log scale)",
        alt="Two curves over fewer and fewer bits. On held-out text perplexity rises from "
        f"{held_out(0):.2f} to {held_out(2):.0f}; on the model's own text it falls from "
        f"{own_text(0):.2f} to {own_text(2):.2f}.",
        rows=[("text", "bits", "perplexity"), *((name, b or "full", score(b))
              for name, score in curves.items() for b in bits)],
    )  # fmt: skip


def preferred() -> Picture:
    """Three metrics, and which sentence each prefers."""
    reference = WARNING.split()
    scores = {
        "BLEU": [bleu(s.split(), reference) for s in (WRONG, RIGHT)],
        "chrF": [chrf(s, WARNING) for s in (WRONG, RIGHT)],
        "ROUGE-L": [rouge_l(s.split(), reference) for s in (WRONG, RIGHT)],
    }

    def draw(axes: "Axes") -> None:
        for place, (wrong, right) in enumerate(scores.values()):
            axes.plot([right, wrong], [place, place], color=MUTED, linewidth=1)
            axes.plot([wrong], [place], "s", color=PALETTE[1], markersize=8)
            axes.plot([right], [place], "o", color=PALETTE[0], markersize=8)
            for value in (wrong, right):
                axes.annotate(f"{value:.2f}", (value, place), (0, 9), ha="center", color=INK,
                              textcoords="offset points")  # fmt: skip
        axes.annotate("the paraphrase", (scores["ROUGE-L"][1], 2), (0, 24), ha="center", color=INK,
                      textcoords="offset points")  # fmt: skip
        axes.annotate("the false sentence", (scores["ROUGE-L"][0], 2), (0, 24), ha="center",
                      color=INK, textcoords="offset points")  # fmt: skip
        axes.set_yticks(range(3), list(scores))
        axes.set_ylim(-0.5, 2.8)
        axes.set_xlim(-0.06, 1.1)

    return drawing(
        "All three prefer the sentence that could harm a child",
        draw,
        x="score against the reference (1 is identical)",
        y="",
        alt="For each metric two marks. "
        + " ".join(
            f"{m}: {w:.2f} for the false sentence and {r:.2f} for the right paraphrase."
            for m, (w, r) in scores.items()
        ),
        rows=[("metric", "false sentence", "right paraphrase"),
              *((m, w, r) for m, (w, r) in scores.items())],
        height_in=2.6,
    )  # fmt: skip
