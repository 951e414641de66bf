# %% [markdown]
# # Sets: has the model seen the exam?
# If a test question stands in the training text, a good score proves a good memory. The usual check
# compares n-grams: all runs of n neighbouring words. A set keeps each run once, and finds it at
# once.


# %%
def ngrams(text: str, n: int) -> set[tuple[str, ...]]:
    """All runs of n neighbouring words, each as a tuple; none when the text is shorter."""
    # TODO ngrams: one slice for each place where n words still fit
    raise NotImplementedError("ngrams")


# %%
print(sorted(ngrams("to be or not to be", 2)))


# %%
def share_seen(test: str, training: list[str], n: int) -> float:
    """The fraction of the test's n-grams that some training text contains; 0.0 if it has none."""
    # TODO share_seen: what both sets have in common, over what the test has
    raise NotImplementedError("share_seen")


# %%
TRAINING = [
    "on forums people ask what is the capital of france and someone answers paris",
    "a recipe for bread needs flour water salt and time",
]
TESTS = [
    "what is the capital of france",
    "what is the capital of peru",
    "how much flour water salt and time does bread need",
    "name a prime number",
]
for test in TESTS:
    share = share_seen(test, TRAINING, 4)
    print(f"{share:4.0%} {'#' * round(20 * share):20} {test}")
print("Peru was never mentioned, yet most of its question was: n is a choice (often 8 to 13)")
