"""Rings of a graph: which nodes lie on common cycles, and the shortest way round."""

from __future__ import annotations

from edanalyze.analyse.rings import components, way

GRAPH = {"a": ["b"], "b": ["c", "d"], "c": ["a"], "d": ["e"], "e": ["e"]}


def test_nodes_that_reach_each_other_belong_together() -> None:
    parts = components(GRAPH)
    assert parts["a"] == parts["b"] == parts["c"]
    assert len({parts["a"], parts["d"], parts["e"]}) == 3


def test_a_node_that_only_others_name_is_a_component() -> None:
    assert set(components({"a": ["b"]})) == {"a", "b"}


def test_a_long_row_needs_no_stack() -> None:
    row = {number: [number + 1] for number in range(5000)}
    assert len(set(components(row).values())) == 5001


def test_components_do_not_depend_on_the_order_of_nodes() -> None:
    def groups(graph: dict[str, list[str]]) -> set[frozenset[str]]:
        parts = components(graph)
        return {frozenset(node for node in parts if parts[node] == number) for number in parts.values()}

    assert groups(GRAPH) == groups(dict(reversed(GRAPH.items())))


def test_the_shortest_way_is_taken() -> None:
    assert way({"a": ["b", "c"], "b": ["c"], "c": ["d"]}, "a", "d") == ("a", "c", "d")


def test_there_is_no_way_against_the_edges() -> None:
    assert way({"a": ["b"]}, "b", "a") == ()
