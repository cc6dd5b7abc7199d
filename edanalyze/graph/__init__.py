"""The refactoring graph of a system: its records, its views, and how they are drawn and written.

`fold` and `focus` take a graph to the part in question, `render` draws it. Importing this package loads no drawing
library.
"""

from edanalyze.graph.drawingerror import DrawingError
from edanalyze.graph.focus import focus
from edanalyze.graph.interchange import from_json, to_json
from edanalyze.graph.records import Edge, Finding, Graph, GraphError, Node
from edanalyze.graph.render import FORMATS, format_of, render
from edanalyze.graph.views import VIEWS, fold

__all__ = [
    "FORMATS",
    "VIEWS",
    "DrawingError",
    "Edge",
    "Finding",
    "Graph",
    "GraphError",
    "Node",
    "focus",
    "fold",
    "format_of",
    "from_json",
    "render",
    "to_json",
]
