"""The graph's drawing in the documents, and the shape of its nodes."""

import inspect
import re
from pathlib import Path

from graph import nodes
from graph.build import NODES, build
from graph.checkpoint import TurnSaver

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def test_the_drawing_in_the_documents_is_the_compiled_graph():
    drawing = build(TurnSaver()).get_graph().draw_mermaid().strip()
    shown = re.search(r"<!-- graph:begin -->\n```mermaid\n(.*?)\n```\n<!-- graph:end -->", PAGE.read_text(), re.DOTALL)

    assert shown is not None
    assert shown[1] == drawing


def test_a_node_is_one_function_in_a_file_of_its_name():
    files = {path.stem for path in Path(nodes.__file__).parent.glob("*.py")} - {"__init__"}

    assert {node.__name__ for node in NODES} == files
    assert all(node.__module__ == f"graph.nodes.{node.__name__}" for node in NODES)


def test_a_node_makes_at_most_one_call_of_the_engine_reads_no_clock_and_catches_nothing():
    for node in NODES:
        source = inspect.getsource(inspect.getmodule(node))
        assert len(re.findall(r"context\.engine\.", source)) <= 1, node
        assert not re.search(r"\.now\(|\.today\(|\btime\(|\bexcept\b", source), node
