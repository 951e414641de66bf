"""The fold over runs: edges, loops, losses, and the trees printed from it."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from practicum.core.errors import UnknownReference
from practicum.lineage.members import GONE, Edge, Family, Node, plain, readable_size
from practicum.lineage.tree import (
    ancestors,
    descendants,
    family,
    shown,
    text_tree,
    to_json,
    to_mermaid,
)

if TYPE_CHECKING:
    from conftest import Past


def named_edges(past: Past, kin: Family) -> set[tuple[str, str, str]]:
    name = {artifact.digest: name for name, artifact in past.made.items()}
    return {(name[e.parent], name[e.child], e.words) for e in kin.edges if not e.is_back}


def back_edges(past: Past, kin: Family) -> set[tuple[str, str]]:
    name = {artifact.digest: name for name, artifact in past.made.items()}
    return {(name[e.parent], name[e.child]) for e in kin.edges if e.is_back}


def test_the_seven_model_life_gives_the_right_edges(life: Past) -> None:
    assert named_edges(life, family(life.store)) == {
        ("base", "tuned", "finetune"),
        ("lessons", "tuned", "finetune"),
        ("tuned", "aligned", "align dpo"),
        ("pairs", "aligned", "align dpo"),
        ("tuned", "linear", "merge linear weights 0.3/0.7"),
        ("aligned", "linear", "merge linear weights 0.3/0.7"),
        ("tuned", "slerp", "merge slerp t=0.5"),
        ("aligned", "slerp", "merge slerp t=0.5"),
        ("slerp", "q8", "quantize q8_0"),
        ("slerp", "q4", "quantize q4_1"),
    }


def test_generations_count_models_and_not_data(life: Past) -> None:
    kin = family(life.store)
    depth = {name: kin.node(life.digest(name)).generation for name in (*life.seven, "pairs")}
    assert depth == {"base": 0, "tuned": 1, "aligned": 2, "linear": 3, "slerp": 3, "q8": 4,
                     "q4": 4, "pairs": 0}  # fmt: skip


def test_reports_are_left_out_unless_asked_for(life: Past) -> None:
    assert "report" not in {n.kind for n in family(life.store).nodes}
    edges = named_edges(life, family(life.store, with_reports=True))
    assert ("aligned", "score", "measure") in edges


def test_a_deleted_report_is_not_mistaken_for_a_lost_model(life: Past) -> None:
    life.delete("score")
    assert GONE not in {n.kind for n in family(life.store).nodes}


def test_some_digests_bring_all_their_ancestors_and_nobody_else(life: Past) -> None:
    kin = family(life.store, [life.digest("aligned")])
    wanted = {life.digest(n) for n in ("base", "lessons", "tuned", "pairs", "aligned")}
    assert set(kin.by_digest) == wanted


def test_an_unknown_digest_is_an_error_that_names_it(life: Past) -> None:
    with pytest.raises(UnknownReference, match="deadbeef"):
        family(life.store, ["deadbeef" * 8])
    with pytest.raises(UnknownReference, match="deadbeef"):
        ancestors(family(life.store), "deadbeef" * 8)


def test_ancestors_come_nearest_first(life: Past) -> None:
    kin = family(life.store)
    names = [n.names[0] for n in ancestors(kin, life.digest("slerp"))]
    assert names == ["tuned", "aligned", "base", "lessons", "pairs"]
    assert {n.names[0] for n in descendants(kin, life.digest("slerp"))} == {"q4", "q8"}


def test_a_run_that_gives_its_own_input_is_a_marked_loop_that_ends(past: Past) -> None:
    past.artifact("same")
    past.run("merge", "same", ("same", "same"), method="linear")
    kin = family(past.store)
    assert back_edges(past, kin) == {("same", "same")}
    assert ancestors(kin, past.digest("same")) == ()
    assert text_tree(kin).count("↺") == 1


def test_a_long_loop_ends_and_its_youngest_edge_is_the_one_marked(past: Past) -> None:
    for name in ("a", "b", "c"):
        past.artifact(name)
    past.run("finetune", "b", ("a",))
    past.run("finetune", "c", ("b",))
    past.run("merge", "a", ("c", "b"))
    kin = family(past.store)
    assert back_edges(past, kin) == {("c", "a"), ("b", "a")}
    assert {n.generation for n in kin.nodes} == {0, 1, 2}
    assert text_tree(kin).count("↺") == 2


def test_a_deleted_parent_stays_as_gone_under_its_old_name(life: Past) -> None:
    life.delete("tuned", "q4")
    kin = family(life.store)
    node = kin.node(life.digest("tuned"))
    assert (node.kind, node.label, node.size_bytes) == (GONE, life.label("tuned"), 0)
    assert ("base", "tuned", "finetune") in named_edges(life, kin)
    assert life.digest("q4") not in kin.by_digest  # nothing descends from it: it is just gone


def test_the_same_output_twice_keeps_the_earliest_run_and_lists_the_other(past: Past) -> None:
    for name in ("first", "second", "child"):
        past.artifact(name)
    earliest = past.run("finetune", "child", ("first",))
    later = past.run("finetune", "child", ("second",))
    kin = family(past.store)
    node = kin.node(past.digest("child"))
    assert (node.run, node.other_runs) == (earliest.id, (later.id,))
    assert named_edges(past, kin) == {("first", "child", "finetune")}


def test_an_absent_input_and_one_given_twice_make_no_extra_edges(past: Past) -> None:
    past.artifact("model")
    past.artifact("made", "pairs")
    past.run("data", "made", ("", "model", "model"))
    assert len(family(past.store).edges) == 1


def test_an_adapter_finds_its_base_without_a_run_and_is_not_told_twice_with_one(
    past: Past,
) -> None:
    past.artifact("base")
    past.artifact("imported", "adapter", base=past.digest("base"))
    past.artifact("trained", "adapter", base=past.digest("base"), rank=8)
    past.run("finetune", "trained", ("base",))
    assert named_edges(past, family(past.store)) == {
        ("base", "imported", "adapter"),
        ("base", "trained", "finetune"),
    }


def test_an_unknown_stage_names_its_own_relation(past: Past) -> None:
    past.artifact("a")
    past.artifact("b")
    past.run("abliterate", "b", ("a",))
    assert family(past.store).edges[0].relation == "abliterate"


def test_without_data_a_model_that_wrote_the_data_is_still_an_ancestor(past: Past) -> None:
    past.artifact("teacher")
    past.artifact("student")
    past.artifact("answers", "chat")
    past.run("data", "answers", ("", "", "teacher"))
    past.run("finetune", "student", ("", "answers"))
    kin = shown(family(past.store), with_data=False)
    label = past.label("answers")
    assert named_edges(past, kin) == {("teacher", "student", f"data via {label}")}


def test_a_quantized_file_says_the_type_most_of_its_tensors_have(past: Past) -> None:
    past.artifact("file", format="gguf", types={"F32": 61, "Q4_1": 211, "odd": None})
    assert family(past.store).nodes[0].format == "gguf q4_1"


def test_the_text_tree_prints_each_node_once_and_refers_to_it_elsewhere(life: Past) -> None:
    tree = re.sub(r"@[0-9a-f]{8}", "", text_tree(family(life.store)))
    assert re.sub(r"  (model|chat|pairs) · .*", "", tree) == (
        "base\n"
        "└─ finetune → tuned\n"
        "   ├─ align dpo → aligned\n"
        "   │  ├─ merge linear weights 0.3/0.7 → ↗ linear\n"
        "   │  └─ merge slerp t=0.5 → ↗ slerp\n"
        "   ├─ merge linear weights 0.3/0.7 → linear\n"
        "   └─ merge slerp t=0.5 → slerp\n"
        "      ├─ quantize q8_0 → q8\n"
        "      └─ quantize q4_1 → q4\n"
        "lessons\n"
        "└─ finetune → ↗ tuned\n"
        "pairs\n"
        "└─ align dpo → ↗ aligned\n"
    )
    assert "q8@" in text_tree(family(life.store))
    assert "model · gguf q8_0 · 80 B · cc-by-sa-4.0" in tree


def test_a_terminal_never_sees_control_characters_of_a_name(past: Past) -> None:
    past.artifact("evil\x1b[2J\n\u202ename")
    tree = text_tree(family(past.store))
    assert tree.startswith("evil [2J name@")
    assert tree.count("\n") == 1
    assert plain("  a\tb\u0007 ") == "a b"


def test_mermaid_text_cannot_leave_its_quotes(past: Past) -> None:
    past.artifact('x"] --> <script>`')
    chart = to_mermaid(family(past.store))
    assert '"' not in chart.split('["')[1].rsplit('"]', 1)[0]
    assert "<script>" not in chart
    assert chart.startswith("flowchart TD\n")


def test_the_json_of_a_family_survives_a_round_trip(life: Past) -> None:
    kin = family(life.store)
    read = json.loads(json.dumps(to_json(kin)))
    assert [Edge(**edge) for edge in read["edges"]] == list(kin.edges)
    assert [node["label"] for node in read["nodes"]] == [node.label for node in kin.nodes]


def test_an_empty_store_has_an_empty_tree(past: Past) -> None:
    assert text_tree(family(past.store)) == ""


def test_a_thousand_generations_fit() -> None:
    nodes = [Node(f"{i:064d}", "model", (), f"m{i}", None, 0, None, i) for i in range(1200)]
    edges = [Edge(a.digest, b.digest, "finetune", "", "finetune", None) for a, b in pairwise(nodes)]
    kin = Family(tuple(nodes), tuple(edges))
    assert text_tree(kin).count("\n") == 1200
    assert len(ancestors(kin, nodes[-1].digest)) == 1199


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (9_960_000, "10 MB"), (999_600, "1.0 MB"),
     (269_000_000, "269 MB"), (70_000_000_000, "70 GB"), (2_500_000_000_000, "2.5 TB")],
)  # fmt: skip
def test_a_size_has_at_most_three_digits(size: int, words: str) -> None:
    assert readable_size(size) == words
