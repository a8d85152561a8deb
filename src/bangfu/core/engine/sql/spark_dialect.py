"""The SQL of blocks as Spark reads it: the same text, every difference in meaning written out.

| DuckDB | Spark | here |
| --- | --- | --- |
| `DATE_DIFF('day', a, b)`, 64 bits | goes through timestamps of a time zone | `DATEDIFF(b, a)`, cast |
| `YEAR`, `MONTH`, `DAY` are 64 bits wide | 32 bits | cast, so that products overflow no sooner |
| `MAKE_DATE` takes any integer | 32 bits | cast |

What Spark decides by settings (overflow an error, no digit of a product dropped, names by case) stands in
`SETTINGS`; sqlglot itself writes out the order of NULLs and the escapes of texts.
"""

from __future__ import annotations

import sqlglot
from sqlglot import exp

SETTINGS = {
    "spark.sql.ansi.enabled": "true",  # overflow is an error; decimals print without an exponent
    "spark.sql.ansi.enforceReservedKeywords": "false",
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
    "spark.sql.caseSensitive": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.groupByOrdinal": "true",
    "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",  # else all is parsed twice; we pass no parameters
    "spark.sql.maxPlanStringLength": "10000",  # a plan is described anew at each step: long ones fill the memory
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.session.timeZone": "UTC",
}


def spark_sql(sql: str) -> str:
    """DuckDB's text as Spark's. Raises sqlglot's errors where it has no counterpart."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    # From the leaves up, so that what stands inside a replaced call is replaced as well.
    for node in reversed(list(tree.find_all(exp.DateDiff, exp.DateFromParts, exp.Year, exp.Month, exp.Day))):
        node.replace(_explicit(node))
    return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)


def _explicit(node: exp.Expr) -> exp.Expr:
    match node:
        case exp.DateDiff(this=end, expression=start):
            return exp.cast(exp.func("DATEDIFF", end, start, dialect="spark2"), "BIGINT")
        case exp.DateFromParts():
            parts = [exp.cast(node.args[name], "INT") for name in ("year", "month", "day")]
            return exp.DateFromParts(year=parts[0], month=parts[1], day=parts[2])
        case _:
            return exp.cast(node.copy(), "BIGINT")
