"""Issues for the tests, made as people make them."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bangfu.core.casework import Move
from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.divisions.models import Division
from bangfu.web.ledger import actions, workbooks
from bangfu.web.ledger.actions import Assignee, New
from bangfu.web.ledger.models import Issue, IssueFile


def picture(shade: int = 90, exif: Image.Exif | None = None, name: str = "IMG_1.jpg") -> SimpleUploadedFile:
    """A photo as a phone hands it in."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 120, 90)).save(buffer, "JPEG", exif=exif or Image.Exif())
    return SimpleUploadedFile(name, buffer.getvalue(), "image/jpeg")


def issue(
    people: dict[Role, User], household: int | None = 2, code: str = "430624119240", **said: object
) -> Issue:
    """A problem of a household, written down by the county officer."""
    new = New(Division.objects.get(code=code), household, str(said.pop("problem", "屋顶漏雨")), **said)  # type: ignore[arg-type]
    token = f"{household} {code} {Issue.objects.count()}"
    return actions.raise_by_hand(by=people[Role.COUNTY_OFFICER], new=new, token=token)


def to(user: User) -> Assignee:
    """Somebody with an account, as an assignee."""
    return Assignee(f"user:{user.pk}", str(user))


def assigned(people: dict[Role, User], whom: Role = Role.HELPER, **said: object) -> Issue:
    """A problem in somebody's hands."""
    found = issue(people, **said)  # type: ignore[arg-type]
    officer = people[Role.COUNTY_OFFICER]
    return actions.act(by=officer, issue=found, move=Move.ASSIGN, assignee=to(people[whom]))


def submitted(people: dict[Role, User], **said: object) -> Issue:
    """A problem that the helper says is mended."""
    found = assigned(people, **said)
    return actions.act(
        by=people[Role.HELPER], issue=found, move=Move.SUBMIT, text="屋顶已经修好", files=[picture()]
    )


def doors(people: dict[Role, User], household: int, code: str) -> tuple[int, int]:
    """An issue with a piece of evidence, assigned to the sector office: their keys."""
    found = assigned(people, Role.SECTOR_OFFICE, household=household, code=code)
    actions.act(by=people[Role.COUNTY_OFFICER], issue=found, move=Move.PROVE, files=[picture()])
    return found.pk, found.evidence.get().pk


def workbook(people: dict[Role, User], code: str) -> IssueFile:
    """A list of one issue of a township, handed in and looked at."""
    name = Division.objects.get(code=code).name
    file = SimpleUploadedFile("清单.csv", f"地点,问题\n{name},村道塌方\n".encode())
    officer, place = people[Role.COUNTY_OFFICER], Division.objects.get(code=code)
    return workbooks.upload(by=officer, division=place, file=file, source="visit")
