"""The five places: how many households of which kind, when, and by which plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message


class SampleError(UserError):
    """A sample that cannot be made as asked."""


@dataclass(frozen=True)
class Cohort:
    """Households that stand alike: `status` on the day the sample begins; `planned` to exit in the plan's
    year; otherwise `exit_years`, of which one is drawn. `people` is exact."""

    id: str
    status: str
    households: int
    people: int
    exit_years: tuple[int, ...] = ()
    planned: bool = False


@dataclass(frozen=True)
class Place:
    """What a sample of one plan's place looks like.

    `division`: a township or a county of the shipped divisions. `anchor`: the day on which nobody of the
    sample is yet unborn; `usual_day`: the day for which to draw it if nobody says otherwise. `line`: the
    income a person by which the sample tells poor from not. `poor_villages`: names; empty: some
    `poor_village_count`, drawn. `pairs`: households a helper looks after; `contracts`: and one
    more, which is not poor. `papers_by`: when the plan's papers were due. `id_prefix`: six digits that
    begin with 99.
    """

    id: str
    pack: str
    division: str
    anchor: date
    usual_day: date
    line: int
    cohorts: tuple[Cohort, ...]
    id_prefix: str
    agricultural_population: int
    county_agencies: int
    exit_by: date
    papers_by: date
    poor_villages: tuple[str, ...] = ()
    poor_village_count: int = 0
    village_exits: dict[str, int] = field(default_factory=dict)
    poor_county: bool = True
    pairs: int = 4
    contracts: bool = False
    ethnic: dict[str, float] = field(default_factory=lambda: {"han": 1.0})

    @property
    def registered_households(self) -> int:
        """Households on the list of the poor, exited ones included."""
        return sum(c.households for c in self.cohorts if c.status in ("registered", "exited", "returned"))

    @property
    def registered_people(self) -> int:
        """People on the list of the poor."""
        return sum(c.people for c in self.cohorts if c.status in ("registered", "exited", "returned"))


PLACES: dict[str, Place] = {
    place.id: place
    for place in (
        Place(
            id="s4",
            pack="s4_nanhuzhou",
            division="430624119000",
            anchor=date(2018, 1, 1),
            usual_day=date(2018, 12, 31),
            line=3430,
            cohorts=(
                Cohort("exited", "exited", 402, 1308, (2014, 2015, 2016, 2017)),
                Cohort("to_exit", "registered", 102, 330, planned=True),
                Cohort("staying", "registered", 68, 176),
                Cohort("returned", "returned", 4, 13, (2015, 2016)),
                Cohort("edge", "general", 22, 74),
                Cohort("struck", "removed", 12, 41),
            ),
            id_prefix="990624",
            agricultural_population=30_000,
            county_agencies=17,
            exit_by=date(2018, 11, 30),
            papers_by=date(2018, 3, 31),
            poor_villages=("南湖新村", "光明咀村"),
            village_exits={"南湖新村": 2016, "光明咀村": 2017},
            poor_county=False,
        ),
        Place(
            id="s2",
            pack="s2_town_review",
            division="990201100000",
            anchor=date(2023, 1, 1),
            usual_day=date(2023, 11, 30),
            line=3700,
            cohorts=(
                Cohort("exited", "exited", 318, 1112, (2018, 2019, 2020, 2021, 2022)),
                Cohort("to_exit", "registered", 74, 251, planned=True),
                Cohort("staying", "registered", 12, 33),
                Cohort("returned", "returned", 2, 7, (2020,)),
                Cohort("edge", "general", 60, 171),
                Cohort("struck", "removed", 20, 66),
            ),
            id_prefix="990201",
            agricultural_population=24_600,
            county_agencies=13,
            exit_by=date(2023, 11, 20),
            papers_by=date(2023, 3, 31),
            poor_village_count=4,
            poor_county=False,
        ),
        Place(
            id="s3",
            pack="s3_canggou",
            division="500156204000",
            anchor=date(2020, 1, 1),
            usual_day=date(2020, 7, 20),
            line=4000,
            cohorts=(
                Cohort("exited", "exited", 469, 1561, (2014, 2015, 2016, 2017, 2018, 2019)),
                Cohort("to_exit", "registered", 5, 14, planned=True),
                Cohort("returned", "returned", 1, 3, (2017,)),
                Cohort("edge", "general", 44, 139),
                Cohort("struck", "removed", 6, 22),
            ),
            id_prefix="990156",
            agricultural_population=9_800,
            county_agencies=6,
            exit_by=date(2020, 6, 30),
            papers_by=date(2020, 3, 31),
            poor_village_count=2,
            ethnic={"han": 88, "tujia": 7, "miao": 5},
        ),
        Place(
            id="s1",
            pack="s1_linked_villages",
            division="990101000000",
            anchor=date(2015, 1, 1),
            usual_day=date(2015, 12, 31),
            line=2855,
            cohorts=(
                Cohort("exited", "exited", 310, 1_140, (2014,)),
                Cohort("to_exit", "registered", 560, 2_086, planned=True),
                Cohort("staying", "registered", 1_555, 5_920),
                Cohort("edge", "general", 105, 380),
                Cohort("struck", "removed", 40, 151),
            ),
            id_prefix="990101",
            agricultural_population=61_000,
            county_agencies=38,
            pairs=2,
            exit_by=date(2015, 12, 20),
            papers_by=date(2015, 9, 15),
            poor_village_count=35,
            ethnic={"han": 62, "zang": 20, "qiang": 12, "hui": 6},
        ),
        Place(
            id="s0",
            pack="s0_lvchun",
            division="532531000000",
            anchor=date(2024, 6, 1),
            usual_day=date(2024, 8, 31),
            line=4000,
            cohorts=(
                Cohort("exited", "exited", 7_100, 30_100, (2014, 2015, 2016, 2017, 2018)),
                Cohort("to_exit", "registered", 320, 1_310, planned=True),
                Cohort("staying", "registered", 120, 390),
                Cohort("returned", "returned", 15, 66, (2016, 2017)),
                Cohort("edge", "general", 360, 1_490),
                Cohort("struck", "removed", 85, 338),
            ),
            id_prefix="992531",
            agricultural_population=214_000,
            county_agencies=97,
            contracts=True,
            exit_by=date(2024, 12, 20),
            papers_by=date(2024, 7, 20),
            poor_village_count=83,
            ethnic={"hani": 87, "yi": 5, "yao": 3, "dai": 2, "lahu": 1, "han": 2},
        ),
    )
}


def place_of(place: str, as_of: date | None = None) -> Place:
    """A place by its id. Raises SampleError: no such place, or a day before its plan."""
    found = PLACES.get(place)
    if found is None:
        message = Message(N_("没有“{place}”的样例"), {"place": place})
        remedy = Message(N_("可选：{places}"), {"places": sorted(PLACES)})
        raise SampleError(Problem("sample.unknown_place", message, "", remedy))
    if as_of is not None and as_of < found.anchor:
        message = Message(
            N_("样例从 {first} 起才有数据，不能取 {day}"), {"first": found.anchor, "day": as_of}
        )
        remedy = Message(N_("换一个较晚的日期，例如 {day}"), {"day": found.usual_day})
        raise SampleError(Problem("sample.too_early", message, "", remedy))
    return found
