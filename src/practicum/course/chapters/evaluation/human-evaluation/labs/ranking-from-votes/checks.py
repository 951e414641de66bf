"""Why a strength, a table or a rating cannot be right."""

from __future__ import annotations

import math

import numpy as np

from practicum.learn.labs.checking import close, fail, holds

NAMES = ["u", "v", "w"]


def _votes(pairs):
    return [{"left": a, "right": b, "verdict": v} for a, b, v in pairs]


def win_chance(lab):
    close(lab.win_chance(0.7, 0.7), 0.5, "win_chance(0.7, 0.7)", "equals win half of their games")
    got = lab.win_chance(math.log(3), 0.0)
    if math.isclose(got, 0.25):
        fail(
            "win_chance(ln 3, 0) gave 0.25: the stronger one loses; look at the sign in the exponent"
        )
    close(got, 0.75, "win_chance(ln 3, 0)", "odds of three to one")
    close(lab.win_chance(5.3, 4.3), lab.win_chance(1.0, 0.0), "win_chance(5.3, 4.3) beside win_chance(1, 0)",
          "only the difference may matter")  # fmt: skip
    close(
        lab.win_chance(0.2, 1.0) + lab.win_chance(1.0, 0.2),
        1.0,
        "the two chances of one pair, added",
    )


def tally(lab):
    got = np.asarray(lab.tally(_votes([("u", "v", "right")]), NAMES))
    holds(got.shape == (3, 3), f"tally for three models has shape {got.shape}")
    if got[0, 1] == 1:
        fail(
            "tally of one vote, u left and v right, for the right one, counts a win for u: the verdict names a side"
        )
    close(got, [[0, 0, 0], [1, 0, 0], [0, 0, 0]], "tally of one vote, u left and v right, for the right one",
          "the row is the winner's")  # fmt: skip
    tie = np.asarray(lab.tally(_votes([("w", "u", "tie")]), NAMES))
    if tie.sum() == 0:
        fail("tally of a tie is empty: dropping ties makes two equals look like two who never met")
    if tie.sum() == 2:
        fail("tally of a tie has two wins: one game is worth one point, half for each")
    if tie.sum() == 1 and tie.max() == 1:
        fail("tally of a tie gives the whole point to one side: half a win for each")
    close(tie, [[0, 0, 0.5], [0, 0, 0], [0.5, 0, 0]], "tally of one tie of w and u")
    several = lab.tally(
        _votes([("u", "v", "left"), ("v", "u", "right"), ("v", "u", "left"), ("w", "v", "tie")]),
        NAMES,
    )
    close(several, [[0, 2, 0], [1, 0, 0.5], [0, 0.5, 0]], "tally of four votes",
          "the side a model was on does not matter, and several votes add up")  # fmt: skip


def fit(lab):
    two = np.asarray(lab.fit(np.array([[0.0, 3.0], [1.0, 0.0]])))
    if math.isclose(two[0] - two[1], 3.0) or math.isclose(two[0] / two[1], 3.0):
        fail("fit of three wins to one gave p itself: strengths are logarithms")
    close(two[0] - two[1], math.log(3), "the difference of fit for three wins to one",
          "the odds are three to one, so their logarithm", within=1e-5)  # fmt: skip
    close(
        two.sum(),
        0.0,
        "the sum of fit for three wins to one",
        "only differences are known: let the mean be 0",
        within=1e-6,
    )
    rng = np.random.default_rng(3)
    wins = rng.integers(1, 30, (5, 5)).astype(float)
    np.fill_diagonal(wins, 0)
    before = wins.copy()
    s = np.asarray(lab.fit(wins))
    holds(np.array_equal(wins, before), "fit changed the table that it was given")
    games = wins + wins.T
    expected = (games / (1 + np.exp(s[None, :] - s[:, None]))).sum(1)
    naive = np.log(wins.sum(1) / games.sum(1)) - np.log(1 - wins.sum(1) / games.sum(1))
    if np.allclose(s, naive - naive.mean(), atol=1e-6):
        fail("fit gave the log odds of each model's share of wins: that ignores whom it played")
    off = np.abs(expected - wins.sum(1)).max()
    holds(off < 1e-3, f"fit of a table of five: a model is expected to win {off:.3g} games more or fewer than it did; "
          "repeat the step until nothing moves")  # fmt: skip
    weak = np.array([[0, 8, 0.0], [2, 0, 6], [0.0, 4, 0]])
    t = np.asarray(lab.fit(weak))
    close(t[0] - t[2], math.log(4) + math.log(1.5), "fit for two models that never met",
          "a common opponent links them: 8 to 2, then 6 to 4", within=1e-4)  # fmt: skip


def elo(lab):
    one = lab.elo(_votes([("u", "v", "left")]), NAMES)
    if abs(sum(one.values()) - 3000) > 1e-6:
        fail(f"elo after one game has ratings that add up to {sum(one.values()):.1f} instead of 3 times 1000: what one gains "
             "the other gives. Was the second change computed with the first one's new rating?")  # fmt: skip
    close([one["u"], one["v"], one["w"]], [1016.0, 984.0, 1000.0], "elo after a win between equals",
          "half of k moves, from loser to winner; who did not play stays")  # fmt: skip
    tie = lab.elo(_votes([("u", "v", "tie")]), NAMES)
    close(
        [tie["u"], tie["v"]],
        [1000.0, 1000.0],
        "elo after a tie between equals",
        "both did what was expected",
    )
    games = _votes(
        [("u", "v", "left")] * 12 + [("v", "u", "left"), ("w", "u", "right"), ("v", "w", "tie")]
    )
    got = lab.elo(games, NAMES, k=40, start=1500)
    close(sum(got.values()), 4500.0, "the sum of three ratings after 15 games",
          "what one gains another loses; if not, the second change used the first one's new rating", within=1e-9)  # fmt: skip
    rating = dict.fromkeys(NAMES, 1500.0)
    for game in games:
        a, b = game["left"], game["right"]
        score = {"left": 1, "right": 0, "tie": 0.5}[game["verdict"]]
        change = 40 * (score - 1 / (1 + 10 ** ((rating[b] - rating[a]) / 400)))
        rating[a], rating[b] = rating[a] + change, rating[b] - change
    close([got[n] for n in NAMES], [rating[n] for n in NAMES], "elo after 15 games",
          "the favourite wins fewer points than an outsider would; see the 400, the 10 and k", within=1e-9)  # fmt: skip


def intervals(lab):
    rng = np.random.default_rng(2)
    truth = {"u": 0.8, "v": 0.0, "w": -0.8}
    votes = []
    for i in range(450):
        a, b = (("u", "v"), ("v", "w"), ("w", "u"))[i % 3]
        chance = 1 / (1 + math.exp(truth[b] - truth[a]))
        votes.append(
            {"left": a, "right": b, "verdict": "left" if rng.random() < chance else "right"}
        )
    got = lab.intervals(votes, NAMES, 150, np.random.default_rng(4))
    holds(len(got) == 3, f"intervals for three models gave {len(got)} of them")
    centre = lab.fit(lab.tally(votes, NAMES))
    for name, (low, high), s in zip(NAMES, got, centre, strict=True):
        holds(
            low < s < high,
            f"the interval of {name}, {low:.2f} to {high:.2f}, does not hold its fitted strength {s:.2f}",
        )
    wide = [high - low for low, high in got]
    if max(wide) < 0.05:
        fail(
            f"intervals from 450 votes are {max(wide):.3f} wide: draw with replacement, or every resample is the same votes"
        )
    holds(min(wide) > 0.25 and max(wide) < 0.75, f"intervals from 450 votes are {min(wide):.2f} to {max(wide):.2f} wide: "
          "a resample has as many votes as there are, and the ends are the percentiles 2.5 and 97.5")  # fmt: skip
