"""Questions that are drawn: each function returns the values for the braces and the answer."""

import math


def pairs_of_a_sentence(rng):
    n, window = rng.randint(6, 12), rng.randint(2, 4)
    answer = 2 * sum(n - d for d in range(1, window + 1))
    return {
        "n": n,
        "window": window,
        "answer": answer,
        "within": 0.4,
        "slips": {
            answer // 2: "You counted each pair once, but each of the two words is a centre once.",
            n * 2 * window: "Words near an end of the sentence have fewer neighbours.",
            n * (n - 1): "Only neighbours within the window count, not every word of the sentence.",
        },
    }


def untaught_cost(rng):
    k = rng.choice([2, 3, 4, 7, 9, 10, 15])
    answer = (k + 1) * math.log(2)
    return {
        "k": k,
        "answer": round(answer, 4),
        "within": 0.02,
        "slips": {
            round(k * math.log(2), 3): "The true neighbour is a candidate as well: one more.",
            round(math.log(k + 1), 3): "That would be one choice among all candidates, a softmax; "
            "here every candidate is a yes-or-no question of its own.",
            (k + 1) / 2: "You added the probabilities; the cost is the sum of their logarithms.",
        },
    }


def resting_product(rng):
    times, k = rng.choice([(2, 5), (3, 6), (20, 5), (30, 10), (4, 2), (45, 5), (8, 10)])
    n_word, n_seen = rng.choice([(200, 400), (300, 500), (250, 1000)])
    noise = 0.001 * rng.choice([1, 2, 4])
    n_seen = round(times * noise * n_word * 1000) / 1000
    while n_seen != int(n_seen):
        n_word *= 10
        n_seen = round(times * noise * n_word, 6)
    answer = math.log(times / k)
    return {
        "seen": int(n_seen),
        "all": f"{n_word:,}",
        "noise": f"{100 * noise:g} %",
        "times": times,
        "k": k,
        "answer": round(answer, 4),
        "within": 0.02,
        "slips": {
            round(
                math.log(times), 3
            ): "That is the logarithm without the number of invented words: "
            "more of them make every neighbour look less true.",
            times / k: "The ratio is right; its natural logarithm is asked for.",
        },
    }


def pieces_of_a_word(rng):
    word = rng.choice(["queen", "throne", "window", "portrait", "mountain", "newspaper", "piano"])
    n = rng.choice([3, 4])
    answer = len(word) + 2 - n + 1 + 1
    return {
        "word": word,
        "n": n,
        "answer": answer,
        "within": 0.4,
        "slips": {
            answer - 1: "The whole marked word is one more piece.",
            len(word) - n + 2: "The two marks, < and >, are letters of the marked word.",
        },
    }


def share_of_the_table(rng):
    rows = rng.choice([32_000, 50_257, 128_256, 151_936])
    width = rng.choice([768, 1024, 2048])
    body = rng.choice([85, 300, 900, 1200]) * 1_000_000
    table = rows * width
    answer = 100 * table / (table + body)
    within = max(0.1, 0.01 * answer)
    slips = {
        100 * 2 * table / (2 * table + body): "The table is tied: it is stored once.",
        100 * table / body: "The share is of all weights, the table's own included.",
    }
    return {
        "rows": f"{rows:,}",
        "width": f"{width:,}",
        "body": f"{body // 1_000_000:,}",
        "answer": round(answer, 2),
        "within": within,
        "slips": {round(x, 2): why for x, why in slips.items() if abs(x - answer) > 3 * within},
    }
