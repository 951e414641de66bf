"""Words and meaning each rank; the ranks are fused; the best are judged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from practicum.rag.encoders import Encoders
from practicum.rag.index import Passage, build_index
from practicum.rag.search import _fused, search


def test_fusion_prefers_what_both_lists_name() -> None:
    # 1/61 for a; 1/62 + 1/61 for b; 1/62 for c
    assert _fused([[10, 11], [11, 12]]) == [11, 10, 12]
    assert _fused([[7]]) == [7]
    assert _fused([[], []]) == []


@given(st.lists(st.lists(st.integers(0, 20), unique=True), max_size=3))
def test_fusion_names_everything_once(lists: list[list[int]]) -> None:
    fused = _fused(lists)
    assert sorted(fused) == sorted({i for ranked in lists for i in ranked})


def test_words_alone_find_without_encoders(passages: list[Passage]) -> None:
    index = build_index(passages, "fruit.txt")
    found = search(index, "Do bananas bruise?")
    assert found.hits[0].passage.id == "fruit:1"
    assert found.hits[0].score is None
    assert found.hits[0].cosine is None
    assert found.unknown == 0


def test_words_that_nobody_wrote_find_nothing(passages: list[Passage]) -> None:
    found = search(build_index(passages, "fruit.txt"), "quantum chromodynamics")
    assert found.hits == ()
    assert found.unknown == 1


def test_with_encoders_the_reranker_judges_no_more_than_it_is_given(
    passages: list[Passage], letters: Encoders
) -> None:
    index = build_index(passages, "fruit.txt", letters.embedder)
    found = search(index, "a cool cellar for apples", letters, depth=2)
    assert letters.reranker.n_judged == 2  # type: ignore[attr-defined]
    assert {h.passage.id for h in found.hits} == {"fruit:0", "fruit:3"}
    assert all(h.score is not None and h.cosine is not None for h in found.hits)


def test_encoders_help_an_index_of_words_in_no_way(
    passages: list[Passage], letters: Encoders
) -> None:
    found = search(build_index(passages, "fruit.txt"), "cherry stones", letters)
    assert found.hits[0].score is None
