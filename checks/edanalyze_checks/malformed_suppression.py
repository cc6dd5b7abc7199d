"""EDA902 malformed-suppression: a comment means to silence a rule and does not, or not as it should."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from edanalyze.check.analysis import Finding
from edanalyze.check.comments import Comments, JudgedComment
from edanalyze.check.rule import CommentRule


class MalformedSuppression(CommentRule):
    """A comment for edanalyze does not do what it seems to be meant for."""

    code = "EDA902"
    name = "malformed-suppression"
    summary = "A comment for edanalyze is misspelt, names no rule, or lacks the reason that the project asks for."
    default = True

    what_it_does = """
    Reports comments that begin with `# edanalyze:` and do not do what they seem to be meant for: a misspelt word, a
    rule that does not exist, empty or unclosed brackets, a code without brackets (the comment then silences every
    rule), `ignore-file` behind code or without rules, a comment on a line of its own that no code follows. With
    `require-reason = true` it reports comments without a reason, too, also `# noqa` with a code of edanalyze.
    """
    why = """
    A comment that is not understood silences nothing, and nobody notices until the finding comes back; one that says
    less than it should silences too much. A reason tells the next reader whether the comment may go.
    """
    example = """
    from myservice import bus

    bus.emit("order-placed")  # edanalyze: ignore[publish-after-comit]  # error: [EDA902]
    bus.emit("order-paid")  # edanalyze: ingore[EDA201]  # error: [EDA902]
    """
    use_instead = """
    from myservice import bus

    bus.emit("order-placed")  # edanalyze: ignore[publish-after-commit] the nightly job sends it again
    bus.emit("order-paid")  # edanalyze: ignore[EDA201] the nightly job sends it again
    """
    known_problems = """
    *False alarms*: a comment of prose that begins with `# edanalyze:` and a word that looks like one of its own.
    *Missed alarms*: a code in `# noqa` that no rule has is left alone, since it may belong to another tool.
    """
    options = """
    - `require-reason = true` asks for a reason behind every comment that silences rules of edanalyze by name.
    """
    references = """
    - [flake8: selecting and ignoring violations](https://flake8.pycqa.org/en/latest/user/violations.html)
    """

    def check_comments(self, comments: Comments) -> Iterable[Finding]:
        """Comments with a defect, unknown rules, and missing reasons where they are required."""
        names = [text for rule in comments.rules for text in (rule.code, rule.name)]
        for comment in comments.judged:
            if comment.silencer.defect:
                yield Finding(comment.silencer.defect, (comment.point("is not understood"),))
            for selector in comment.unknown:
                close = difflib.get_close_matches(selector.text, names, n=1)
                hint = f"did you mean `{close[0]}`?" if close else "`edanalyze rules` lists them"
                yield Finding(
                    f"no rule is called `{selector.text}`; {hint}", (comment.point("names no rule", selector),)
                )
            if comments.config.require_reason and _lacks_reason(comment, comments):
                yield Finding(
                    "the comment gives no reason, which `require-reason` asks for: say why the finding is accepted",
                    (comment.point("has no reason"),),
                )


def _lacks_reason(comment: JudgedComment, comments: Comments) -> bool:
    silencer = comment.silencer
    if silencer.reason or silencer.defect:
        return False
    if silencer.form != "noqa":
        return True
    codes = tuple(rule.code for rule in comments.rules)
    return any(selector.text.upper() in codes for selector in silencer.selectors)
