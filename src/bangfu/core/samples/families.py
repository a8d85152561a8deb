"""Families: how many live together, who they are to the head, how old; then what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from bangfu.core.samples.dice import Dice, nth
from bangfu.core.samples.names import GIVEN, GIVEN_COUNT, SURNAMES

LARGEST = 7
_YEAR = 365.25
_SONS_LINE = ("spouse", "child", "son", "grandchild")  # carry the family's surname whoever is head


@dataclass(frozen=True)
class Composition:
    """Who lives in a household. `members`: head, spouse, father, mother, child<n>, son0, sons_wife,
    grandchild<n>. `ages`: of the head, such that nobody is born in the future."""

    id: str
    members: tuple[str, ...]
    ages: tuple[int, int]
    weight: float

    @property
    def size(self) -> int:
        """How many people."""
        return len(self.members)


def _family(name: str, members: str, low: int, high: int, weight: float) -> Composition:
    return Composition(name, tuple(members.split()), (low, high), weight)


COMPOSITIONS = (
    _family("alone_old", "head", 63, 88, 7),
    _family("alone", "head", 25, 60, 3),
    _family("couple_old", "head spouse", 60, 82, 6),
    _family("one_parent", "head child0", 30, 56, 3),
    _family("grandparent", "head grandchild0", 60, 76, 1),
    _family("couple_child", "head spouse child0", 29, 56, 6),
    _family("couple_mother", "head spouse mother", 30, 56, 2),
    _family("grandparents", "head spouse grandchild0", 60, 74, 2),
    _family("couple_children", "head spouse child0 child1", 32, 54, 6),
    _family("couple_child_mother", "head spouse child0 mother", 29, 54, 3),
    _family("grown_son", "head spouse son0 sons_wife", 52, 70, 3),
    _family("three_generations", "head spouse son0 sons_wife grandchild0", 60, 74, 5),
    _family("children_mother", "head spouse child0 child1 mother", 32, 54, 4),
    _family("three_generations_two", "head spouse son0 sons_wife grandchild0 grandchild1", 63, 74, 5),
    _family("children_parents", "head spouse child0 child1 father mother", 32, 50, 4),
    _family("three_children_parents", "head spouse child0 child1 child2 father mother", 35, 50, 1),
)


def sizes(cohorts: pl.DataFrame, dice: Dice) -> pl.Series:
    """How many live in each household, so that the people of every cohort add up.

    `cohorts`: a row per household with `cohort`, and the cohort's `households` and `people`.
    """
    mean = pl.col("people") / pl.col("households")
    spread = (dice.uniform("size") + dice.uniform("size again") - 1) * 2.6
    size = (mean + spread).round().clip(1, LARGEST).cast(pl.Int64)
    frame = cohorts.with_columns(size.alias("size"))
    while True:
        short = pl.col("people") - pl.col("size").sum().over("cohort")
        may = pl.when(short > 0).then(pl.col("size") < LARGEST).otherwise(pl.col("size") > 1)
        turn = may.cast(pl.Int64).cum_sum().over("cohort") <= short.abs()
        changed = frame.with_columns(
            (pl.col("size") + pl.when(may & turn).then(short.sign()).otherwise(0)).alias("size")
        )
        if changed.equals(frame):
            return frame["size"]
        frame = changed


def compositions(size: pl.Expr, dice: Dice) -> pl.Expr:
    """The id of a composition of that size."""
    chosen = pl.lit(None, pl.String)
    for number in range(1, LARGEST + 1):
        weights = {c.id: c.weight for c in COMPOSITIONS if c.size == number}
        chosen = pl.when(size == number).then(dice.pick("composition", weights)).otherwise(chosen)
    return chosen


def members(households: pl.DataFrame, dice: Dice, anchor: date) -> pl.DataFrame:
    """The people of households (`household_id`, `composition`): household_id, slot, member, relation, gender,
    birth_date, in the order of households and of slots. Nobody is born after `anchor`."""
    table = pl.DataFrame(
        [(c.id, slot, member, *c.ages) for c in COMPOSITIONS for slot, member in enumerate(c.members)],
        schema=["composition", "slot", "member", "youngest", "oldest"],
        orient="row",
    )
    drawn = households.select(
        "household_id",
        "composition",
        pl.when(dice.chance("head is a man", 0.86))
        .then(pl.lit("male"))
        .otherwise(pl.lit("female"))
        .alias("head_gender"),
        (23 + dice.uniform("first child") * 4).alias("first_child"),
        (22 + dice.uniform("first grandchild") * 8).alias("first_grandchild"),
        (23 + dice.uniform("parents") * 8).alias("parents"),
        (dice.uniform("head age") ** 1.6).alias("head_age"),
    )
    people = drawn.join(table, on="composition", maintain_order="left_right")
    own = Dice(dice.seed, "member", pl.col("household_id") * 16 + pl.col("slot"))
    people = people.with_columns(_gender(own).alias("gender"), _older_than_head(own).alias("older"))
    age = pl.col("youngest") + pl.col("head_age") * (pl.col("oldest") - pl.col("youngest"))
    born = pl.lit(anchor) - pl.duration(days=((age + pl.col("older")) * _YEAR).round().cast(pl.Int64))
    return people.with_columns(_relation().alias("relation"), born.alias("birth_date"))


def _gender(dice: Dice) -> pl.Expr:
    member, head = pl.col("member"), pl.col("head_gender")
    other = pl.when(head == "male").then(pl.lit("female")).otherwise(pl.lit("male"))
    return (
        pl.when(member == "head")
        .then(head)
        .when(member == "spouse")
        .then(other)
        .when(member.is_in(["mother", "sons_wife"]))
        .then(pl.lit("female"))
        .when(member.is_in(["father", "son0"]))
        .then(pl.lit("male"))
        .otherwise(dice.pick("gender", {"male": 53, "female": 47}))
    )


def _older_than_head(dice: Dice) -> pl.Expr:
    """By how many years a member is older than the head."""
    member, drawn = pl.col("member"), dice.uniform("age")
    nth_child = member.str.extract(r"(\d)$").cast(pl.Float64) * 3
    return (
        pl.when(member == "head")
        .then(0.0)
        .when(member == "spouse")
        .then(1 - 4 * drawn)
        .when(member == "father")
        .then(pl.col("parents") + 2 * drawn)
        .when(member == "mother")
        .then(pl.col("parents") - 2 * drawn)
        .when(member == "sons_wife")
        .then(-(pl.col("first_child") - 1 + 3 * drawn))
        .when(member.str.starts_with("grandchild"))
        .then(-(pl.col("first_child") + pl.col("first_grandchild") + 1.5 + nth_child + drawn))
        .otherwise(-(pl.col("first_child") + nth_child + 1.5 * drawn))
    )


def _relation() -> pl.Expr:
    member, is_male = pl.col("member"), pl.col("gender") == "male"
    return (
        pl.when(member.str.starts_with("grandchild"))
        .then(pl.when(is_male).then(pl.lit("sons_son")).otherwise(pl.lit("sons_daughter")))
        .when(member.str.contains("^child|^son0"))
        .then(pl.when(is_male).then(pl.lit("son")).otherwise(pl.lit("daughter")))
        .when(member == "sons_wife")
        .then(pl.lit("daughter_in_law"))
        .otherwise(member)
    )


def full_names(dice: Dice, anchor: date) -> pl.Expr:
    """Names of `members`; children are called after their father's family; no two of a household alike."""
    member, is_son_line = pl.col("member"), pl.col("member").str.contains("^(?:" + "|".join(_SONS_LINE) + ")")
    head_is_man = pl.col("head_gender") == "male"
    of_family = (
        pl.when(head_is_man)
        .then(member.str.contains("^(?:head|father|child|son0|grandchild)"))
        .otherwise(is_son_line)
    )
    family_of_head = ~head_is_man & member.is_in(["head", "father"])
    own = Dice(dice.seed, "surname", pl.col("household_id") * 16 + pl.col("slot"))
    maiden = Dice(dice.seed, "maiden", pl.col("household_id"))
    surname = (
        pl.when(of_family)
        .then(dice.one_of("surname", SURNAMES))
        .when(family_of_head)
        .then(maiden.one_of("surname", SURNAMES))
        .otherwise(own.one_of("surname", SURNAMES))
    )
    index = (dice.between("name", 0, GIVEN_COUNT - 1) + pl.col("slot") * 3) % GIVEN_COUNT
    generation = pl.lit(anchor).dt.year() - pl.col("birth_date").dt.year()
    given = pl.lit(None, pl.String)
    for gender, lists in GIVEN.items():
        by_age = (
            pl.when(generation >= 58)
            .then(nth(lists[0], index))
            .when(generation >= 25)
            .then(nth(lists[1], index))
            .otherwise(nth(lists[2], index))
        )
        given = pl.when(pl.col("gender") == gender).then(by_age).otherwise(given)
    return surname + given
