"""Where results go: memory and folder take the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.duckdb import evaluate
from bangfu.core.engine.run import COUNTS_SCHEMA, FINDINGS_SCHEMA, MEASURES_SCHEMA, Ask
from bangfu.core.engine.runs import explanations
from bangfu.core.engine.sinks import FolderSink, MemorySink
from tests.unit.engine.offices import AS_OF, judged, plan_in, snapshot_of, state, write_office


def test_memory_and_folder_hold_the_same(tmp_path: Path) -> None:
    pack, plan = plan_in(write_office(tmp_path / "plan"))
    snapshot = snapshot_of(state(), tmp_path / "snapshot")
    kept = judged(pack, plan, snapshot, tmp_path / "run")
    held = evaluate(plan, snapshot.tables, Ask(AS_OF, load_calendar(), kept.periods))
    order = ["criterion", "subject_id", "period"]
    findings = pl.DataFrame(pl.from_arrow(held.findings))
    assert findings.sort(order).equals(kept.findings_with_facts(plan, snapshot).sort(order))
    listed = kept.findings().select(findings.drop("facts").columns).collect()
    assert findings.drop("facts").sort(order).equals(listed.sort(order))
    assert {(v.subject, v.per) for v in held.verdicts} == {(c.subject, c.per) for c in plan.criteria}
    for verdicts in held.verdicts:
        listed = kept.verdicts(verdicts.subject, verdicts.per).collect()
        assert list(verdicts.criteria) == listed.columns[3:]
        assert verdicts.table.num_rows == listed.height


def test_no_letter_of_a_folder_s_name_means_anything(tmp_path: Path) -> None:
    pack, plan = plan_in(write_office(tmp_path / "plan"))
    plain = judged(pack, plan, snapshot_of(state(), tmp_path / "plain"), tmp_path / "plain run")
    odd = tmp_path / "year=2015" / "a*[1]?'s"
    shutil.copytree(tmp_path / "plain", tmp_path / "year=2015" / "ab1x's")  # the same rows, were it a pattern
    snapshot = snapshot_of(state(), odd)
    kept = judged(pack, plan, snapshot, tmp_path / "year=2015" / "b*[1]?'s")
    shutil.copytree(kept.folder, tmp_path / "year=2015" / "bb1x's")
    keys = ["criterion", "subject_id", "period"]
    findings = kept.findings_with_facts(plan, snapshot).sort(keys)
    assert findings.equals(plain.findings_with_facts(plan, snapshot).sort(keys))
    assert kept.findings().collect().height == findings.height
    assert kept.counts().collect().equals(plain.counts().collect())
    explained = explanations(plan, findings, kept, snapshot, load_calendar())
    assert [int(why.outcome) for why in explained] == findings["outcome"].to_list()


def test_nothing_judged_leaves_empty_tables_of_the_right_shape(tmp_path: Path) -> None:
    run = MemorySink().run()
    assert run.verdicts == ()
    assert (run.findings.schema, run.counts.schema, run.measures.schema) == (
        FINDINGS_SCHEMA,
        COUNTS_SCHEMA,
        MEASURES_SCHEMA,
    )
    FolderSink(tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["counts", "measures", "verdicts"]
