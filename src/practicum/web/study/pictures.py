"""Pictures of a learner's progress: what falls due, and what came to be known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from practicum.learn.learner import Learner
from practicum.learn.mastery import Record
from practicum.learn.progress import Event
from practicum.measure.told import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAYS = 30
MOST_POINTS = 24  # of a curve: each is a fold over everything that came before it


def reviews_ahead(record: Record, now: datetime) -> Picture | None:
    """How many answers fall due on each of the next days; None when nothing was answered."""
    if not record.cards:
        return None
    from matplotlib.ticker import MaxNLocator

    from practicum.measure.canvas import PALETTE
    from practicum.measure.plots import drawing

    today = now.astimezone().date()
    counts = [0] * DAYS
    n_later = 0
    for card in record.cards.values():
        days = max(0, (card.due.astimezone().date() - today).days)
        if days < DAYS:
            counts[days] += 1
        else:
            n_later += 1
    colours = [PALETTE[1] if day == 0 else PALETTE[0] for day in range(DAYS)]

    def draw(axes: Axes) -> None:
        axes.bar(range(DAYS), counts, width=0.75, color=colours)
        axes.set_xlim(-0.7, DAYS - 0.3)
        axes.set_ylim(0, max(4, *counts) * 1.15)
        if counts[0]:
            axes.annotate(f"{counts[0]} today", (0.6, counts[0]), va="top", fontsize=8.0)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))

    peak = max(range(1, DAYS), key=lambda day: counts[day])
    rest = f" {n_later} come later." if n_later else ""
    alt = (f"Bar chart of questions by the day on which they come back. {counts[0]} today; the most "
           f"after that are {counts[peak]} on {_day(today, peak)}.{rest}")  # fmt: skip
    rows = [("day", "questions"), *((_day(today, d), counts[d]) for d in range(DAYS))]
    ahead = sum(counts[1:])
    claim = (f"{_count(counts[0])} {'comes' if counts[0] == 1 else 'come'} back today, "
             f"{ahead} more within {DAYS - 1} days")  # fmt: skip
    return drawing(claim, draw, x="days from today", y="questions that come back", alt=alt,
                   rows=rows, height_in=2.5)  # fmt: skip


def known_over_time(learner: Learner, events: Sequence[Event], now: datetime) -> Picture | None:
    """Concepts begun and known since the first event; None on the first day."""
    if not events:
        return None
    begun = events[0].at
    days = (now - begun).total_seconds() / 86400
    if days < 1:
        return None
    from practicum.measure.plots import lines

    n_points = min(MOST_POINTS, max(3, round(days) + 1))
    known, touched = [(0.0, 0.0)], [(0.0, 0.0)]
    for i in range(1, n_points):
        at = begun + (now - begun) * i / (n_points - 1)
        record = learner.record_of([e for e in events if e.at <= at])
        states = [s.state(at) for s in record.standings.values()]
        place = round(days * i / (n_points - 1), 2)
        known.append((place, float(sum(s in ("mastered", "fading") for s in states))))
        touched.append((place, float(sum(s != "new" for s in states))))
    claim = (
        f"{_count(round(known[-1][1]), 'concept')} mastered and {touched[-1][1]:.0f} begun "
        f"in {_count(max(1, round(days)), 'day')}"
    )
    return lines(claim, {"begun": touched, "mastered": known}, x="days since the first event",
                 y="concepts")  # fmt: skip


def _day(today: date, days: int) -> str:
    return (today + timedelta(days=days)).isoformat()


def _count(n: int, what: str = "question") -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
