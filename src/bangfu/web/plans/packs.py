"""The files of packs: kept once by digest, read and checked by the core, never changed.

A folder of its own for each pack below `plans` in the site's folder: the YAML files as they came, or `pack.xlsx`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath

from django.conf import settings
from django.utils import timezone

from bangfu.core.errors import PlanError, Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.compiling import check_plan
from bangfu.core.plans.folder import FILE_BYTES, PACK_BYTES
from bangfu.core.plans.from_workbook import from_workbook
from bangfu.core.plans.load import Reading, read_pack
from bangfu.core.plans.pack import Pack as LoadedPack
from bangfu.core.plans.plan import Plan
from bangfu.web.plans.models import Kind
from bangfu.web.registry.rows import VOCABULARY

WORKBOOK = "pack.xlsx"
_MOST_FILES = 500


def folder_of(digest: str) -> Path:
    """Where the files of a pack lie."""
    return Path(settings.HOME) / "plans" / digest


@dataclass(frozen=True)
class Arrived:
    """Files of a pack on their way in."""

    kind: Kind
    files: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """By which the files are known: a hash of their names and bytes."""
        total = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            total.update(f"{name}\n{len(content)}\n".encode() + content)
        return total.hexdigest()

    def keep(self) -> None:
        """Write the files, all of them or none; twice is once."""
        folder = folder_of(self.digest)
        if folder.is_dir():
            return
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
        try:
            for name, content in self.files.items():
                (partial / name).parent.mkdir(exist_ok=True)
                (partial / name).write_bytes(content)
            os.replace(partial, folder)
        except OSError:
            if not folder.is_dir():  # else somebody else kept the same pack at the same moment
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def from_folder(folder: Path) -> Arrived:
    """The files of a folder on this machine."""
    found = (path for path in (*folder.glob("*"), *folder.glob("cases/*")) if path.is_file())
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found if _is_part(path)}
    return Arrived(Kind.WORKBOOK if WORKBOOK in files else Kind.FOLDER, files)


def _is_part(path: PurePath) -> bool:
    return path.suffix in (".yaml", ".yml") or path.name == WORKBOOK


def from_upload(name: str, content: bytes) -> Arrived:
    """The files in what somebody handed in: a workbook, or a zip of a folder. Raises PlanError."""
    if len(content) > PACK_BYTES:
        raise _refused(N_("文件太大"), name, N_("方案包不超过 20 MB。"))
    if name.lower().endswith(".xlsx"):
        return Arrived(Kind.WORKBOOK, {WORKBOOK: content})
    if name.lower().endswith(".zip"):
        return Arrived(Kind.FOLDER, _unzipped(name, content))
    raise _refused(N_("这不是方案包"), name, N_("请上传方案文件夹的 zip 压缩包，或方案工作簿 xlsx。"))


def _refused(message: str, name: str, remedy: str) -> PlanError:
    return PlanError(Problem("plan.upload", Message(message), name, Message(remedy)))


def _unzipped(name: str, content: bytes) -> dict[str, bytes]:
    """YAML files by name within the pack, the folder around them taken off; nothing leaves the zip's own tree."""
    damaged = _refused(N_("压缩包打不开"), name, N_("请重新压缩后再上传；不要加密码。"))
    files: dict[str, bytes] = {}
    left = PACK_BYTES
    try:
        with tempfile.TemporaryFile() as file:
            file.write(content)
            with zipfile.ZipFile(file) as archive:
                wanted = [one for one in archive.infolist() if _is_wanted(one.filename)]
                if len(wanted) > _MOST_FILES:
                    raise _refused(N_("文件太多"), name, N_("一个压缩包里只放一个方案。"))
                for one in wanted:
                    with archive.open(one) as inner:
                        text = inner.read(min(left, FILE_BYTES) + 1)  # what the directory says is not trusted
                    left -= len(text)
                    if left < 0 or len(text) > FILE_BYTES:
                        raise _refused(N_("文件太大"), one.filename, N_("方案包不超过 20 MB。"))
                    files[one.filename] = text
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise damaged from error
    return _without_folder(files, name)


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return path.suffix in (".yaml", ".yml") and not path.is_absolute() and not hidden and "\\" not in name


def _without_folder(files: Mapping[str, bytes], name: str) -> dict[str, bytes]:
    heads = [PurePosixPath(one).parent for one in files if PurePosixPath(one).name == "plan.yaml"]
    if len(heads) != 1:
        remedy = N_("压缩包里要正好有一个方案文件夹，其中有 plan.yaml。")
        raise _refused(N_("压缩包里没有方案，或不止一个"), name, remedy)
    inside = {
        PurePosixPath(one).relative_to(heads[0]): text
        for one, text in files.items()
        if PurePosixPath(one).is_relative_to(heads[0])
    }
    return {
        str(path): text
        for path, text in sorted(inside.items())
        if len(path.parts) == 1 or (len(path.parts) == 2 and path.parts[0] == "cases")
    }


@lru_cache(maxsize=32)
def read(digest: str) -> Reading:
    """What the kept files say, and every mistake in them. Raises PlanError where they are not as they were kept."""
    folder = folder_of(digest)
    kept = from_folder(folder)
    if kept.digest != digest:
        remedy = Message(N_("请系统管理员从备份恢复，或重新上传方案。"))
        message = Message(N_("方案文件缺失，或与存入时不一致"))
        raise PlanError(Problem("plan.altered", message, digest[:12], remedy))
    if kept.kind is Kind.FOLDER:
        return read_pack(folder, VOCABULARY)
    try:
        return Reading(from_workbook(folder / WORKBOOK, VOCABULARY), ())
    except PlanError as error:
        return Reading(None, error.problems)


@lru_cache(maxsize=64)
def plan_on(digest: str, day: date) -> tuple[LoadedPack, Plan]:
    """The pack, and the plan as it stands on a day. Raises PlanError with every mistake."""
    return check_plan(read(digest), day, VOCABULARY)


def problems_of(digest: str, day: date | None = None) -> tuple[Problem, ...]:
    """Every mistake in a pack as it stands on a day; none: it may be put in force."""
    try:
        plan_on(digest, day or day_to_read(digest))
    except PlanError as error:
        return error.problems
    return ()


def day_to_read(digest: str) -> date:
    """The day for which a pack is read unless somebody asks: today, or the nearest day of its period."""
    today = timezone.localdate()
    pack = read(digest).pack
    if pack is None:
        return today
    span = pack.head.period
    day = min(today, span.to) if span.to else today
    return max(day, span.start) if span.start else day
