"""Issues and questions from a run on disk. What is new, known, back or gone is the core's to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db import transaction
from django.db.models import F

from bangfu.core.calendars import load_calendar
from bangfu.core.casework import Found, Held, Intake, Move, Raise, State, take_in
from bangfu.core.casework.intake import Key, Owner
from bangfu.core.casework.routes import extension_route
from bangfu.core.documents.ledger import LedgerRow, ledger_row
from bangfu.core.documents.questions import Question as Asked
from bangfu.core.documents.questions import question
from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.runs import RunFolder, explanations
from bangfu.core.engine.sql.blocks import division_path
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots import Snapshot
from bangfu.web.access import Permission
from bangfu.web.accounts.actions import require_can
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import Actor, record
from bangfu.web.divisions.models import Division
from bangfu.web.ledger.actions import insert
from bangfu.web.ledger.models import Issue, IssueEvent, IssueFinding, Origin, Question, identities
from bangfu.web.ledger.naming import Helper, helpers_of, names_for

_GRAVITY = ("high", "normal", "low")
_COLUMNS = ("criterion", "subject", "subject_id", "period", "division", "outcome", "facts")


@dataclass(frozen=True)
class Taken:
    """What a run gave the ledger, in figures."""

    raised: int
    relapsed: int
    joined: int
    still: int
    cleared: int
    settled: int
    asked: int
    answered: int


@dataclass(frozen=True)
class Judged:
    """A run with what it was made from, and where in the ledger it belongs."""

    run: RunFolder
    pack: Pack
    plan: Plan
    snapshot: Snapshot
    division: Division
    found_on: date


@transaction.atomic
def take_run(*, by: Actor, judged: Judged) -> Taken:
    """Bring the ledger of a division up to a run: unmet findings are issues, unknown ones questions.

    The same run twice changes nothing the second time. Raises CalendarError where a deadline in working days
    lies beyond the calendar.
    """
    require_can(by, Permission.ISSUE_DISPATCH, judged.division)
    findings = _in_division(judged)
    unmet = findings.filter(pl.col("outcome") == int(Outcome.UNMET))
    unknown = findings.filter(pl.col("outcome") == int(Outcome.UNKNOWN))
    found = {one.key: one for one in _found(unmet, judged)}
    intake = take_in(judged.plan.id, judged.run.as_of, found.values(), _held(judged))
    raised, fresh = _raise(by, judged, intake, unmet)
    _join(by, judged, intake, fresh)
    _tell_outcome(judged, intake, unknown)
    asked, answered = _ask(judged, unknown)
    taken = Taken(
        raised=len(raised),
        relapsed=sum(one.relapse_of is not None for one in intake.raises),
        joined=sum(map(len, intake.joins.values())),
        still=len(intake.still),
        cleared=len(intake.cleared),
        settled=intake.settled,
        asked=asked,
        answered=answered,
    )
    details: dict[str, object] = {"origin": Origin.RUN.value, "plan": judged.plan.id, **vars(taken)}
    record(
        by=by,
        kind=EventKind.ISSUES_RAISED,
        subject="run",
        division=judged.division.code,
        details=details,
    )
    return taken


def _in_division(judged: Judged) -> pl.DataFrame:
    """The findings of the division, with `place`: the code of where each lies, the division's own for none."""
    findings = judged.run.findings_with_facts(judged.plan, judged.snapshot)
    inside = set(Division.objects.below([judged.division.code]).values_list("code", flat=True))
    whole = judged.division.code
    codes: list[pl.DataFrame] = []
    for criterion in judged.plan.criteria:
        path = division_path(judged.plan.vocabulary, judged.plan.vocabulary.tables[criterion.subject])
        codes.append(pl.DataFrame({"criterion": [criterion.id], "area": [path[0] if path else ""]}))
    areas = pl.concat(codes)
    places = pl.concat([_codes(judged.snapshot, area) for area in ("village", "township", "county")])
    placed = findings.join(areas, on="criterion", how="left").join(
        places, left_on=["area", "division"], right_on=["area", "key"], how="left"
    )
    placed = placed.with_columns(pl.col("place").fill_null(whole))
    return placed.filter(pl.col("place").is_in(inside)).sort("criterion", "subject_id", "period")


def _codes(snapshot: Snapshot, area: str) -> pl.DataFrame:
    path = snapshot.tables.get(area)
    empty = {"area": pl.String(), "key": pl.Int64(), "place": pl.String()}
    if path is None:
        return pl.DataFrame(schema=empty)
    frame = pl.read_parquet(path)
    return frame.select(
        pl.lit(area).alias("area"), pl.col(f"{area}_id").alias("key"), pl.col("division_code").alias("place")
    )


def _owners(findings: pl.DataFrame, snapshot: Snapshot) -> list[Owner]:
    """Who has the problem, row by row: a person's and a pairing's is their household's."""
    homes: dict[tuple[str, int], int] = {}
    for table in ("person", "pairing"):
        path = snapshot.tables.get(table)
        if path is not None:
            pairs = pl.read_parquet(path, columns=[f"{table}_id", "household_id"]).drop_nulls()
            homes.update({(table, key): home for key, home in pairs.iter_rows()})
    return [
        ("household", homes[subject, key]) if (subject, key) in homes else (subject, key)
        for subject, key in findings.select("subject", "subject_id").iter_rows()
    ]


def _found(unmet: pl.DataFrame, judged: Judged) -> Iterable[Found]:
    remedies = {c.id: c.remedy or f"criterion {c.id}" for c in judged.plan.criteria}
    keys = unmet.select("criterion", "subject", "subject_id", "period", "facts").iter_rows()
    for (criterion, subject, subject_id, period, facts), owner in zip(
        keys, _owners(unmet, judged.snapshot), strict=True
    ):
        yield Found((criterion, subject, subject_id, period), owner, remedies[criterion], facts or "")


def _held(judged: Judged) -> list[Held]:
    """The issues that this plan has in the ledger of the division."""
    issues = Issue.objects.filter(
        plan_id=judged.plan.id, origin=Origin.RUN.value, division__path__startswith=judged.division.path
    )
    findings: dict[int, dict[Key, str]] = {}
    told = IssueFinding.objects.filter(issue__in=issues).values_list(
        "issue_id", "criterion", "subject", "subject_key", "period", "facts"
    )
    for issue, criterion, subject, key, period, facts in told:
        findings.setdefault(issue, {})[criterion, subject, key, period] = facts
    return [
        Held(key, group, State(state), ended_on, findings.get(key, {}))
        for key, group, state, ended_on in issues.values_list("pk", "group", "state", "ended_on")
    ]


def _sentences(judged: Judged, rows: pl.DataFrame) -> dict[Key, tuple[LedgerRow, str]]:
    """Findings in words, each with the code of its place."""
    owners = set(_owners(rows, judged.snapshot))
    subjects = set(rows.select("subject", "subject_id").iter_rows())
    names = names_for(owners | subjects, judged.run.as_of)
    calendar = load_calendar()
    explained = explanations(judged.plan, rows, judged.run, judged.snapshot, calendar)
    said = {}
    for row, why in zip(rows.select(*_COLUMNS, "place").iter_rows(named=True), explained, strict=True):
        key = (row["criterion"], row["subject"], row["subject_id"], row["period"])
        words = ledger_row(
            judged.plan, why, row["subject_id"], None, row["period"], names, judged.found_on, calendar
        )
        said[key] = words, row["place"]
    return said


def _raise(
    by: Actor, judged: Judged, intake: Intake, unmet: pl.DataFrame
) -> tuple[list[Issue], dict[Key, tuple[LedgerRow, str]]]:
    """New issues; and the words of everything that is new to the ledger."""
    wanted = [one.key for raise_ in intake.raises for one in raise_.findings]
    wanted += [one.key for joined in intake.joins.values() for one in joined]
    said = _sentences(judged, _only(unmet, wanted))
    helpers = helpers_of({one.owner[1] for one in intake.raises if one.owner[0] == "household"})
    route = extension_route(judged.pack)
    issues = [
        _issue(judged, one, [said[found.key] for found in one.findings], helpers, route)
        for one in intake.raises
    ]
    made = insert(by if isinstance(by, User) else None, issues)
    _note_findings(judged, zip(made, (one.findings for one in intake.raises), strict=True), said)
    relapses = {one.relapse_of: issue for issue, one in zip(made, intake.raises, strict=True)}
    _tell(by, {key: (Move.RELAPSE, "", issue.pk) for key, issue in relapses.items() if key is not None})
    return made, said


def _only(findings: pl.DataFrame, keys: Sequence[Key]) -> pl.DataFrame:
    names = ["criterion", "subject", "subject_id", "period"]
    schema = {"criterion": pl.String, "subject": pl.String, "subject_id": pl.Int64, "period": pl.String}
    wanted = pl.DataFrame(list(keys), schema=schema, orient="row")
    return findings.join(wanted, on=names, how="semi").sort(names)


def _issue(
    judged: Judged,
    one: Raise,
    said: Sequence[tuple[LedgerRow, str]],
    helpers: Mapping[int, Helper],
    route: str,
) -> Issue:
    words = [row for row, _ in said]
    owner, key = one.owner
    household = key if owner == "household" else None
    helper = helpers.get(key) if household is not None else None
    criteria = {c.id: c for c in judged.plan.criteria}
    roles = [role for row in words for role in criteria[row.criterion].responsible]
    responsible = _joined("、", (judged.plan.roles.get(role, role) for role in roles))
    due = [row.deadline for row in words if row.deadline is not None]
    return Issue(
        origin=Origin.RUN.value,
        group=one.group,
        plan_id=judged.plan.id,
        plan_version=judged.plan.version,
        division_id=said[0][1],
        household_id=household,
        subject_name="" if household is not None else words[0].subject[:200],
        source="evaluation",
        severity=min((criteria[row.criterion].severity for row in words), key=_GRAVITY.index),
        problem=_joined("；", (row.problem for row in words)),
        facts=_joined("\n", (row.facts for row in words)),
        period=_joined("、", (row.period for row in words))[:200],
        clause=_joined("；", (row.clause for row in words)),
        remedy=words[0].remedy,
        responsible=f"{responsible}（{helper.names}）" if helper and helper.names else responsible,
        responsible_cadre_id=helper.cadre if helper else None,
        agency_id=helper.agency if helper else None,
        extension_to=route[:200],
        due_on=min(due, default=None),
        first_due_on=min(due, default=None),
        found_on=judged.found_on,
        relapse_of_id=one.relapse_of,
        run_outcome="unmet",
        run_on=judged.run.as_of,
    )


def _joined(sign: str, texts: Iterable[str]) -> str:
    return sign.join(dict.fromkeys(filter(None, texts)))


def _note_findings(
    judged: Judged,
    pairs: Iterable[tuple[Issue, Sequence[Found]]],
    said: Mapping[Key, tuple[LedgerRow, str]],
) -> None:
    IssueFinding.objects.bulk_create(
        [
            IssueFinding(
                issue=issue,
                criterion=one.key[0],
                subject=one.key[1],
                subject_key=one.key[2],
                period=one.key[3],
                facts=one.digest(),
                sentence=_joined("：", (said[one.key][0].problem, said[one.key][0].facts)),
                found_on=judged.found_on,
            )
            for issue, findings in pairs
            for one in findings
        ],
        batch_size=1_000,
    )


def _join(by: Actor, judged: Judged, intake: Intake, said: Mapping[Key, tuple[LedgerRow, str]]) -> None:
    """Findings new to issues that live: their words are added."""
    issues = Issue.objects.in_bulk(list(intake.joins))
    told: dict[int, tuple[Move, str, int | None]] = {}
    for key, findings in intake.joins.items():
        issue = issues[key]
        rows = [said[one.key][0] for one in findings]
        issue.problem = _joined("；", (*issue.problem.split("；"), *(row.problem for row in rows)))
        issue.facts = _joined("\n", (*issue.facts.split("\n"), *(row.facts for row in rows)))
        issue.clause = _joined("；", (*issue.clause.split("；"), *(row.clause for row in rows)))
        told[key] = (Move.FOUND_AGAIN, _joined("；", (row.problem for row in rows)), None)
    Issue.objects.bulk_update(list(issues.values()), ["problem", "facts", "clause"], batch_size=500)
    _note_findings(judged, ((issues[key], found) for key, found in intake.joins.items()), said)
    _tell(by, told)


def _tell(by: Actor, told: Mapping[int, tuple[Move, str, int | None]]) -> None:
    """Events that leave the state as it is."""
    user = by if isinstance(by, User) else None
    held = list(Issue.objects.filter(pk__in=list(told)).order_by("pk"))
    IssueEvent.objects.bulk_create(
        [
            IssueEvent(
                issue=issue,
                number=issue.version + 1,
                move=told[issue.pk][0].value,
                by=user,
                hands=sorted(identities(user)) if user else [],
                before_state=issue.state,
                before_assignee=issue.assignee,
                before_assignee_name=issue.assignee_name,
                before_due_on=issue.due_on,
                state=issue.state,
                text=told[issue.pk][1],
                link=told[issue.pk][2],
            )
            for issue in held
        ],
        batch_size=1_000,
    )
    Issue.objects.filter(pk__in=[issue.pk for issue in held]).update(version=F("version") + 1)


def _tell_outcome(judged: Judged, intake: Intake, unknown: pl.DataFrame) -> None:
    """What this run says of each live issue: still unmet, not known, or found no more."""
    day = judged.run.as_of
    Issue.objects.filter(pk__in=intake.still).update(run_outcome="unmet", run_on=day)
    open_keys = set(unknown.select("criterion", "subject", "subject_id").iter_rows())
    findings = IssueFinding.objects.filter(issue__in=intake.cleared)
    unclear = {
        issue
        for issue, *key in findings.values_list("issue_id", "criterion", "subject", "subject_key")
        if tuple(key) in open_keys
    }
    gone = [key for key in intake.cleared if key not in unclear]
    Issue.objects.filter(pk__in=unclear).update(run_outcome="unknown", run_on=day)
    Issue.objects.filter(pk__in=gone).update(run_outcome="cleared", run_on=day)


def _ask(judged: Judged, unknown: pl.DataFrame) -> tuple[int, int]:
    """Questions for the next visit: one for each thing missing of each subject. Gives how many are new, and how
    many are answered."""
    gathered: dict[tuple[str, int, str], tuple[Asked, str, list[str], str]] = {}
    names = names_for(set(_owners(unknown, judged.snapshot)), judged.run.as_of, with_homes=unknown)
    explained = explanations(judged.plan, unknown, judged.run, judged.snapshot, load_calendar())
    for (subject_id, place), why in zip(
        unknown.select("subject_id", "place").iter_rows(), explained, strict=True
    ):
        asked = question(judged.plan, why, subject_id, None, names)
        for missing in asked.missing:
            key = (*asked.owner, missing.name)
            _, _, waiting, _ = gathered.setdefault(key, (asked, place, [], missing.remedy()))
            waiting.append(asked.clause)
    held = {
        (one.owner, one.owner_key, one.missing): one
        for one in Question.objects.filter(
            plan_id=judged.plan.id, division__path__startswith=judged.division.path
        )
    }
    fresh = [key for key in gathered if key not in held]
    back = [held[key].pk for key in gathered if key in held and held[key].settled_on is not None]
    answered = [one.pk for key, one in held.items() if key not in gathered and one.settled_on is None]
    Question.objects.bulk_create([_question(judged, key, *gathered[key]) for key in fresh], batch_size=1_000)
    Question.objects.filter(pk__in=back).update(settled_on=None, asked_on=judged.found_on)
    Question.objects.filter(pk__in=answered).update(settled_on=judged.run.as_of)
    return len(fresh) + len(back), len(answered)


def _question(
    judged: Judged, key: tuple[str, int, str], asked: Asked, place: str, waiting: list[str], remedy: str
) -> Question:
    owner, owner_key, missing = key
    return Question(
        plan_id=judged.plan.id,
        division_id=place,
        owner=owner,
        owner_key=owner_key,
        household_id=owner_key if owner == "household" else None,
        subject_name="" if owner == "household" else asked.subject[:200],
        missing=missing[:200],
        remedy=remedy,
        waiting=_joined("；", waiting),
        conclusions=len(waiting),
        responsible=_joined("，", (asked.helper, asked.responsible)),
        asked_on=judged.found_on,
    )
