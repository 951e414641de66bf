import numpy as np

from practicum.learn.labs.checking import close, equal, holds

THREE = [
    ["the", "king", "the", "crown"],
    ["the", "queen"],
    ["a", "rose", "the", "rose", "the", "rose"],
]


def vocabulary(lab):
    equal(
        lab.vocabulary([["b", "a"], ["c", "a"]]),
        {"a": 0, "b": 1, "c": 2},
        'vocabulary([["b", "a"], ["c", "a"]])',
        "the words sorted, each once, columns from 0",
    )
    made = lab.vocabulary(THREE)
    equal(
        list(made),
        sorted(made),
        "list(vocabulary(…))",
        "the columns must not depend on the order of words",
    )
    equal(
        sorted(made.values()),
        list(range(6)),
        "the columns of six words",
        "every column is used once",
    )
    equal(lab.vocabulary([]), {}, "vocabulary([])")


def bag(lab):
    columns = {"the": 0, "king": 1, "rose": 2}
    got = np.asarray(lab.bag(THREE, columns))
    equal(
        got.shape,
        (3, 3),
        "the shape of bag(three documents, three columns)",
        "one row for a document",
    )
    close(got[0], [2, 1, 0], "bag(…)[0]", "the comes twice; crown has no column and is ignored")
    close(got[2], [2, 0, 3], "bag(…)[2]", "a repeated word counts as often as it comes")
    close(
        lab.bag([["x"]], columns),
        [[0, 0, 0]],
        'bag([["x"]], …)',
        "a text of unknown words is a row of zeros",
    )
    moved = lab.bag(THREE, {"rose": 0, "the": 1})
    close(
        moved,
        [[0, 2], [0, 1], [3, 2]],
        "bag with the columns exchanged",
        "columns says where a word goes",
    )


def idf(lab):
    counts = np.array([[2.0, 1, 0, 0], [1, 0, 3, 0], [5, 0, 0, 1], [1, 2, 0, 0]])
    df = np.array([4, 2, 1, 1])
    plain = lab.idf(counts, smooth=False)
    close(
        plain,
        np.log(4 / df),
        "idf(counts, smooth=False)",
        "ln(N / df); df counts the documents that hold the word, however often they do",
    )
    close(plain[0], 0.0, "idf(…, smooth=False)[0]", "a word in every document weighs nothing")
    close(
        lab.idf(counts),
        np.log(5 / (1 + df)) + 1,
        "idf(counts)",
        "ln((1 + N) / (1 + df)) + 1: the last 1 stands outside of the logarithm",
    )
    close(
        lab.idf(counts * 10),
        lab.idf(counts),
        "idf(counts · 10)",
        "counts above zero are all the same to it",
    )


def tfidf(lab):
    got = np.asarray(lab.tfidf(np.array([[3.0, 0, 2], [1, 1, 0]]), np.array([1.0, 5.0, 2.0])))
    equal(got.shape, (2, 3), "the shape of tfidf(…)")
    close(
        np.linalg.norm(got, axis=1),
        [1, 1],
        "the lengths of the rows of tfidf(…)",
        "every row is divided by its own length (the root of the sum of squares), not by the matrix's",
    )
    close(
        got[0],
        [0.6, 0, 0.8],
        "tfidf(…)[0]",
        "weigh first, then divide by the length of what was weighed",
    )
    zero = lab.tfidf(np.zeros((1, 2)), np.ones(2))
    close(
        zero, [[0, 0]], "tfidf of a row of zeros", "a row without words has no length to divide by"
    )
    counts = np.array([[4.0, 3.0]])
    lab.tfidf(counts, np.array([2.0, 2.0]))
    close(
        counts,
        [[4, 3]],
        "the counts after tfidf(counts, …)",
        "the function changed what it was given",
    )


def search(lab):
    columns = {"king": 0, "queen": 1, "rose": 2}
    counts = np.array([[9.0, 0, 0], [1, 1, 0], [0, 1, 4]])
    flat = np.ones(3)
    got = lab.search(["king"], counts, columns, flat)
    equal(np.shape(got), (3,), "the shape of search(…)", "one score for each document")
    close(
        got, [1, 0.5**0.5, 0], 'search(["king"], …)', "nine kings or one: only the direction counts"
    )
    close(
        lab.search(["queen", "queen", "x"], counts, columns, flat),
        [0, 0.5**0.5, 17**-0.5],
        'search(["queen", "queen", "x"], …)',
        "the query has the length one too, and an unknown word has no place in it",
    )
    close(
        lab.search(["king", "rose"], counts, columns, np.array([1.0, 1.0, 3.0]))[0],
        10**-0.5,
        'search(["king", "rose"], …) with rose weighing 3',
        "the weights belong to the query as well as to the documents",
    )
    close(lab.search(["x"], counts, columns, flat), [0, 0, 0], 'search(["x"], …)')


def bm25(lab):
    columns = {"king": 0, "rose": 1}
    counts = np.array([[1.0, 3], [10, 30], [0, 4], [0, 8]])
    a = counts.sum(axis=1).mean()

    def want(column, k1, b):
        c, length = counts[:, column], counts.sum(axis=1)
        df = (c > 0).sum()
        weight = np.log(1 + (4 - df + 0.5) / (df + 0.5))
        return weight * c * (k1 + 1) / (c + k1 * (1 - b + b * length / a))

    close(
        lab.bm25(["king"], counts, columns, k1=1.0, b=0.0),
        want(0, 1.0, 0.0),
        'bm25(["king"], …, k1=1, b=0)',
        "with b = 0 lengths play no part: weight · 2c / (c + 1)",
    )
    close(
        lab.bm25(["king"], counts, columns),
        want(0, 1.5, 0.75),
        'bm25(["king"], …)',
        "a document's length is the sum of its row of counts, and it is divided by the mean length",
    )
    close(
        lab.bm25(["king", "rose", "rose", "x"], counts, columns),
        want(0, 1.5, 0.75) + 2 * want(1, 1.5, 0.75),
        'bm25(["king", "rose", "rose", "x"], …)',
        "every word of the query adds its score, a repeated one again, an unknown one nothing",
    )
    few, many = (
        lab.bm25(["king"], np.array([[c, 0.0], [0, c]]), columns, b=0.0)[0] for c in (1.0, 1000.0)
    )
    holds(
        many < 2.5 * few,
        "a thousand times the count must not give more than k1 + 1 times the score",
    )
