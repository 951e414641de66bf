"""Memory: what a row of tokens costs beside the weights, and the rows that a budget allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from practicum.core.errors import PracticumError

MEMORY_BYTES = 1 << 30  # the default budget: fits beside the weights on any laptop
ROW_TOKENS = 256  # branches side by side; wider rows attend to ever more that they must not see
CHAIN_TOKENS = 1024  # tokens in a line, where nothing is masked in vain
FEWEST_TOKENS = 16  # a row of less reads all weights for next to nothing
FLOAT32 = 4  # bytes


@dataclass(frozen=True)
class Shape:
    """What of a model decides how much memory a pass takes.

    Units  `kv_values` per token over all layers; the others per layer, in numbers.
    """

    kv_values: int
    attended: int  # keys and values of one token, repeated for every query head
    worked: int  # what one token's way through a layer keeps alive at once
    n_vocab: int
    item_bytes: int


@dataclass(frozen=True)
class Rows:
    """The largest rows: tokens with branches, tokens in a line, and scored ones of either."""

    branched: int
    chained: int
    asked: int


def shape_of(config: Any, item_bytes: int) -> Shape:
    """The shape of a causal language model, from its configuration."""
    config = config.get_text_config()
    width = config.hidden_size
    heads = getattr(config, "num_attention_heads", None) or 1  # state-space models have none
    head = getattr(config, "head_dim", None) or width // heads
    kv_heads = getattr(config, "num_key_value_heads", None) or heads
    inner = getattr(config, "intermediate_size", None) or 4 * width
    inner *= getattr(config, "num_experts_per_tok", None) or 1
    # Six states of the model's width in float32 (residual, norms), four of the inner width
    # (gate, up, product, copy), and queries, keys, values and output of attention.
    worked = 6 * width * (FLOAT32 // min(item_bytes, FLOAT32)) + 4 * inner + 4 * heads * head
    return Shape(
        kv_values=2 * config.num_hidden_layers * kv_heads * head, attended=2 * heads * head,
        worked=worked, n_vocab=config.vocab_size, item_bytes=item_bytes,
    )  # fmt: skip


def row_bytes(shape: Shape, n_row: int, n_asked: int, kept: int) -> int:
    """Bytes beside the weights while a row is computed behind `kept` tokens."""
    seen = kept + n_row
    values = seen * (shape.kv_values + shape.attended) + n_row * shape.worked
    mask = n_row * seen * (shape.item_bytes + 3)  # three arrays of one byte while it is made
    logits = 2 * n_asked * shape.n_vocab * FLOAT32  # the logits, and their exponentials
    return values * shape.item_bytes + mask + logits


def rows_within(shape: Shape, memory_bytes: int, depth: int) -> Rows:
    """The widest rows that keep within the budget when the longest request has `depth` tokens.

    Raises  PracticumError when even the smallest row does not fit, with the bytes it needs.
    """
    for rows in _narrowing():
        needed = _bytes(shape, rows, depth)
        if needed <= memory_bytes:
            return rows
    raise PracticumError(
        f"scoring {depth:,} tokens at once needs {needed:,} bytes beside the weights, "
        f"the budget is {memory_bytes:,}",
        hint=f"memory_bytes={needed} or shorter contexts",
    )


def _narrowing() -> Iterator[Rows]:
    """Ever smaller rows. Fewer scored tokens cost less time than fewer tokens."""
    branched = ROW_TOKENS
    while branched >= FEWEST_TOKENS:
        for chained in (branched * CHAIN_TOKENS // ROW_TOKENS, branched):
            asked = chained
            while asked >= FEWEST_TOKENS:
                yield Rows(branched, chained, asked)
                asked //= 2
        branched //= 2
    yield Rows(FEWEST_TOKENS, FEWEST_TOKENS, 1)


def _bytes(shape: Shape, rows: Rows, depth: int) -> int:
    """The larger of the two sorts of rows at the deepest place."""
    chained = min(rows.chained, depth)
    return max(
        row_bytes(shape, rows.branched, min(rows.asked, rows.branched), depth),
        row_bytes(shape, chained, min(rows.asked, chained), depth - chained),
    )
