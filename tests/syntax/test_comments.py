"""Comments that speak to the tool."""

from __future__ import annotations

import pytest

from edanalyze.facts.module import Comment
from edanalyze.syntax import lower
from tests.syntax.lowering import module


def test_comments_that_speak_to_the_tool_are_kept() -> None:
    facts = module(
        """
        a()  # noqa
        b()  # why this is so  # noqa: EDA101
        # edanalyze: allow(EDA101) because
        c()  # an ordinary comment
        """
    )
    assert facts.comments == (
        Comment(2, "noqa"),
        Comment(3, "why this is so  # noqa: EDA101"),
        Comment(4, "edanalyze: allow(EDA101) because"),
    )


@pytest.mark.parametrize(
    "source",
    [
        '"# noqa"',
        '"""\n# noqa\n"""',
        'f"{a} # noqa {b}"',
        "f'# noqa{a}'",
        'noqa = "#"',
        "r'\\' # noqa'",
        "''  '# noqa'",
    ],
)
def test_strings_are_no_comments(source: str) -> None:
    assert module(f"x = {source}").comments == ()


@pytest.mark.parametrize(
    "source",
    [
        "x = '#'  # noqa",
        "x = f'{a}#{b}#'  # noqa",
        "x = f'''{  # noqa\n  a}'''",
        "x = (  # noqa\n    1)",
        "x = 1 # noqa\r\ny = '''\r\n'''",
    ],
)
def test_comments_behind_strings_are_found(source: str) -> None:
    assert module(source).comments == (Comment(1, "noqa"),)


def test_statements_that_share_lines_hide_no_comment() -> None:
    source = "x = '''\n# noqa\n'''; y = (\n    1)  # noqa\n@a  # noqa\n@b(\n    1)  # noqa\ndef f(): ...\n# noqa"
    for reader in ("abstract", "concrete"):
        lines = [comment.line for comment in lower("shop/orders.py", source.encode(), reader).comments]
        assert lines == [4, 5, 7, 9]
