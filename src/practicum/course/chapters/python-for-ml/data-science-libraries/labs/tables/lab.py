# %% [markdown]
# # Fifteen training runs, and which learning rate won
# `losses.csv` is what a dashboard exports: the held-out loss of fifteen small character models, five
# learning rates with three seeds each, a column for each run. `settings.csv` lists every launch. The
# runs are real, so one of them died, and one was stopped and resumed.

# %%
from importlib.resources import files

import numpy as np
import pandas as pd

losses = pd.read_csv("losses.csv")
launches = pd.read_csv("settings.csv")
print(losses.iloc[[0, 1, -2, -1], [0, 1, 8, 14, 15]].to_string(index=False))

# %% [markdown]
# ## One row for each measurement
# Nothing can be grouped by run while the runs are columns. Make the table tidy: columns `step`,
# `run`, `loss`, one row for every loss that was measured.


# %%
def tidy(wide):
    """Columns step, run and loss; a row for each filled cell of the wide table."""
    # TODO tidy: melt the columns of runs into rows, and leave empty cells out
    raise NotImplementedError("tidy")


# %%
rows = tidy(losses)
print(
    f"{losses.shape[0]} rows of {losses.shape[1]} columns became {len(rows)} rows of {rows.shape[1]}"
)
print(rows.sample(4, random_state=3).to_string(index=False))

# %% [markdown]
# ## A step that happened twice
# The resumed run logged two steps again. The later row of a run and step is the true one: the model that
# was kept has seen it. Rows are in the order in which they were logged.


# %%
def latest(rows):
    """The row logged last for each run and step."""
    # TODO latest: of equal run and step, the row that stands last
    raise NotImplementedError("latest")


# %%
measured = latest(rows)
print(f"{len(rows) - len(measured)} rows were overwritten")
print(rows[(rows.run == "lr1-s1") & rows.step.isin([260, 280])].to_string(index=False))

# %% [markdown]
# ## Joined to their settings
# A merge repeats a row for every match it finds. The resumed run was launched twice, so a careless merge
# doubles its rows and its say in every mean. Yours raises `pandas.errors.MergeError` instead, and keeps measurements
# whose run is missing in the settings.


# %%
def with_settings(rows, settings):
    """The rows with the settings of their run.

    Raises MergeError when a run is listed twice; a run that is not listed keeps its rows.
    """
    # TODO with_settings: a left merge that checks its keys
    raise NotImplementedError("with_settings")


# %%
print(f"{len(measured)} rows; a careless merge gives", len(measured.merge(launches, on="run")))
try:
    with_settings(measured, launches)
except pd.errors.MergeError as error:
    print("refused:", str(error).splitlines()[0])
settings = launches.drop_duplicates("run", keep="last")
table = with_settings(measured, settings)
print(f"with one row for each run: {len(table)}")

# %% [markdown]
# ## How did each run end?
# Not its best loss and not its last number: its loss at the last step of the sweep. A run that did
# not get there has none (`NaN`), and is still listed.


# %%
def final_losses(rows):
    """The loss at the table's last step, indexed by run; NaN for runs that did not get there."""
    # TODO final_losses: the rows of the table's last step, and a gap for runs that have none
    raise NotImplementedError("final_losses")


# %%
final = final_losses(measured)
print(final.to_string())

# %% [markdown]
# ## Which learning rate won?
# One row for each learning rate, in ascending order: `mean` and `spread` (the sample standard
# deviation) of the final losses, how many `seeds` there were, and how many are `dead`.


# %%
def by_rate(runs):
    """mean, spread, seeds and dead, indexed by learning_rate; `runs` has learning_rate and final."""
    # TODO by_rate: one row for each rate; count the gaps
    raise NotImplementedError("by_rate")


# %%
runs = settings.set_index("run").assign(final=final).reset_index()
print(by_rate(runs).round(3).to_string())
print("By its mean alone, a rate of 10 would beat 0.3. The dead run is not in that mean.")

# %% [markdown]
# ## A mean of means
# Every speech of the shipped plays is scored by a model that only knows which character follows
# which. Speeches differ in length by a factor of hundreds. The loss of a corpus is all nats over all
# characters, so long speeches count for more.


# %%
def corpus_loss(documents, by):
    """Nats per character of each group, indexed by it; `documents` has nats and characters."""
    # TODO corpus_loss: sums of each group, then one division
    raise NotImplementedError("corpus_loss")


# %%
def speeches():
    """speaker, nats and characters of every speech, scored by counts of neighbouring characters."""
    text = files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
    alphabet = {c: i for i, c in enumerate(sorted(set(text)))}
    ids = np.array([alphabet[c] for c in text])
    counts = np.zeros((len(alphabet), len(alphabet)))
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    nats = -np.log(counts[ids[:-1], ids[1:]] / counts.sum(axis=1)[ids[:-1]])
    found, start = [], 0
    for speech in text.split("\n\n"):
        speaker, _, said = speech.partition(":\n")
        begins, ends = start + len(speaker) + 2, start + len(speech)
        if said:
            found.append((speaker.title(), nats[begins - 1 : ends - 1].sum(), len(said)))
        start = ends + 2
    return pd.DataFrame(found, columns=["speaker", "nats", "characters"])


# %%
plays = speeches()
plays["length"] = pd.cut(plays["characters"], [0, 20, 100, 400, np.inf],
                         labels=["up to 20", "up to 100", "up to 400", "more"])  # fmt: skip
print(corpus_loss(plays, "length").round(3).to_string())
whole = plays.assign(part="all speeches")
print(f"mean of the speeches' means: {(plays.nats / plays.characters).mean():.3f} nats a character")
print(f"the corpus:                  {corpus_loss(whole, 'part').iloc[0]:.3f}")
talkative = plays.groupby("speaker").characters.sum().nlargest(5).index
print(
    corpus_loss(plays[plays.speaker.isin(talkative)], "speaker").sort_values().round(3).to_string()
)
