# %% [markdown]
# # Three ways to fill a table of word vectors
#
# A machine that writes random little sentences about a court, a map and a few verbs is all the
# world your models will ever see. Nobody tells them what a queen or a capital is. You will fill a
# table of vectors three times, as Word2Vec, GloVe and FastText do, and ask each of them riddles.

# %%
import random
from collections import Counter

import numpy as np

PEOPLE = {
    "king queen": "crown throne realm",
    "prince princess": "pony tower ball",
    "man woman": "work hat newspaper",
    "boy girl": "school kite homework",
    "father mother": "cradle soup children",
    "brother sister": "quarrel secret bunk",
    "actor actress": "stage mask applause",
    "waiter waitress": "tray menu tip",
}
PLACES = {
    "france paris": "french wine cheese",
    "italy rome": "italian pasta opera",
    "spain madrid": "spanish flamenco oranges",
    "japan tokyo": "japanese sushi kimono",
    "greece athens": "greek olives temples",
    "poland warsaw": "polish dumplings amber",
    "norway oslo": "norwegian salmon fjords",
    "cuba havana": "cuban cigars rum",
}
VERBS = {
    "walk": "dog path park",
    "jump": "rope fence puddle",
    "talk": "phone friend news",
    "play": "piano game cards",
    "climb": "ladder mountain tree",
    "paint": "wall brush portrait",
    "cook": "stove rice supper",
    "laugh": "joke clown film",
}
ENDINGS = ("", "ed", "ing")
NEVER_WRITTEN = ("climbing", "jumped", "talking", "cooked")  # for FastText, at the end
PRONOUNS = (("he", "his", "him"), ("she", "her", "hers"))
OF_PLACES = (("border", "nation", "army", "president"), ("mayor", "streets", "tram", "airport"))


def about_people(dice):
    """A sentence about somebody: the things tell the rank, the pronouns the gender."""
    pair, gender = dice.choice(list(PEOPLE)), dice.randrange(2)
    who, (he, his, him) = pair.split()[gender], PRONOUNS[gender]
    a, b = dice.sample(PEOPLE[pair].split(), 2)
    return dice.choice(
        [
            f"the {who} said {he} lost {his} {a}",
            f"{he} is a {who} with {his} {a}",
            f"the {who} took the {a} and the {b} home with {him}",
            f"{his} {a} and {his} {b} please the {who}",
        ]
    )


def about_places(dice):
    """A sentence about a country or its capital: both share a kitchen, only one has a mayor."""
    pair, kind = dice.choice(list(PLACES)), dice.randrange(2)
    where = pair.split()[kind]
    a, b = dice.sample(PLACES[pair].split(), 2)
    p, q = dice.sample(OF_PLACES[kind], 2)
    return dice.choice(
        [
            f"the {p} of {where} likes {a}",
            f"in {where} the {p} has {a} and {b}",
            f"{a} from {where} crossed the {p}",
            f"the {p} and the {q} of {where}",
        ]
    )


def about_doing(dice):
    """A sentence about doing: the things tell the verb, the little words its form."""
    verb, form = dice.choice(list(VERBS)), dice.randrange(3)
    do = verb + ENDINGS[form]
    if do in NEVER_WRITTEN:
        return about_doing(dice)
    a, b = dice.sample(VERBS[verb].split(), 2)
    frames = (
        (f"they will {do} with the {a} tomorrow", f"tomorrow we must {do} near the {a} and {b}"),
        (f"they have {do} with the {a} yesterday", f"yesterday we all {do} near the {a} and {b}"),
        (f"they are {do} with the {a} now", f"now we keep {do} near the {a} and {b}"),
    )
    return dice.choice(frames[form])


def corpus(n_sentences=2400, seed=0):
    """Sentences, each a list of words; the same seed writes the same ones."""
    dice = random.Random(seed)
    kinds = (about_people, about_places, about_doing)
    return [dice.choice(kinds)(dice).split() for _ in range(n_sentences)]


def riddles():
    """Kind → (a, b, c, d): a is to b as c is to d; only of words that are in the sentences."""
    verbs = [[(verb, verb + ending) for verb in VERBS] for ending in ENDINGS[1:]]
    alike = {
        "he and she": [[pair.split() for pair in PEOPLE]],
        "country and capital": [[pair.split() for pair in PLACES]],
        "forms of a verb": [[p for p in pairs if p[1] not in NEVER_WRITTEN] for pairs in verbs],
    }
    return {
        kind: [(*x, *y) for pairs in lists for x in pairs for y in pairs if x != y]
        for kind, lists in alike.items()
    }


def vocabulary(sentences):
    """Words from frequent to rare, and how often each was seen."""
    counted = Counter(word for sentence in sentences for word in sentence).most_common()
    return [word for word, _ in counted], np.array([n for _, n in counted], dtype=float)


sentences = corpus()
words, counts = vocabulary(sentences)
row = {word: i for i, word in enumerate(words)}
print(f"{len(sentences):,} sentences, {int(counts.sum()):,} words, {len(words)} different ones")
for sentence in sentences[:4]:
    print("   ", " ".join(sentence))


# %% [markdown]
# ## Who stands near whom
# Skip-gram turns text into pairs: every word, with every neighbour at most `window` places to its
# left or right in the same sentence.


# %%
def skip_grams(ids, window):
    """All pairs (centre, neighbour) of one sentence, given as a list of row numbers."""
    # TODO skip_grams: for each place, pair its row number with those at most `window` places away;
    # a place is not its own neighbour, and a sentence has a beginning and an end
    raise NotImplementedError("skip_grams")


def all_pairs(sentences, row, window):
    """Every skip-gram of the text, as an array of two columns."""
    return np.array([p for s in sentences for p in skip_grams([row[w] for w in s], window)])


pairs = all_pairs(sentences, row, window=4)
beside = Counter(words[n] for c, n in pairs if words[c] == "queen").most_common(9)
print(f"{len(pairs):,} pairs; beside the queen:", ", ".join(f"{w} {n}" for w, n in beside))


# %% [markdown]
# ## Word2Vec: tell the true neighbour from the invented ones
# Each pair becomes a quiz. The centre's vector $u$ meets the true neighbour's vector $w_0$ and a
# few drawn at random, $w_1 \dots w_k$; the model says $\sigma(u \cdot w_j)$, the chance that $w_j$
# is the true one. The loss is $-\ln \sigma(u \cdot w_0) - \sum_{j \ge 1} \ln \sigma(-u \cdot w_j)$.


# %%
def sigmoid(x):
    """The logistic function."""
    return 1 / (1 + np.exp(-x))


def quiz_gradients(u, w):
    """The gradients of each pair's loss by u and by w.

    Shapes  u: (B, C) centres; w: (B, 1 + k, C), the true neighbour first, then k invented ones.
            → (B, C) and (B, 1 + k, C)
    """
    # TODO quiz_gradients: the slope of -ln sigmoid(x) is sigmoid(x) - 1, that of -ln sigmoid(-x) is sigmoid(x);
    # put them into one (B, 1 + k) array and apply the chain rule to every u·w
    raise NotImplementedError("quiz_gradients")


def invented(dice, counts, shape):
    """Neighbours drawn by frequency to the power 0.75, so that rare words get their turn."""
    share = np.cumsum(counts**0.75)
    return np.searchsorted(share / share[-1], dice.random(shape), side="right")


def quizzes(pairs, counts, epochs, seed, batch=64, k=5):
    """Batches of centres (B,) and of true and invented neighbours (B, 1 + k); a falling step."""
    dice = np.random.default_rng(seed)
    n_batches = epochs * len(pairs) // batch
    for i in range(n_batches):
        centre, true = pairs[dice.integers(0, len(pairs), batch)].T
        wrong = invented(dice, counts, (batch, k))
        yield centre, np.column_stack([true, wrong]), 1 - i / n_batches


def word2vec(pairs, counts, width=24, epochs=2, rate=0.12, seed=0):
    """The tables of centres and of neighbours, (V, C) each, by stochastic gradient descent."""
    centres = np.random.default_rng(seed).normal(0, 0.1, (len(counts), width))
    neighbours = np.zeros_like(centres)
    for c, n, step in quizzes(pairs, counts, epochs, seed):
        by_u, by_w = quiz_gradients(centres[c], neighbours[n])
        np.add.at(centres, c, -rate * step * by_u)  # a word may be in a batch twice: add both
        np.add.at(neighbours, n, -rate * step * by_w)
    return centres, neighbours


centres, neighbours = word2vec(pairs, counts)
print("a vector for", words[0], "of length", np.linalg.norm(centres[0]).round(2))


# %% [markdown]
# ## Riddles
# *man is to king as woman is to …*: add what separates $a$ from $b$ to $c$, and look which word
# points most nearly there. All rows count with length one, and $a$, $b$, $c$ may not answer.


# %%
def answer(table, words, a, b, c):
    """The word whose direction is nearest to b - a + c, all of them scaled to length one."""
    # TODO answer: scale rows to length one, find the word nearest to b - a + c,
    # and let none of the three words of the question win
    raise NotImplementedError("answer")


def score(table, words):
    """Kind of riddle → the share that this table answers, and "all"."""
    right = {
        kind: [answer(table, words, a, b, c) == d for a, b, c, d in asked]
        for kind, asked in riddles().items()
    }
    shares = {kind: sum(hits) / len(hits) for kind, hits in right.items()}
    return shares | {"all": sum(map(sum, right.values())) / sum(map(len, right.values()))}


def show(name, table, words):
    """One line of the scoreboard."""
    shares = score(table, words)
    print(f"{name:>9}: " + "   ".join(f"{kind} {share:4.0%}" for kind, share in shares.items()))


for a, b, c in (
    ("man", "king", "woman"),
    ("france", "paris", "japan"),
    ("walk", "walked", "paint"),
):
    print(f"{a} is to {b} as {c} is to", answer(centres, words, a, b, c))
show("Word2Vec", centres, words)


# %% [markdown]
# ## GloVe: fit the counts themselves
# Count once how often two words stand near each other (a neighbour at distance $d$ counts $1/d$),
# then ask of each pair that $u_i \cdot w_j + b_i + c_j = \ln X_{ij}$. A pair weighs
# $f(X) = (X/20)^{3/4}$, at most one, and a pair that was never seen weighs nothing.


# %%
def counted(ids, n_words, window=10):
    """How often words stand together in one long text, near ones weighing more: (V, V)."""
    table = np.zeros((n_words, n_words))
    for d in range(1, window + 1):
        np.add.at(table, (ids[:-d], ids[d:]), 1 / d)
        np.add.at(table, (ids[d:], ids[:-d]), 1 / d)
    return table


def glove_error(u, w, b, c, x, enough=20):
    """f(X) · (u·w + b + c - ln X) for every pair of words, zero where X is zero.

    Shapes  u, w: (V, C); b, c: (V,); x: (V, V) → (V, V)
    """
    # TODO glove_error: weigh the difference between u·w + b + c and ln X;
    # mind ln 0, and which of b and c belongs to the rows
    raise NotImplementedError("glove_error")


def glove(x, width=24, steps=200, rate=0.05, seed=0):
    """The tables of centres and of neighbours, (V, C) each, by AdaGrad on all pairs at once."""
    dice = np.random.default_rng(seed)
    u, w = dice.normal(0, 0.1, (2, len(x), width))
    b, c = np.zeros((2, len(x)))
    squares = [np.full_like(part, 1e-8) for part in (u, w, b, c)]
    for _ in range(steps):
        error = glove_error(u, w, b, c, x)
        slopes = (error @ w, error.T @ u, error.sum(axis=1), error.sum(axis=0))
        for part, square, slope in zip((u, w, b, c), squares, slopes, strict=True):
            square += slope**2
            part -= rate * slope / np.sqrt(square)
    return u, w


ids = np.array([row[word] for sentence in sentences for word in sentence])
together = counted(ids, len(words))
glove_table, _ = glove(together)
show("Word2Vec", centres, words)
show("GloVe", glove_table, words)


# %% [markdown]
# ## FastText: a word is made of pieces
# Mark both ends of a word with `<` and `>`, cut it into pieces of three letters, keep the whole as
# one more piece. The vector of a word is the sum of the vectors of its pieces.


# %%
def n_grams(word, n=3):
    """All pieces of n letters of <word>, in order, and <word> itself at the end."""
    # TODO n_grams: mark the ends, slide a window of n letters, add the whole marked word once
    raise NotImplementedError("n_grams")


def fasttext(pairs, words, counts, width=24, epochs=2, rate=0.12, seed=0):
    """The table of pieces, and piece → row: Word2Vec whose centres are sums of pieces."""
    piece_row = {}
    for word in words:
        for piece in n_grams(word):
            piece_row.setdefault(piece, len(piece_row))
    has = np.zeros((len(words), len(piece_row)), dtype=np.float32)
    for i, word in enumerate(words):
        has[i, [piece_row[piece] for piece in n_grams(word)]] = 1
    dice = np.random.default_rng(seed)
    pieces = dice.normal(0, 0.04, (len(piece_row), width)).astype(np.float32)
    neighbours = np.zeros((len(words), width), dtype=np.float32)
    for c, n, step in quizzes(pairs, counts, epochs, seed):
        made_of = has[c]  # (B, number of pieces)
        by_u, by_w = quiz_gradients(made_of @ pieces, neighbours[n])
        # A word has five pieces or more that all move: each goes a part of the way.
        pieces -= rate / 5 * step * (made_of.T @ by_u)
        np.add.at(neighbours, n, -rate * step * by_w)
    return pieces, piece_row


pieces, piece_row = fasttext(pairs, words, counts)
print(len(piece_row), "pieces; those of walking:", *n_grams("walking"))


# %% [markdown]
# ## Words that were never written
# *climbing*, *jumped*, *talking* and *cooked* are in no sentence. Word2Vec has no row for them;
# their pieces are known all the same.


# %%
def vector_of(word, pieces, piece_row):
    """The sum of a word's pieces that have a row, zeros when none has."""
    # TODO vector_of: add up the rows of the pieces that are known
    raise NotImplementedError("vector_of")


def unseen_riddles():
    """(a, b, c, d) where c was never written: walking is to walk as climbing is to climb."""
    split = [(c, next(v for v in VERBS if c.startswith(v))) for c in NEVER_WRITTEN]
    return [
        (verb + c[len(d) :], verb, c, d)
        for c, d in split
        for verb in VERBS
        if verb != d and verb + c[len(d) :] not in NEVER_WRITTEN
    ]


def score_unseen(pieces, piece_row, words):
    """The share of riddles with a word never written that the pieces answer."""
    known = [*words, *NEVER_WRITTEN]
    table = np.array([vector_of(word, pieces, piece_row) for word in known])
    hits = [answer(table, known, a, b, c) == d for a, b, c, d in unseen_riddles()]
    return sum(hits) / len(hits)


fasttext_table = np.array([vector_of(word, pieces, piece_row) for word in words])
for name, table in (("Word2Vec", centres), ("GloVe", glove_table), ("FastText", fasttext_table)):
    show(name, table, words)
print(f"of {len(unseen_riddles())} riddles with a word never written, FastText answers "
      f"{score_unseen(pieces, piece_row, words):.0%}")  # fmt: skip


# %% [markdown]
# ## What cosine hides
# The quiz sees only $u \cdot w$. Multiply all centres by a factor along one direction $g$ (of length
# one) and divide all neighbours by it along the same $g$: no answer of the quiz changes. Do the
# cosines know that?


# %%
def cosine(x, y):
    """The cosine of the angle between two vectors."""
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


def stretched(centres, neighbours, g, factor):
    """Both tables after the part of every centre along g grew by factor; every u·w is as before."""
    # TODO stretched: how much of each row lies along g? change that part of it and leave the rest
    raise NotImplementedError("stretched")


g = centres[row["queen"]] - centres[row["king"]]
g = g / np.linalg.norm(g)
for factor in (0.1, 1, 10):
    u, w = stretched(centres, neighbours, g, factor)
    moved = np.abs(u @ w.T - centres @ neighbours.T).max()
    print(f"times {factor:4}: u·w moved by {moved:.0e}, cosine of king and queen "
          f"{cosine(u[row['king']], u[row['queen']]):5.2f}")  # fmt: skip
    show("Word2Vec", u, words)
