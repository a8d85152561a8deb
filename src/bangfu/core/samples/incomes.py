"""Income by source this year and last, production costs, and the papers that repeat them."""

from __future__ import annotations

import polars as pl

from bangfu.core.samples.dice import Dice
from bangfu.core.samples.scene import Scene, numbered_rows, yuan

SOURCES = (  # in the order of the official sheet
    "other_wage",
    "public_post_wage",
    "crops",
    "livestock",
    "asset_dividend",
    "other_property",
    "pension",
    "low_income_allowance",
    "destitute_support",
    "ecology",
    "farm_subsidy",
    "family_planning",
    "support_payment",
    "other_transfer",
)
FARMED = ("crops", "livestock")
PAID_INTO_BOOK = (
    "pension",
    "low_income_allowance",
    "destitute_support",
    "ecology",
    "farm_subsidy",
    "family_planning",
    "other_transfer",
)
NOT_INCOME = ("condolence", "relief")  # recorded by some offices, counted by none
_PENSION, _ALLOWANCE, _DESTITUTE = 1236, 2400, 5200  # yuan a person and year


def incomes(scene: Scene, households: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """income_item, production_cost, handbook_item, passbook_entry of listed and watched households."""
    dice = scene.dice("income", "household_id")
    wide = _this_year(scene, households.filter(pl.col("status") != "removed"), dice)
    now = _long(wide, scene.year)
    before = _last_year(scene, now)
    extra = _not_income(scene, wide, dice)
    items = pl.concat([now, before, extra]).sort("household_id", "year", "rank")
    costs = pl.concat([_costs(wide, scene.year), _costs(wide, scene.year - 1)]).sort(
        "household_id", "year", "source"
    )
    return {
        "income_item": numbered_rows(items.drop("rank"), "income_item_id").with_columns(
            pl.lit(False).alias("is_forecast"),
            pl.lit(False).alias("from_failed_project"),
            _product().alias("product"),
        ),
        "production_cost": numbered_rows(costs, "production_cost_id"),
        "handbook_item": numbered_rows(_handbook(scene, pl.concat([now, extra])), "handbook_item_id"),
        "passbook_entry": numbered_rows(_passbook(scene, now), "passbook_entry_id"),
    }


def _this_year(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """A column per source, whole yuan, so that the net income a person is what its standing asks."""
    fixed = _given(dice)
    net = (_ratio(dice) * scene.place.line * pl.col("headcount")).round().cast(pl.Int64)
    frame = frame.with_columns(
        net.alias("net"), *(value.cast(pl.Int64).alias(name) for name, value in fixed.items())
    )
    # what the fixed parts leave open is earned; where they are too much already they are cut alike
    given = pl.sum_horizontal(list(fixed))
    cut = (pl.col("net") * 0.9 / given).clip(upper_bound=1.0)
    frame = frame.with_columns((pl.col(name) * cut).floor().cast(pl.Int64).alias(name) for name in fixed)
    return _earned(frame.with_columns((pl.col("net") - given).alias("open")), dice)


def _ratio(dice: Dice) -> pl.Expr:
    """The net income a person as a multiple of the line."""
    return (
        pl.when(pl.col("falls_short") & (pl.col("status") != "general"))
        .then(0.75 + 0.24 * dice.uniform("short"))
        .when(pl.col("household_status") == "registered")
        .then(0.6 + 0.39 * dice.uniform("poor"))
        .when(pl.col("household_status") == "returned")
        .then(0.6 + 0.39 * dice.uniform("returned"))
        .when(pl.col("status") == "general")
        .then(1.0 + 0.6 * dice.uniform("edge"))
        .otherwise(1.05 + 1.9 * dice.uniform("exited") ** 2)
    )


def _given(dice: Dice) -> dict[str, pl.Expr]:
    """What comes in without work, by source."""
    people = pl.col("headcount")
    return {
        "public_post_wage": pl.col("post_months") * 500,
        "pension": pl.col("pensioners") * _PENSION,
        "low_income_allowance": pl.when("is_low_income").then(people * _ALLOWANCE * 4 // 10).otherwise(0),
        "destitute_support": pl.when("is_destitute").then(people * _DESTITUTE * 4 // 10).otherwise(0),
        "ecology": pl.when(dice.chance("ecology", 0.25)).then(dice.between("ecology", 60, 400)).otherwise(0),
        "farm_subsidy": people * dice.between("subsidy", 60, 190),
        "family_planning": pl.when(dice.chance("planning", 0.06)).then(960).otherwise(0),
        "asset_dividend": pl.when(dice.chance("dividend", 0.35))
        .then(dice.between("dividend", 200, 900))
        .otherwise(0),
        "other_property": pl.when(dice.chance("rent", 0.2))
        .then(dice.between("rent", 100, 1500))
        .otherwise(0),
    }


def _earned(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Spread what is `open` over wages, crops, livestock and, where nobody can work, the help of others."""
    wage_share = pl.when(pl.col("away") > 0).then(0.55 + 0.4 * dice.uniform("wage")).otherwise(0.0)
    farm_share = (
        pl.when(pl.col("able") > 0).then(1.0).when(dice.chance("old farms", 0.5)).then(0.5).otherwise(0.0)
    )
    crop_share = 0.3 + 0.6 * dice.uniform("crops")
    ratio_costs = 0.3 + 0.15 * dice.uniform("costs")
    frame = frame.with_columns((pl.col("open") * wage_share).floor().cast(pl.Int64).alias("other_wage"))
    frame = frame.with_columns(
        ((pl.col("open") - pl.col("other_wage")) * farm_share).floor().cast(pl.Int64).alias("farmed")
    )
    frame = frame.with_columns(
        (pl.col("farmed") * crop_share / (1 - ratio_costs)).round().cast(pl.Int64).alias("crops"),
        (pl.col("farmed") * (1 - crop_share) / (1 - ratio_costs)).round().cast(pl.Int64).alias("livestock"),
        (pl.col("open") - pl.col("other_wage") - pl.col("farmed")).alias("rest"),
    )
    is_supported = (pl.col("able") == 0) & dice.chance("supported", 0.6)
    return frame.with_columns(
        (pl.col("crops") * ratio_costs).round().cast(pl.Int64).alias("crops_cost"),
        (
            pl.col("crops")
            + pl.col("livestock")
            - pl.col("farmed")
            - (pl.col("crops") * ratio_costs).round().cast(pl.Int64)
        ).alias("livestock_cost"),
        pl.when(is_supported).then("rest").otherwise(0).alias("support_payment"),
        pl.when(is_supported).then(0).otherwise("rest").alias("other_transfer"),
    )


def _long(wide: pl.DataFrame, year: int) -> pl.DataFrame:
    """A row per household and source that pays something."""
    frame = wide.unpivot(list(SOURCES), index="household_id", variable_name="source", value_name="amount")
    rank = {name: number for number, name in enumerate(SOURCES)}
    return (
        frame.filter(pl.col("amount") > 0)
        .select(
            "household_id",
            pl.lit(year, pl.Int64).alias("year"),
            "source",
            yuan(pl.col("amount")).alias("amount"),
            pl.col("source").replace_strict(rank, return_dtype=pl.Int64).alias("rank"),
        )
        .sort("household_id", "rank")
    )


def _last_year(scene: Scene, now: pl.DataFrame) -> pl.DataFrame:
    """The year before: a little less of everything; or, copied, the very same."""
    dice = scene.dice("last year", pl.col("household_id") * 32 + pl.col("rank"))
    of_household = scene.dice("last year", "household_id")
    is_copied = of_household.chance("copied", scene.rates.copied_income)
    less = (pl.col("amount").cast(pl.Float64) * (0.8 + 0.17 * dice.uniform("less"))).round()
    amount = pl.when(is_copied).then("amount").otherwise(yuan(less))
    return now.with_columns(pl.lit(scene.year - 1, pl.Int64).alias("year"), amount.alias("amount"))


def _not_income(scene: Scene, wide: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Presents and one-off relief, written down beside the income."""
    parts = []
    for rank, source in enumerate(NOT_INCOME, len(SOURCES)):
        amount = pl.when(dice.chance(source, 0.03)).then(dice.between(f"{source} amount", 2, 10) * 100)
        parts.append(
            wide.select(
                "household_id",
                pl.lit(scene.year, pl.Int64).alias("year"),
                pl.lit(source).alias("source"),
                yuan(amount).alias("amount"),
                pl.lit(rank, pl.Int64).alias("rank"),
            ).drop_nulls("amount")
        )
    return pl.concat(parts)


def _costs(wide: pl.DataFrame, year: int) -> pl.DataFrame:
    parts = [
        wide.filter(pl.col(f"{source}_cost") > 0).select(
            "household_id",
            pl.lit(year, pl.Int64).alias("year"),
            pl.lit(source).alias("source"),
            yuan(pl.col(f"{source}_cost")).alias("amount"),
        )
        for source in FARMED
    ]
    return pl.concat(parts)


def _handbook(scene: Scene, now: pl.DataFrame) -> pl.DataFrame:
    """The same items as the handbook at home has them."""
    dice = scene.dice("handbook", pl.col("household_id") * 32 + pl.col("rank"))
    off = dice.chance("off", scene.rates.amount_off / 4)
    amount = pl.when(off).then(pl.col("amount") + 100).otherwise("amount")
    return now.select("household_id", "year", "source", amount.alias("amount"))


def _passbook(scene: Scene, now: pl.DataFrame) -> pl.DataFrame:
    """What was paid into the household's books."""
    dice = scene.dice("passbook", pl.col("household_id") * 32 + pl.col("rank"))
    off = dice.chance("off", scene.rates.amount_off / 2)
    amount = pl.when(off).then(pl.col("amount") - 1).otherwise("amount")
    account = pl.lit("99") + (pl.col("household_id") + 600_000_000_000_000).cast(pl.String)
    return now.filter(pl.col("source").is_in(PAID_INTO_BOOK)).select(
        "household_id",
        "year",
        "source",
        amount.alias("amount"),
        dice.day("paid", scene.first_day, scene.as_of).alias("paid_on"),
        account.alias("account"),
    )


def _product() -> pl.Expr:
    grown = pl.when(pl.col("household_id") % 2 == 0).then(pl.lit("水稻")).otherwise(pl.lit("油菜"))
    raised = pl.when(pl.col("household_id") % 3 == 0).then(pl.lit("生猪")).otherwise(pl.lit("鸡鸭"))
    return pl.when(pl.col("source") == "crops").then(grown).when(pl.col("source") == "livestock").then(raised)
