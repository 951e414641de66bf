# %% [markdown]
# # Who said it? Documents as weighed counts
# The documents are people: everything that each of Shakespeare's chief speakers says, in our
# shipped corpus. You turn speech into counts, counts into weights, and weights into a search.

# %%
import re
from collections import defaultdict
from importlib import resources

import numpy as np

N_SPEAKERS = 24


def words(text):
    """Lower-case words, without punctuation."""
    return re.findall(r"\w+(?:['-]\w+)*", text.casefold())


def speeches():
    """Each speaker's words, for those with most to say."""
    corpus = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt")
    said = defaultdict(list)
    for block in corpus.read_text(encoding="utf-8").split("\n\n"):
        speaker, _, speech = block.partition("\n")
        if speaker.endswith(":"):
            said[speaker[:-1]] += words(speech)
    longest = sorted(said, key=lambda name: -len(said[name]))[:N_SPEAKERS]
    return {name: said[name] for name in longest}


SPEECHES = speeches()
SPEAKERS, DOCUMENTS = list(SPEECHES), list(SPEECHES.values())
print(f"{len(DOCUMENTS)} documents of {min(map(len, DOCUMENTS)):,} words and more")

# %% [markdown]
# ## A column for every word


# %%
def vocabulary(documents):
    """The column of every word of the documents (lists of words): words sorted, columns from 0."""
    return {word: i for i, word in enumerate(sorted({w for d in documents for w in d}))}


# %%
COLUMNS = vocabulary(DOCUMENTS)
print(f"{len(COLUMNS):,} columns, the last three: {list(COLUMNS)[-3:]}")

# %% [markdown]
# ## A bag of words


# %%
def bag(documents, columns):
    """How often each word comes in each document, as floats. A word without a column is ignored.

    Shapes  result: (documents, columns).
    """
    counts = np.zeros((len(documents), len(columns)))
    for row, document in enumerate(documents):
        for word in document:
            if word in columns:
                counts[row, columns[word]] += 1
    return counts


# %%
COUNTS = bag(DOCUMENTS, COLUMNS)
WORDS = np.array(list(COLUMNS))
juliet = SPEAKERS.index("JULIET")
print(f"{np.mean(COUNTS == 0):.0%} of all cells are zero")
print("Juliet by counts:", *WORDS[np.argsort(-COUNTS[juliet])[:8]])

# %% [markdown]
# ## Rare words weigh more


# %%
def idf(counts, smooth=True):
    """The inverse document frequency of every column.

    N is the number of documents, df in how many of them the word comes (not: how often).
    smooth: ln((1 + N) / (1 + df)) + 1, as scikit-learn; else ln(N / df), as textbooks.

    Shapes  counts: (documents, columns); result: (columns,).
    """
    n_documents = len(counts)
    df = (counts > 0).sum(axis=0)
    if smooth:
        return np.log((1 + n_documents) / (1 + df)) + 1
    return np.log(n_documents / df)


# %%
for word in ["the", "night", "romeo"]:
    both = idf(COUNTS)[COLUMNS[word]], idf(COUNTS, smooth=False)[COLUMNS[word]]
    print(f"{word:>6}  scikit-learn's {both[0]:.2f}  textbook's {both[1]:.2f}")

# %% [markdown]
# ## TF-IDF


# %%
def tfidf(counts, weights):
    """Counts times weights, every row then divided by its length (a row of zeros stays zeros).

    Shapes  counts: (documents, columns); weights: (columns,); result: as counts.
    """
    weighed = counts * weights
    lengths = np.linalg.norm(weighed, axis=1, keepdims=True)  # (documents, 1)
    return weighed / np.where(lengths == 0, 1, lengths)


# %%
for name, smooth in [("scikit-learn's idf", True), ("textbook's idf", False)]:
    row = tfidf(COUNTS, idf(COUNTS, smooth))[juliet]
    print(f"Juliet by {name}:", *WORDS[np.argsort(-row)[:8]])

# %% [markdown]
# ## Search
# A query is a very short document. How alike are two rows? The cosine of their angle says it,
# and rows of length one make it a dot product.


# %%
def search(query, counts, columns, weights):
    """The cosine between the query (a list of words) and every document, both as TF-IDF rows.

    Shapes  result: (documents,).
    """
    return tfidf(counts, weights) @ tfidf(bag([query], columns), weights)[0]


# %%
def best(scores):
    """The speaker with the highest score."""
    return SPEAKERS[int(np.argmax(scores))]


QUERIES = [
    "A horse! A horse! My kingdom for a horse!",
    "My daughter Katharina",
    "Where is the nurse, and where is Tybalt?",
]
for query in QUERIES:
    by_counts = search(words(query), COUNTS, COLUMNS, np.ones(len(COLUMNS)))
    by_weight = search(words(query), COUNTS, COLUMNS, idf(COUNTS))
    print(f"{query:<42} counts: {best(by_counts):<18} TF-IDF: {best(by_weight)}")

# %% [markdown]
# ## BM25
# Should a word said forty times count forty times as much as a word said once? And should
# Gloucester win because he talks most? BM25 says no, twice.


# %%
def bm25(query, counts, columns, k1=1.5, b=0.75):
    """The BM25 score of every document for a query (a list of words; repeated words add up).

    For each query word, with c its count in the document, L the document's words (all counts of
    its row) and A the mean of all L:  weight · c·(k1 + 1) / (c + k1·(1 − b + b·L/A)),
    where weight is ln(1 + (N − df + 0.5) / (df + 0.5)). A word without a column adds nothing.

    Shapes  result: (documents,).
    """
    n_documents = len(counts)
    lengths = counts.sum(axis=1)
    damping = k1 * (1 - b + b * lengths / lengths.mean())
    scores = np.zeros(n_documents)
    for word in query:
        if word in columns:
            c = counts[:, columns[word]]
            df = (c > 0).sum()
            weight = np.log(1 + (n_documents - df + 0.5) / (df + 0.5))
            scores += weight * c * (k1 + 1) / (c + damping)
    return scores


# %%
for query in QUERIES:
    scores = bm25(words(query), COUNTS, COLUMNS)
    first, second = np.argsort(-scores)[:2]
    print(f"{query:<42} {SPEAKERS[first]} {scores[first]:.1f}, then {SPEAKERS[second]}")
