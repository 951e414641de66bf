# %% [markdown]
# # No peeking: a table made ready without a leak
# `replies.csv` is the log of a chat model: 100 prompts, each answered six times, with what the reader thought of
# it. It has the flaws of real logs. You will make it ready for a classifier step by step, and then build a
# detector that finds out whether *any* preparation has peeked at the test rows.

# %%
import re

import numpy as np
import pandas as pd

REPLIES = pd.read_csv("replies.csv")
print(REPLIES.iloc[[0, 1, 6, 7]].to_string(index=False))
print(
    REPLIES[["reply_tokens", "temperature", "seconds"]]
    .describe()
    .loc[["count", "min", "50%", "max"]]
)

# %% [markdown]
# ## Split first
# Six replies to one prompt share its difficulty. If some are trained on and others tested, the test measures
# recognition.
# So whole prompts go to one part.


# %%
def split(prompts, shares, seed):
    """Row numbers of each part, by name; all rows of a prompt are in the same part.

    prompts: one name a row. shares: {"train": 0.6, "validation": 0.2, ...}, summing to one.
    """
    names = sorted(set(prompts))
    np.random.default_rng(seed).shuffle(names)
    parts, start, share_so_far = {}, 0, 0.0
    for part, share in shares.items():
        share_so_far += share
        end = round(share_so_far * len(names))
        chosen = set(names[start:end])
        parts[part] = [row for row, prompt in enumerate(prompts) if prompt in chosen]
        start = end
    return parts


# %%
PARTS = split(list(REPLIES["prompt"]), {"train": 0.6, "validation": 0.2, "test": 0.2}, seed=0)
for part, chosen in PARTS.items():
    there = REPLIES.iloc[chosen]
    print(
        f"{part:10s} {len(chosen):4d} rows of {there['prompt'].nunique():3d} prompts, {there['liked'].mean():.0%} liked"
    )
TRAIN = REPLIES.iloc[PARTS["train"]]

# %% [markdown]
# ## Fill the gaps
# Temperatures are missing where the log is blank; seconds are missing where the timer wrote −1. A gap can be
# informative, so it gets a column of its own.


# %%
def fill(column, train, marks=()):
    """(values without gaps, 1.0 where there was one), with the median of train's known values.

    marks: values that stand for "missing", in both columns.
    """
    column = column.where(~column.isin(marks))
    train = train.where(~train.isin(marks))
    gaps = column.isna().astype(float)
    return column.fillna(train.median()).to_numpy(), gaps.to_numpy()


# %%
seconds, gaps = fill(REPLIES["seconds"], TRAIN["seconds"], marks=(-1,))
print(
    f"seconds: {int(gaps.sum())} gaps; mean with the marks {REPLIES['seconds'].mean():.2f}, filled {seconds.mean():.2f}"
)
temperature, gaps = fill(REPLIES["temperature"], TRAIN["temperature"])
print(f"temperature: {int(gaps.sum())} gaps, filled with {temperature[gaps == 1][0]:.2f}")

# %% [markdown]
# ## Values too far out
# A reply that ran into the limit of 8,192 tokens drags every mean. Find fences that such values cannot move.


# %%
def fences(train):
    """(low, high): values beyond lie more than 1.5 interquartile ranges outside of the quartiles."""
    lower, upper = np.percentile(train, [25, 75])
    reach = 1.5 * (upper - lower)
    return lower - reach, upper + reach


# %%
ten = [102, 118, 95, 130, 121, 99, 140, 107, 111, 8192]
z = (8192 - np.mean(ten)) / np.std(ten, ddof=1)
print(f"ten replies, one of 8,192 tokens: only {z:.2f} standard deviations out")
print("its fences: {:.0f} to {:.0f}".format(*fences(ten)))
low, high = fences(TRAIN["reply_tokens"])
print(
    f"training rows: fences {low:.0f} to {high:.0f}, {np.mean(TRAIN['reply_tokens'] > high):.1%} beyond"
)

# %% [markdown]
# ## Words as numbers


# %%
def one_hot(column, train):
    """(rows, categories): 1.0 in the column of the row's category; categories as sorted in train."""
    categories = sorted(set(train))
    return np.array([[float(value == c) for c in categories] for value in column])


# %%
print("columns:", *sorted(set(TRAIN["language"])))
for language in ("en", "ja"):
    print(f"  {language}  {one_hot([language], TRAIN['language'])[0]}")

# %% [markdown]
# ## One scale


# %%
def standardise(table, train):
    """The table, column by column, in standard deviations of train from the mean of train."""
    spread = train.std(axis=0)
    spread = np.where(spread == 0, 1.0, spread)
    return (table - train.mean(axis=0)) / spread


# %%
SMALL = np.array([[2.0, 7.0], [4.0, 7.0], [6.0, 7.0]])
print("training rows\n", standardise(SMALL, SMALL).round(2))
print("a new row", standardise(np.array([[10.0, 7.0]]), SMALL).round(2))

# %% [markdown]
# ## All of it together
# Given, because it only calls what you wrote. `prepare_peeking` differs in what it learns from.


# %%
def numbers(rows, train):
    """Every column of these rows as numbers, gaps filled, runaways pulled in to the fences."""
    columns = [rows[["hour", "prompt_tokens"]].to_numpy(float).T]
    low, high = fences(train["reply_tokens"])
    columns.append(np.clip(rows["reply_tokens"].to_numpy(float), low, high))
    columns += fill(rows["temperature"], train["temperature"])
    columns += fill(rows["seconds"], train["seconds"], marks=(-1,))
    columns.append(one_hot(rows["language"], train["language"]).T)
    return np.vstack(columns).T


def prepare(train, other):
    """Both sets of rows as tables ready for a model, with everything learned from train."""
    table = numbers(train, train)
    return standardise(table, table), standardise(numbers(other, train), table)


def prepare_peeking(train, other):
    """The same, with everything learned from all rows, as in many a notebook."""
    everything = pd.concat([train, other])
    table = numbers(everything, everything)
    return standardise(table[: len(train)], table), standardise(table[len(train) :], table)


# %% [markdown]
# ## The detector
# `leaks` may not read the code of what it judges. It may call it, with rows of its choosing, and compare.


# %%
def leaks(prepare, train, other):
    """Whether prepare(train, other) lets the other rows shape the result, or one another.

    prepare gives (ready training rows, ready other rows) as arrays; train and other can be sliced.
    """

    def same(first, second):
        return first.shape == second.shape and np.allclose(first, second, 1e-9, 1e-9)

    ready_train, ready_other = prepare(train, other)
    for i in range(min(len(other), 10)):
        train_now, alone = prepare(train, other[i : i + 1])
        if not same(train_now, ready_train) or not same(alone, ready_other[i : i + 1]):
            return True
    return False


# %%
TEST = REPLIES.iloc[PARTS["test"]]
RULES = {
    "learned from the training rows": prepare,
    "learned from all rows": prepare_peeking,
    "scaler fitted on the test rows": lambda train, test: prepare(test, train)[::-1],
}
for name, rule in RULES.items():
    print(f"{name:32s} {'LEAKS' if leaks(rule, TRAIN, TEST) else 'clean'}")

# %% [markdown]
# ## What a leak is worth
# One forest, three test sets. It is the choice of the test rows that decides what the number means.

# %%
from sklearn.ensemble import RandomForestClassifier  # noqa: E402

FOREST = RandomForestClassifier(20, random_state=0)


def accuracy(train, test):
    """Accuracy on test of a forest trained on train."""
    ready, asked = prepare(train, test)
    return FOREST.fit(ready, train["liked"]).score(asked, test["liked"])


scattered = REPLIES.sample(frac=1, random_state=0)
print(f"rows it was trained on      {accuracy(TRAIN, TRAIN):.0%}")
print(f"new rows, prompts it knows  {accuracy(scattered[:480], scattered[480:]):.0%}")
print(f"new prompts                 {accuracy(TRAIN, TEST):.0%}")
print(f"always saying “liked”       {TEST['liked'].mean():.0%}")

# %% [markdown]
# ## The same leak in text
# A language model's test set leaks through its training texts. A question is the same question when its words
# come in another order, or when a run of `n` words is shared.


# %%
def words(text):
    """Lower-case words and numbers."""
    return re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+", text.casefold())


def decontaminate(train, tests, n=13):
    """The training texts that no test text is hidden in, in order."""

    def runs(text):
        found = words(text)
        return {tuple(found[i : i + n]) for i in range(len(found) - n + 1)}

    bags = {tuple(sorted(words(test))) for test in tests}
    tested = set().union(*[runs(test) for test in tests])
    return [
        text for text in train if tuple(sorted(words(text))) not in bags and not runs(text) & tested
    ]


# %%
TESTS = [
    "What is 35 + 86?",
    "A baker sells forty loaves in the morning and half as many in the afternoon; how many loaves is that?",
]
TEXTS = [
    "what is 86 + 35 ?",
    "What is 35 + 87?",
    "From a forum: a baker sells forty loaves in the morning and half as many in the afternoon, any ideas?",
    "A baker sells bread.",
]
kept = decontaminate(TEXTS, TESTS)
for text in TEXTS:
    print("kept   " if text in kept else "dropped", text)
