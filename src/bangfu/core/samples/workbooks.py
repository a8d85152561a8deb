"""Write a township's sample as the workbooks that an office would hand in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bangfu.core.samples.generate import generate
from bangfu.core.samples.pages import Dirt, write_csv, write_xlsx
from bangfu.core.samples.places import place_of
from bangfu.core.samples.scene import Scene
from bangfu.core.samples.sheets import official_pages
from bangfu.core.samples.spoiling import spoil

CSV_ENCODING = "gb18030"


def write_sample_workbooks(place: str, seed: int, folder: Path, as_of: date | None = None) -> list[Dirt]:
    """Write the five official sheets of a place into `folder` and return every cell that an importer has to
    report, sorted by file, sheet and cell.

    户信息表.xlsx (with a chart), 人口信息表.xlsx, 家庭收入表.xlsx (this year and last),
    帮扶责任人结对表.csv (GB18030), 驻村干部表.xlsx. `as_of`: default the place's usual day. The same
    arguments give the same bytes. Raises SampleError as `generate`.
    """
    day = as_of or place_of(place).usual_day
    tables = generate(place, seed, day)
    pages = official_pages(tables, day)
    scene = Scene(place_of(place, day), seed, day)
    spoil(pages, tables["person"], scene.dice("spoil", "row"))
    folder.mkdir(parents=True, exist_ok=True)
    for file, group in pages.items():
        if file.endswith(".csv"):
            write_csv(folder / file, group[0], CSV_ENCODING)
        else:
            write_xlsx(folder / file, group)
    found = [dirt for group in pages.values() for page in group for dirt in page.dirt]
    return sorted(found, key=lambda dirt: (dirt.file, dirt.sheet, dirt.cell))
