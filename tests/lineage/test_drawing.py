"""The picture: well-formed, escaped, and nothing on top of anything else."""

from __future__ import annotations

import itertools
import random
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from practicum.lineage import layout
from practicum.lineage.drawing import draw
from practicum.lineage.layout import PILL_H, STEM, arrange, fit, text_width, wrap
from practicum.lineage.members import Edge, Family, Node
from practicum.lineage.tree import family

if TYPE_CHECKING:
    from conftest import Past

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return ["".join(t.itertext()) for t in ET.fromstring(picture).iter(f"{SVG}text")]


def random_family(n: int, seed: int) -> Family:
    """n nodes with up to three parents each, some data, and one loop back."""
    dice = random.Random(seed)
    nodes, edges = [], []
    for i in range(n):
        kind = "chat" if dice.random() < 0.25 else "model"
        nodes.append(Node(f"{i:064d}", kind, (), f"m{i}@{i:08d}", None, 0, None, 0))
        for parent in dice.sample(range(i), min(i, dice.choice([0, 1, 1, 2, 3]))):
            edges.append(Edge(nodes[parent].digest, nodes[i].digest, "merge", "", "merge", None))
    if edges:
        first = edges[0]
        edges.append(Edge(first.child, first.parent, "merge", "", "merge", None, is_back=True))
    return Family(tuple(nodes), tuple(edges))


def test_the_picture_of_the_life_is_xml_with_every_name_licence_and_step(life: Past) -> None:
    picture = draw(family(life.store), "Seven models come from one")
    root, said = ET.fromstring(picture), texts(picture)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title") is not None
    for name in (*life.seven, "lessons", "pairs"):
        assert life.label(name) in said
    assert {"finetune", "align dpo", "merge slerp t=0.5", "quantize q4_1"} <= set(said)
    assert said.count("share-alike · cc-by-sa-4.0") == 6  # a word, never colour alone
    described = root.findtext(f"{SVG}desc") or ""
    assert f"{life.label('slerp')} → {life.label('q8')} (quantize q8_0)" in described


def test_names_are_escaped_and_cannot_become_elements(past: Past) -> None:
    past.artifact("<script>&\"'\x00]]>", license='"><g onload="x">')
    picture = draw(family(past.store), 'A <claim> & its "proof"')
    tags = {e.tag.removeprefix(SVG) for e in ET.fromstring(picture).iter()}
    assert tags <= {"svg", "title", "desc", "g", "rect", "text", "tspan", "circle", "path"}
    assert "<script" not in picture
    assert "<claim>" not in picture


def test_loops_and_repeated_content_are_told_below_the_picture(past: Past) -> None:
    past.artifact("a", license="mit")
    past.artifact("b")
    past.run("finetune", "b", ("a",))
    past.run("merge", "a", ("b",))
    past.run("finetune", "b", ("a",))
    picture = draw(family(past.store), "A loop")
    assert "stroke-dasharray" in picture
    said = " ".join(texts(picture))
    assert "already there" in said
    assert "made 2 times" in said


def test_a_single_node_and_an_empty_family_can_be_drawn(past: Past) -> None:
    assert texts(draw(family(past.store), "Nothing yet")) == ["Nothing yet"]
    past.artifact("only", license="mit")
    assert "permissive · mit" in texts(draw(family(past.store), "One model"))


def test_without_data_only_models_are_drawn(life: Past) -> None:
    said = " ".join(texts(draw(family(life.store), "Models", with_data=False)))
    assert "lessons" not in said
    assert said.count("share-alike · cc-by-sa-4.0") == 6  # hidden data still counts


@pytest.mark.parametrize("n", [1, 2, 9, 15, 40])
def test_no_box_touches_another_or_the_line_of_a_stranger(n: int) -> None:
    for seed in range(3):
        kin = random_family(n, seed)
        widths = {node.digest: 120.0 + 40 * (i % 4) for i, node in enumerate(kin.nodes)}
        places = arrange(kin, widths)
        room = [
            (b.left, b.left + b.width, b.top - STEM - PILL_H, b.bottom)
            for b in places.boxes.values()
        ]
        for one, two in itertools.combinations(room, 2):
            beside = one[1] <= two[0] + 1e-6 or two[1] <= one[0] + 1e-6
            assert beside or one[3] <= two[2] or two[3] <= one[2]
        for route in places.routes.values():
            assert [y for _, y in route] == sorted({y for _, y in route})  # always downwards
            for (x, y), (a, b, top, end) in itertools.product(route[1:-1], room):
                assert not (a < x < b and top <= y <= end)
        assert all(b.left >= -1e-6 and b.left + b.width <= places.width + 1e-6
                   for b in places.boxes.values())  # fmt: skip


def test_the_life_is_drawn_with_no_more_than_one_crossing(life: Past) -> None:
    kin = family(life.store)
    graph = layout._graph(kin, [n.digest for n in kin.nodes])
    layout._order(graph)
    # tuned and aligned both feed linear and slerp: K(2,2) below each other cannot do better
    assert layout._crossings(graph) <= 1


def test_places_are_the_least_squares_ones_that_keep_their_distance() -> None:
    widths = dict.fromkeys("abc", 10.0)
    step = 10.0 + layout.GAP_X
    far = layout._spread("abc", {"a": 0.0, "b": 100.0, "c": 200.0}, widths)
    assert far == {"a": 0.0, "b": 100.0, "c": 200.0}  # room enough: every wish is granted
    near = layout._spread("abc", {"a": 50.0, "b": 50.0, "c": 50.0}, widths)
    assert near == pytest.approx({"a": 50 - step, "b": 50.0, "c": 50 + step})


def test_cut_text_fits_and_wrapped_text_loses_no_word() -> None:
    long = "merge-of-merges " * 9
    assert text_width(fit(long, 13, 150), 13) <= 150
    assert fit("short", 13, 150) == "short"
    assert " ".join(wrap(long, 13, 300)).split() == long.split()
