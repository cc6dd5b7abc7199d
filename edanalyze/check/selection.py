"""What of the findings is reported: by comments, paths, confidence, changed lines and the baseline, in this order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial

import msgspec

from edanalyze.check import crash
from edanalyze.check.accepted import Accepted
from edanalyze.check.baseline import VERSION, Baseline, Compared, compare, key_of
from edanalyze.check.comments import judge
from edanalyze.check.crash import Crash
from edanalyze.check.diagnostic import Diagnostic
from edanalyze.check.found import Found
from edanalyze.check.lines import line_of
from edanalyze.check.perpath import PerPath
from edanalyze.check.rule import CommentRule, Rule
from edanalyze.check.runner import identified, run_on_comments
from edanalyze.check.since import Touched
from edanalyze.check.suppression import Suppressions
from edanalyze.discover.git import Change
from edanalyze.discover.settings import Config
from edanalyze.facts.module import Unanalysed


class Scope(msgspec.Struct, frozen=True):
    """What a run is about.

    `covers` says whether a root-relative path was asked for, `read` gives its text. `noqa` says whether `# noqa`
    silences here, `judge_noqa` whether it does at all (flake8 applies it itself), `judge_comments` whether unused
    comments can be told: not where only a part of the project is seen. `unreported_at` gives the codes that the caller
    will not report in a file: comments need not be of use for them. `changes` restricts the findings to what has
    changed; `baseline` holds those that are accepted.
    """

    covers: Callable[[str], bool]
    read: Callable[[str], str | None]
    noqa: bool = True
    judge_noqa: bool = True
    judge_comments: bool = True
    unreported_at: Callable[[str], frozenset[str]] | None = None
    changes: Mapping[str, Change] | None = None
    baseline: Baseline | None = None


class Selected(msgspec.Struct, frozen=True):
    """The findings to report, how many comments silenced, and the baseline's part."""

    diagnostics: tuple[Diagnostic, ...]
    suppressed: int
    compared: Compared


def select(
    raw: Found,
    config: Config,
    rules: tuple[Rule, ...],
    enabled: frozenset[str],
    left_out: Iterable[Unanalysed],
    scope: Scope,
) -> Selected:
    """Choose what to report of what the `enabled` ones of `rules` have found; rules about comments are asked here.

    `left_out` are the files that could not be analysed; those that edanalyze itself failed on are findings.
    """
    per_path = PerPath(config, rules)
    left_out = tuple(left_out)
    suppressions = Suppressions(lru_cache(maxsize=1)(scope.read), scope.noqa)

    found, failed = list(raw.diagnostics), list(raw.failed)
    silenced = {id(diagnostic) for diagnostic in found if suppressions.silence(diagnostic)}
    ran = enabled - {each.code for each in failed}

    about_comments = [rule for rule in rules if isinstance(rule, CommentRule) and rule.code in enabled]
    if about_comments:
        modules = [module for module in raw.modules if scope.covers(module.path)]
        looked_for = _looked_for(scope, per_path, ran)
        comments = judge(modules, suppressions, rules, config, looked_for, scope.judge_noqa)
        further, failed_too = run_on_comments(raw.modules, about_comments, comments)
        silenced |= {id(diagnostic) for diagnostic in further if suppressions.silence(diagnostic, by_name=True)}
        found, failed = [*found, *further], [*failed, *failed_too]

    wanted = [each for each in found if scope.covers(each.path) and per_path.shows(each)]
    shown = [each for each in wanted if id(each) not in silenced]
    suppressed = len(wanted) - len(shown)
    if scope.changes is not None:
        touched = Touched(scope.changes, {module.path: module.functions for module in raw.modules})
        shown = [each for each in shown if touched.concerns(each)]

    def judged(entry: Accepted) -> bool:
        missing = any(file.path == entry.path for file in left_out) or entry.key in unsure
        return not missing and scope.changes is None and entry.code in per_path.left(ran, entry.path)

    unsure = {key_of(each) for each in found if not per_path.shows(each)}
    baseline = scope.baseline or Baseline(VERSION, ())
    inside = msgspec.structs.replace(
        baseline, findings=tuple(entry for entry in baseline.findings if scope.covers(entry.path))
    )
    compared = compare(inside, shown, line_of(scope.read), judged)
    crashed = identified(
        [*_crashed_rules(failed, [module.path for module in raw.modules], scope), *crash.of_files(left_out)]
    )
    diagnostics = sorted([*compared.new, *crashed], key=lambda each: each.sort_key)
    return Selected(tuple(diagnostics), suppressed, compared)


def _looked_for(scope: Scope, per_path: PerPath, ran: frozenset[str]) -> Callable[[str], frozenset[str]]:
    """The codes that comments of a file can be judged by."""
    if not scope.judge_comments:
        return lambda _path: frozenset()
    if scope.unreported_at is None:
        return partial(per_path.left, ran)
    unreported_at = scope.unreported_at
    return lambda path: per_path.left(ran, path) - unreported_at(path)


def _crashed_rules(failed: Iterable[Crash], paths: Iterable[str], scope: Scope) -> list[Diagnostic]:
    """The crashes of rules, told at the first file that was asked for: they belong to none."""
    return crash.of_rules(failed, min(filter(scope.covers, paths), default="."))
