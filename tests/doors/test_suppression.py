from __future__ import annotations

import argparse
import io
import textwrap

import pytest
from flake8.processor import FileProcessor
from flake8.violation import Violation
from hypothesis import given, settings
from hypothesis import strategies as st

from edanalyze.check.suppression import Suppressions
from tests.doors.diagnostics import diagnostic

FLAKE8_OPTIONS = argparse.Namespace(
    hang_closing=False, indent_size=4, max_line_length=120, max_doc_length=None, verbose=0, disable_noqa=False
)


def suppressed_lines(source: str, code: str = "EDA201", noqa: bool = True) -> set[int]:
    found = [diagnostic(code=code, line=number) for number in range(1, source.count("\n") + 2)]
    comments = Suppressions({"orders/app.py": source}.get, noqa)
    return {each.line for each in found if comments.silence(each)}


def flake8_suppresses(source: str, code: str = "EDA201") -> set[int]:
    """Ask flake8's own code."""
    lines = io.StringIO(source, newline=None).readlines()
    processor = FileProcessor("app.py", FLAKE8_OPTIONS, lines=lines)
    if processor.should_ignore_file():
        return set(range(1, source.count("\n") + 2))
    return {
        number
        for number in range(1, source.count("\n") + 2)
        if Violation(
            code, "app.py", number, 1, "text", processor.noqa_line_for(number) or "".join(lines[number - 1 : number])
        ).is_inline_ignored(False)
    }


NOQA_CASES = {
    "bare": "notify()  # noqa\n",
    "this code": "notify()  # noqa: EDA201\n",
    "another code": "notify()  # noqa: EDA202\n",
    "beginning of the code": "notify()  # noqa: EDA2\n",
    "one of several": "notify()  # noqa: E501,EDA201 W291\n",
    "no space after the colon": "notify()  # noqa:EDA201\n",
    "two spaces after the colon": "notify()  # noqa:  EDA202\n",
    "capitals": "notify()  # NOQA: EDA201\n",
    "small letters in the code": "notify()  # noqa: eda201\n",
    "words after the code": "notify()  # noqa: EDA201 the relay sends it again\n",
    "words instead of a code": "notify()  # noqa: because\n",
    "after another comment": "notify()  # type: ignore # noqa: EDA201\n",
    "no space after the sign": "notify()  #noqa\n",
    "two spaces after the sign": "notify()  #  noqa\n",
    "in a string": 'notify("# noqa")\n',
    "line of its own": "# noqa\nnotify()\n",
    "next line": "notify()\nother()  # noqa\n",
    "line inside brackets": "notify(\n    a,  # noqa\n    b,\n)\n",
    "end of brackets": "notify(\n    a,\n)  # noqa: EDA201\n",
    "backslash": "notify() and \\\n    other()  # noqa: EDA201\n",
    "multi-line string": 'notify("""\ntext\n""")  # noqa: EDA201\n',
    "multi-line string inside brackets": 'notify(\n    """\ntext\n""",  # noqa\n    b,\n)\n',
    "multi-line f-string": 'notify(f"""\n{a}\n""")  # noqa: EDA201\n',
    "whole file": "# flake8: noqa\nnotify()\n",
    "whole file with a code": "# flake8: noqa: E501\nnotify()\n",
    "whole file, not at the start of a line": "notify()  # flake8: noqa\nother()\n",
    "in a block": "def f():\n    notify()  # noqa\n    other()\n",
    "syntax error": "def f(:\n    notify()  # noqa: EDA201\n",
    "unclosed bracket": "notify(\n    a  # noqa\n",
    "carriage returns": "notify()  # noqa\r\nother()\r\n",
    "no newline at the end": "notify()  # noqa: EDA201",
}


@pytest.mark.parametrize("source", NOQA_CASES.values(), ids=NOQA_CASES.keys())
def test_noqa_suppresses_what_flake8_would_suppress(source: str) -> None:
    assert suppressed_lines(source) == flake8_suppresses(source)


def test_the_table_has_both_outcomes() -> None:
    outcomes = [bool(flake8_suppresses(source)) for source in NOQA_CASES.values()]
    assert sum(outcomes) >= 5 <= outcomes.count(False)


CODE = ["notify()", "notify(", ")", "a,", "\\", '"""', 'f"""', "'text'", "{a}", "if a:", "    b()", "x = [", "]", "é"]
SPACE = ["\x0c", "\t"]
COMMENTS = ["noqa", "noqa: EDA201", "noqa:EDA3,EDA2", "noqa: E501", "flake8: noqa", "NoQA:eda201"]
FRAGMENTS = st.sampled_from([*CODE, *SPACE, *(f"# {text}" for text in COMMENTS)])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(FRAGMENTS, max_size=3).map("  ".join), max_size=8).map("\n".join))
def test_noqa_agrees_with_flake8_on_any_arrangement(source: str) -> None:
    assert suppressed_lines(source) == flake8_suppresses(source)


@pytest.mark.parametrize(
    ("comment", "silences"),
    [
        ("# edanalyze: ignore[publish-after-commit]", True),
        ("# edanalyze: ignore[EDA201] the relay sends it again", True),
        ("# edanalyze: ignore[EDA2]", True),
        ("# edanalyze: ignore[http-in-loop, publish-after-commit]", True),
        ("# edanalyze: ignore", True),
        ("# edanalyze:ignore [Publish-After-Commit]", True),
        ("# Edanalyze: Ignore[eda201]", True),
        ("# type: ignore[x]", False),
        ("# edanalyze: ignore[publish-before-commit]", False),
        ("# edanalyze: ignore[publish]", False),
        ("# edanalyze: ignore[]", False),
        ("# edanalyze: ignored", False),
        ("# edanalyze: optional", False),
        ("# see edanalyze: ignore[EDA201]", False),
    ],
)
def test_ignore_comment_names_rules_by_name_code_or_beginning(comment: str, silences: bool) -> None:
    assert suppressed_lines(f"notify()  {comment}\nother()\n") == ({1} if silences else set())


def test_ignore_comment_on_its_own_line_speaks_for_the_next_line_of_code() -> None:
    source = textwrap.dedent("""\
        first()

        # edanalyze: ignore[publish-after-commit] the relay sends it again,
        # as the runbook says

        second()
        third()
        """)
    assert suppressed_lines(source) == {6}


def test_ignore_comment_on_its_own_line_inside_brackets() -> None:
    assert suppressed_lines("notify(\n    # edanalyze: ignore[EDA201]\n    make(),\n    make(),\n)\n") == {3}


def test_ignore_comment_after_a_multi_line_string_covers_all_its_lines() -> None:
    assert suppressed_lines('notify("""\ntext\n""")  # edanalyze: ignore[EDA201]\nother()\n') == {1, 2, 3}


def test_ignore_comment_in_a_string_is_no_comment() -> None:
    assert suppressed_lines('notify("# edanalyze: ignore[EDA201]")\n') == set()


def test_without_noqa_only_our_own_comments_count() -> None:
    source = "# flake8: noqa\na()  # noqa\nb()  # edanalyze: ignore[EDA201]\n"
    assert suppressed_lines(source, noqa=False) == {3}


def test_a_file_that_cannot_be_read_suppresses_nothing() -> None:
    assert not Suppressions(lambda _path: None).silence(diagnostic())


def test_comments_of_one_file_leave_others_alone() -> None:
    here, there = diagnostic(path="a.py", line=1), diagnostic(path="b.py", line=1)
    sources = {"a.py": "notify()  # noqa\n", "b.py": "notify()\n"}
    comments = Suppressions(sources.get)
    assert (comments.silence(here), comments.silence(there)) == (True, False)
