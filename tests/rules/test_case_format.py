"""The reader of rule pages itself: what it takes for a case, and which pages it refuses."""

from __future__ import annotations

import pytest

from edanalyze.testing.cases import Case, CaseError, Expected, parse


def page(cases: str) -> str:
    return f"# EDA201 publish-after-commit\n\n## Cases\n\n{cases}"


def only_case(cases: str) -> Case:
    (case,) = parse(page(cases), "EDA201.md", "EDA201")
    return case


def refusal(cases: str) -> str:
    with pytest.raises(CaseError) as caught:
        parse(page(cases), "EDA201.md", "EDA201")
    return str(caught.value)


def test_heading_is_the_title_and_its_blocks_are_the_files() -> None:
    case = only_case(
        "### A commit in another file\n\nSome prose.\n\n`shop/a.py`\n\n```python\nimport b\n```\n\n"
        "`docker-compose.yml`\n\n```yaml\nservices: {}\n```\n"
    )
    assert case.title == "A commit in another file"
    assert case.files == {"shop/a.py": "import b\n", "docker-compose.yml": "services: {}\n"}
    assert case.expected == frozenset()
    assert case.codes == {"EDA201"}


def test_block_without_a_name_is_the_one_file_of_its_case() -> None:
    assert only_case("### One file\n\n```python\nx = 1\n```\n").files == {"app.py": "x = 1\n"}


def test_marker_expects_its_codes_on_its_line() -> None:
    case = only_case(
        "### Two codes\n\nJudged: EDA201, EDA401.\n\n```python\nx = 1\ny = f(x)  # error: [EDA201, EDA401]\n```\n"
    )
    assert case.expected == {Expected("app.py", 2, "EDA201"), Expected("app.py", 2, "EDA401")}
    assert case.codes == {"EDA201", "EDA401"}


def test_marker_inside_a_string_is_no_marker() -> None:
    assert only_case("### String\n\n```python\nx = '# error: [EDA201]'\n```\n").expected == frozenset()


def test_hash_in_code_does_not_start_a_new_case() -> None:
    case = only_case("### Comment\n\n```python\n## Cases\n### no heading\nx = 1\n```\n")
    assert case.files == {"app.py": "## Cases\n### no heading\nx = 1\n"}


def test_example_and_use_instead_are_cases() -> None:
    text = "## Example\n\n```python\nf()  # error: [EDA201]\n```\n\n## Use instead\n\n```python\ng()\n```\n"
    example, instead = parse(text, "EDA201.md", "EDA201")
    assert (example.section, len(example.expected)) == ("Example", 1)
    assert (instead.section, len(instead.expected)) == ("Use instead", 0)


def test_code_outside_example_and_cases_is_not_a_case() -> None:
    assert parse("# EDA201 a\n\n## Options\n\n```toml\nx = 1\n```\n", "EDA201.md", "EDA201") == []


@pytest.mark.parametrize(
    "comment",
    ["# error: EDA201", "# error [EDA201]", "# errors: [EDA201]", "# Error: [EDA201]", "#error: [EDA201]",
     "# error: []", "# error: [EDA201,EDA401]", "# error: [EDA201] because", "# expect: EDA201"],
)  # fmt: skip
def test_malformed_marker_is_refused(comment: str) -> None:
    assert "is no marker" in refusal(f"### Marker\n\n```python\nf()  {comment}\n```\n")


def test_refusal_names_the_line_of_the_page() -> None:
    assert refusal("### Marker\n\n```python\nx = 1\nf()  # error: EDA201\n```\n").startswith("EDA201.md:9: ")


@pytest.mark.parametrize(
    ("cases", "reason"),
    [
        ("### Other code\n\n```python\nf()  # error: [EDA202]\n```\n", "EDA202 is not judged here"),
        ("### No code\n\n```python\nf()  # error: [publish]\n```\n", "is not a rule code"),
        ("### Own line\n\n```python\n# error: [EDA201]\nf()\n```\n", "ends the line of code"),
        ("### Syntax\n\n```python\nf(\n```\n", "not Python"),
        ("### Open\n\n```python\nf()\n", "not closed"),
        ("### Nameless\n\n```yaml\na: 1\n```\n", "needs a line with its file name"),
        ("### Twice\n\n```python\nf()\n```\n\n```python\ng()\n```\n", "two files app.py"),
        ("### Outside\n\n`../a.py`\n\n```python\nf()\n```\n", "outside the case"),
        ("### Suffix\n\n`a.yml`\n\n```python\nf()\n```\n", "do not agree"),
        ("### Toml\n\n`a.toml`\n\n```toml\na = 1  # error: [EDA201]\n```\n", "only blocks of Python"),
        ("### Yaml\n\n`a.yml`\n\n```yaml\na: 1  # error: EDA201\n```\n", "is no marker"),
        ("### Empty\n\nProse alone.\n", "has no Python block"),
        ("### Same\n\n```python\nf()\n```\n\n### Same\n\n```python\nf()\n```\n", "two cases are called"),
        ("### Judged\n\nJudged EDA201\n\n```python\nf()\n```\n", "write `Judged"),
        ("```python\nf()\n```\n", "needs a ### heading"),
    ],
)
def test_page_out_of_format_is_refused(cases: str, reason: str) -> None:
    assert reason in refusal(cases)
