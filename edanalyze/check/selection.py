"""What of the findings is reported: by comments, paths, confidence, changed lines and the baseline, in this order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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


class _Judged(msgspec.Struct, frozen=True):
    """All findings of a run, those that comments silence, the codes that were looked for, and what failed."""

    diagnostics: tuple[Diagnostic, ...]
    silenced: frozenset[int]
    ran: frozenset[str]
    failed: tuple[Crash, ...]

    def speaks(self, diagnostic: Diagnostic) -> bool:
        """Whether no comment silences a finding."""
        return id(diagnostic) not in self.silenced


def select(
    raw: Found,
    config: Config,
    rules: tuple[Rule, ...],
    enabled: frozenset[str],
    left_out: Sequence[Unanalysed],
    scope: Scope,
) -> Selected:
    """Choose what to report of what the `enabled` ones of `rules` have found; rules about comments are asked here.

    `left_out` are the files that could not be analysed; those that edanalyze itself failed on are findings.
    """
    per_path = PerPath(config, rules)
    found = _against_comments(raw, config, rules, enabled, scope, per_path)
    wanted = [each for each in found.diagnostics if scope.covers(each.path) and per_path.shows(each)]
    shown = [each for each in wanted if found.speaks(each)]
    suppressed = len(wanted) - len(shown)
    if scope.changes is not None:
        touched = Touched(scope.changes, {module.path: module.functions for module in raw.modules})
        shown = [each for each in shown if touched.concerns(each)]
    compared = _against_baseline(shown, found, left_out, scope, per_path)
    paths = [module.path for module in raw.modules]
    crashed = identified([*_crashed_rules(found.failed, paths, scope), *crash.of_files(left_out)])
    diagnostics = sorted([*compared.new, *crashed], key=lambda each: each.sort_key)
    return Selected(tuple(diagnostics), suppressed, compared)


def _against_comments(
    raw: Found, config: Config, rules: tuple[Rule, ...], enabled: frozenset[str], scope: Scope, per_path: PerPath
) -> _Judged:
    """Hold the findings against the comments, and ask the rules about comments what they find."""
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
    return _Judged(tuple(found), frozenset(silenced), ran, tuple(failed))


def _against_baseline(
    shown: Sequence[Diagnostic], found: _Judged, left_out: Sequence[Unanalysed], scope: Scope, per_path: PerPath
) -> Compared:
    """Hold what would be shown against the baseline; what this run did not look for is not called stale."""
    unread = {file.path for file in left_out}
    unsure = {key_of(each) for each in found.diagnostics if not per_path.shows(each)}

    def judged(entry: Accepted) -> bool:
        looked_for = entry.code in per_path.left(found.ran, entry.path) and entry.path not in unread
        return looked_for and entry.key not in unsure and scope.changes is None

    entries = scope.baseline.findings if scope.baseline is not None else ()
    inside = Baseline(VERSION, tuple(entry for entry in entries if scope.covers(entry.path)))
    return compare(inside, shown, line_of(scope.read), judged)


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
