"""What is asked and what is answered: continuations behind contexts, and sliding windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from practicum.core.errors import Complaint, PracticumError

Ids = Sequence[int]
Pair = tuple[Ids, Ids]  # the context, and what follows it
Heard = Callable[[int], None]  # told how many more are finished
MAX_COMPLAINTS = 5


@dataclass(frozen=True)
class Scored:
    """What a model thinks of a continuation.

    Units      nats. `log_prob` is the sum of `per_token`.
    is_greedy  whether greedy decoding would have written exactly this.
    """

    log_prob: float
    is_greedy: bool
    per_token: tuple[float, ...]


def join(parts: Sequence[Scored]) -> Scored:
    """The score of a text from the scores of its windows."""
    tokens = tuple(value for part in parts for value in part.per_token)
    return Scored(
        sum(part.log_prob for part in parts), all(part.is_greedy for part in parts), tokens
    )


def windows(ids: Ids, prefix_id: int, max_length: int) -> Iterator[tuple[list[int], list[int]]]:
    """Context and continuation of every window of a text, each of its tokens scored once.

    The first window begins with `prefix_id`; later ones see one token of the text before
    what they score, and the last, which has few tokens left to score, as many as fit.

    Source  The rolling windows of lm-evaluation-harness with a context of one token, so that
            perplexities can be compared with published ones.
    """
    text = list(ids)
    for start in range(0, len(text), max_length):
        end = min(start + max_length, len(text))
        if start == 0:
            yield [prefix_id], text[:end]
        else:  # never before the text: the window in front of this one was full
            yield text[end - max_length - 1 : start], text[start:end]


def fit(pairs: Sequence[Pair], max_length: int) -> list[Pair]:
    """The pairs with contexts cut from the left, so that the model reads at most `max_length`.

    The last token of a continuation is predicted and never read, so one more fits.

    Raises  PracticumError for a pair without context, and for a continuation that does not fit.
    """
    wrong: list[Complaint] = []
    fitted: list[Pair] = []
    for i, (context, rest) in enumerate(pairs):
        room = max_length + 1 - len(rest)
        if not context:
            wrong.append(Complaint("there is nothing before the continuation", f"request {i}",
                                   "begin with the token that begins a text"))  # fmt: skip
        elif room < 1:
            wrong.append(Complaint(f"a continuation of {len(rest)} tokens, the model reads "
                                   f"{max_length}", f"request {i}",
                                   "score long texts in windows"))  # fmt: skip
        fitted.append((context[-room:] if len(context) > room > 0 else context, rest))
    if wrong:
        more = len(wrong) - MAX_COMPLAINTS
        rest_of = [Complaint(f"and {more} more requests like these")] if more > 0 else []
        raise PracticumError(*wrong[:MAX_COMPLAINTS], *rest_of)
    return fitted
