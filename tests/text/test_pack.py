from __future__ import annotations

import inspect
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicum.text.pack import Example, Row, pack

HELLO, WORLD, THERE, YOU, BYE = range(5)


def example(*ids: int, scored: tuple[int, ...] | None = None) -> Example:
    """All but the first token scored, unless their places are given."""
    places = range(1, len(ids)) if scored is None else scored
    return Example(ids, tuple(i in places for i in range(len(ids))))


# Few different ids and short sequences: nearly everything shares a beginning. The last token is
# always scored, so that every sequence shows in the row that holds it.
sequences = st.lists(st.integers(0, 2), min_size=2, max_size=7)
examples = sequences.flatmap(
    lambda ids: st.lists(st.booleans(), min_size=len(ids) - 2, max_size=len(ids) - 2).map(
        lambda flags: Example(tuple(ids), (False, *flags, True))
    )
)
groups = st.lists(st.lists(examples, min_size=1, max_size=3), min_size=1, max_size=6)


def members(rows: list[Row]) -> list[tuple[Row, list[int]]]:
    """Every row with the owners in it."""
    return [(row, sorted(set(row.owner.tolist()))) for row in rows]


def n_in_tree(some: list[Example]) -> int:
    """Slow and obvious: a token of the tree is a different non-empty beginning."""
    return len({e.ids[:n] for e in some for n in range(1, len(e.ids) + 1)})


def find_path(row: Row, ids: tuple[int, ...]) -> list[int]:
    """Where a sequence lies: the only chain of tokens in which each sees the ones before."""
    sees = row.sees()
    path: list[int] = []
    for depth, token in enumerate(ids):
        fits = [
            i
            for i in range(row.n_tokens)
            if row.ids[i] == token
            and row.positions[i] == depth
            and all(sees[i, j] for j in path)
            and sees[i].sum() == depth + 1
        ]
        assert len(fits) == 1, "each beginning is laid down exactly once"
        path += fits
    return path


# -- by hand ---------------------------------------------------------------------------------


def test_the_example_of_the_module_worked_by_hand() -> None:
    (row,) = pack([[example(HELLO, WORLD)], [example(HELLO, THERE)]], 8)
    assert row.ids.tolist() == [HELLO, WORLD, THERE]
    assert row.positions.tolist() == [0, 1, 1]
    assert row.sees().tolist() == [
        [True, False, False],
        [True, True, False],
        [True, False, True],
    ]
    assert row.from_token.tolist() == [0, 0]
    assert row.target.tolist() == [WORLD, THERE]
    assert row.owner.tolist() == [0, 1]
    assert row.n_tokens == 3


def test_a_beginning_that_ends_inside_another_is_shared_worked_by_hand() -> None:
    long = example(HELLO, WORLD, YOU, BYE, scored=(3,))
    short = example(HELLO, WORLD, scored=(1,))
    other = example(HELLO, WORLD, THERE)
    (row,) = pack([[long], [short], [other]], 8)
    assert row.ids.tolist() == [HELLO, WORLD, YOU, BYE, THERE]
    assert row.positions.tolist() == [0, 1, 2, 3, 2]
    assert row.first.tolist() == [0, 0, 2, 2, 4]
    assert row.last.tolist() == [5, 5, 4, 4, 5]
    triples = list(zip(row.from_token, row.target, row.owner, strict=True))
    assert triples == [(2, BYE, 0), (0, WORLD, 1), (0, WORLD, 2), (1, THERE, 2)]


def test_sequences_that_share_nothing_do_not_see_each_other() -> None:
    (row,) = pack([[example(1, 2)], [example(3, 4)]], 8)
    T, f = True, False
    assert row.sees().tolist() == [[T, f, f, f], [T, T, f, f], [f, f, T, f], [f, f, T, T]]
    assert row.positions.tolist() == [0, 1, 0, 1]


def test_the_same_sequence_twice_costs_its_tokens_once_and_is_scored_twice() -> None:
    (row,) = pack([[example(1, 2, 3)], [example(1, 2, 3)]], 3)
    assert row.ids.tolist() == [1, 2, 3]
    assert row.owner.tolist() == [0, 0, 1, 1]
    assert row.from_token.tolist() == [0, 1, 0, 1]


def test_a_row_that_is_full_to_the_last_token_is_one_row() -> None:
    two = [[example(1, 2, 3)], [example(1, 2, 4)]]
    assert [r.n_tokens for r in pack(two, 4)] == [4]
    assert [r.n_tokens for r in pack(two, 3)] == [3, 3]


def test_what_a_pair_shares_counts_once_when_it_is_decided_whether_it_fits() -> None:
    first = [example(9)]
    pair = [example(1, 2, 3, 4), example(1, 2, 3, 5)]  # five tokens of tree
    assert [r.n_tokens for r in pack([first, pair], 6)] == [6]


def test_a_group_larger_than_a_row_gets_a_row_of_its_own() -> None:
    rows = pack([[example(1, 2)], [example(3, 4, 5), example(6, 7, 8)], [example(9, 9)]], 4)
    assert [r.n_tokens for r in rows] == [2, 6, 2]
    assert [sorted(set(r.owner.tolist())) for r in rows] == [[0], [1, 2], [3]]


def test_nothing_packs_to_no_rows() -> None:
    assert pack([], 8) == []


def test_a_sequence_of_one_token_is_laid_down_although_nothing_is_scored() -> None:
    (row,) = pack([[example(7)]], 8)
    assert row.ids.tolist() == [7]
    assert (row.from_token.size, row.target.size, row.owner.size) == (0, 0, 0)


def test_a_branch_may_be_deeper_than_python_may_recurse() -> None:
    chain = [[example(*([1] * n), scored=(n - 1,))] for n in range(1, 401)]
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 200)
    try:
        (row,) = pack(chain, 400)
    finally:
        sys.setrecursionlimit(limit)
    assert row.positions.tolist() == list(range(400))
    assert row.from_token.tolist() == list(range(399))


# -- for any sequences -----------------------------------------------------------------------


@given(groups, st.integers(1, 20))
def test_unpacking_gives_every_sequence_back_in_position_order(
    all_groups: list[list[Example]], row_tokens: int
) -> None:
    rows = pack(all_groups, row_tokens)
    flat = [e for group in all_groups for e in group]
    for row, owners in members(rows):
        for owner in owners:
            path = find_path(row, flat[owner].ids)
            last = path[-1]
            ancestors = np.flatnonzero(row.sees()[last])
            in_order = ancestors[np.argsort(row.positions[ancestors])]
            assert row.ids[in_order].tolist() == list(flat[owner].ids)
            assert row.positions[in_order].tolist() == list(range(len(path)))
            assert in_order.tolist() == path, "later in the row is later in the sequence"


@given(groups, st.integers(1, 20))
def test_who_sees_whom_equals_its_slow_obvious_twin(
    all_groups: list[list[Example]], row_tokens: int
) -> None:
    """A token is named by the ids from the start to itself; it sees the beginnings of its name."""
    rows = pack(all_groups, row_tokens)
    flat = [e for group in all_groups for e in group]
    for row, owners in members(rows):
        names: dict[int, tuple[int, ...]] = {}
        for owner in owners:
            for depth, place in enumerate(find_path(row, flat[owner].ids)):
                names[place] = flat[owner].ids[: depth + 1]
        assert sorted(names) == list(range(row.n_tokens)), "no token belongs to nobody"
        twin = [
            [names[a][: len(names[b])] == names[b] for b in range(row.n_tokens)]
            for a in range(row.n_tokens)
        ]
        assert row.sees().tolist() == twin


@given(groups, st.integers(1, 20))
def test_no_token_is_visible_to_another_branch(
    all_groups: list[list[Example]], row_tokens: int
) -> None:
    for row in pack(all_groups, row_tokens):
        sees = row.sees()
        for i in range(row.n_tokens):
            seen = np.flatnonzero(sees[i])
            assert seen.max() == i, "nothing later in the row"
            depths = sorted(row.positions[seen].tolist())
            assert depths == list(range(row.positions[i] + 1)), "one token at each depth"
            ordered = seen[np.argsort(row.positions[seen])]
            assert all(sees[b, a] for a, b in pairwise(ordered)), "and all on one branch"


@given(groups, st.integers(1, 20))
def test_scored_triples_are_those_of_every_sequence_alone(
    all_groups: list[list[Example]], row_tokens: int
) -> None:
    rows = pack(all_groups, row_tokens)
    flat = [e for group in all_groups for e in group]
    for row, owners in members(rows):
        expected = []
        for owner in owners:
            path = find_path(row, flat[owner].ids)
            expected += [
                (path[t - 1], flat[owner].ids[t], owner)
                for t in range(1, len(path))
                if flat[owner].scored[t]
            ]
        found = zip(row.from_token, row.target, row.owner, strict=True)
        assert [tuple(map(int, triple)) for triple in found] == expected


@given(groups, st.integers(1, 20))
def test_rows_are_never_too_long_unless_one_group_alone_is_and_groups_are_never_torn(
    all_groups: list[list[Example]], row_tokens: int
) -> None:
    rows = pack(all_groups, row_tokens)
    sizes = [len(group) for group in all_groups]
    group_of = [g for g, size in enumerate(sizes) for _ in range(size)]
    seen: list[int] = []
    for row, owners in members(rows):
        here = sorted({group_of[o] for o in owners})
        assert [o for g in here for o in range(len(group_of)) if group_of[o] == g] == owners
        assert row.n_tokens <= row_tokens or len(here) == 1
        assert row.n_tokens == n_in_tree([e for g in here for e in all_groups[g]])
        seen += owners
    assert seen == list(range(len(group_of))), "owners number the sequences in order"


def test_a_model_computes_for_a_packed_sequence_what_it_computes_for_it_alone() -> None:
    """One head of attention in float64, positions added: the claim of the module, in numbers."""
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(0)
    embed = torch.randn(5, 8, generator=generator, dtype=torch.float64)
    place = torch.randn(9, 8, generator=generator, dtype=torch.float64)

    def attend(ids, positions, sees):  # type: ignore[no-untyped-def]
        x = embed[ids] + place[positions]  # (T, C)
        scores = (x @ x.T / 8**0.5).masked_fill(~sees, float("-inf"))  # (T, T)
        return scores.softmax(-1) @ x  # (T, C)

    sequences = [(0, 1, 2, 3), (0, 1, 4), (0, 1), (2, 2, 2), (0, 1, 2, 4, 1)]
    (row,) = pack([[example(*ids)] for ids in sequences], 64)
    packed = attend(torch.tensor(row.ids), torch.tensor(row.positions), torch.tensor(row.sees()))
    for ids in sequences:
        n = len(ids)
        alone = attend(torch.tensor(ids), torch.arange(n), torch.ones(n, n).tril().bool())
        ours = packed[find_path(row, ids)]
        torch.testing.assert_close(ours, alone, rtol=0, atol=1e-12)  # float64, another order
