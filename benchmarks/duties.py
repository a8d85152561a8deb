"""The duties of Lvchun's plan over a million records of 2,000 cadres: every week and month of a year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.duckdb import evaluate
from bangfu.core.engine.run import Ask
from bangfu.core.periods import periods_of
from bangfu.core.plans.compiling import compile_plan
from bangfu.core.plans.load import load_pack
from bangfu.core.vocabulary import load_vocabulary
from benchmarks.clocks import Clock, peak_gb
from benchmarks.data import write_table
from benchmarks.judging import files_in

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
_KNOWN = "stays presence field_days leaves absences duties activities"


def write_records(folder: Path, cadres: int, records: int) -> None:
    """Half of the records stays of one to three days, two fifths field days, the rest leave and rota duty."""
    folder.mkdir(parents=True, exist_ok=True)
    day = f"DATE '{FIRST}' + CAST(hash(r) % 360 AS INT)"
    who = f"r % {cadres} + 1"
    share = {"stay": 0.5, "field_day": 0.4, "leave": 0.05, "batch_duty": 0.05}
    queries = {
        "cadre": f"""SELECT r + 1 AS cadre_id,
            CASE r % 4 WHEN 0 THEN 'township_leader' WHEN 1 THEN 'department_head' ELSE 'agency_cadre' END AS kind,
            DATE '{LAST}' AS presence_known_to, DATE '{LAST}' AS field_days_known_to,
            CASE WHEN hash(r) % 20 = 0 THEN NULL ELSE DATE '{LAST}' END AS leaves_known_to,
            DATE '{LAST}' AS duties_known_to, DATE '{LAST}' AS absences_known_to FROM range({cadres}) AS t(r)""",
        "stay": f"""SELECT {who} AS cadre_id, {day} AS in_on, {day} + CAST(hash(r + 1) % 3 AS INT) AS out_on,
            CASE hash(r + 2) % 3 WHEN 0 THEN 'monthly_sheet' ELSE 'dingtalk' END AS source""",
        "field_day": f"SELECT {who} AS cadre_id, {day} AS day, hash(r + 3) % 2 = 0 AS is_own",
        "leave": f"""SELECT {who} AS cadre_id, {day} AS from_on, {day} + CAST(hash(r + 4) % 5 AS INT) AS to_on,
            1 + hash(r + 4) % 5 AS days, hash(r + 5) % 10 > 0 AS approved,
            CASE hash(r + 6) % 2 WHEN 0 THEN 'branch_secretary' ELSE 'group_leader' END AS approver""",
        "batch_duty": f"""SELECT {who} AS cadre_id, {day} AS first_on, {day} + 4 + CAST(hash(r + 7) % 20 AS INT)
            AS last_on, hash(r + 8) % 20 > 0 AS is_released""",
    }
    for table, query in queries.items():
        if table != "cadre":
            query = f"{query} FROM range({int(records * share[table])}) AS t(r) ORDER BY cadre_id, r"
            query = f"SELECT ROW_NUMBER() OVER () AS {table}_id, * FROM ({query})"
        write_table(folder / f"{table}.parquet", table, query)


def duties(folder: str, repeats: int = 3) -> dict[str, object]:
    """Every criterion of the plan on cadres by week or month, the stays unfolded or not as the engine likes."""
    plan = compile_plan(load_pack("s0_lvchun"), LAST, load_vocabulary())
    wanted = tuple(c for c in plan.criteria if c.subject == "cadre" and c.per in ("week", "month"))
    plan = replace(plan, criteria=wanted)
    periods = [p for kind in ("week", "month") for p in periods_of(kind, FIRST, LAST)]
    files, clock, ask = files_in(folder), Clock(), Ask(LAST, load_calendar(), periods)
    judged = [0]

    def once() -> None:
        judged[0] = sum(
            part.table.num_rows * len(part.criteria) for part in evaluate(plan, files, ask).verdicts
        )

    for _ in range(repeats):
        clock.time(once)
    return {
        **clock.medians(),
        "criteria": [c.id for c in wanted],
        "verdicts": judged[0],
        "peak_gb": peak_gb(),
    }
