"""Find a pack's folder and read its files: sizes, encodings, symbolic links. Nothing is interpreted here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from bangfu.core.errors import PlanError, Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.problems import suggestion
from bangfu.core.plans.schema import FILES

FILE_BYTES = 2_000_000
PACK_BYTES = 20_000_000


def packaged_packs() -> dict[str, Path]:
    """The packs that come with the product: name → folder."""
    root = Path(str(files("bangfu") / "plans"))
    return {path.parent.name: path.parent for path in sorted(root.glob("*/plan.yaml"))}


def find_pack(name: str | Path, base: Path | None = None) -> Path:
    """The folder of a packaged name or a path (relative to `base`). Raises PlanError."""
    packs = packaged_packs()
    folder = (base or Path()) / name
    if str(name) in packs and not (base is None and folder.is_dir()):
        return packs[str(name)]
    if folder.is_dir():
        return folder
    if folder.exists():
        message = Message(N_("{name} 不是文件夹，方案包是一个文件夹。"), {"name": str(name)})
        raise PlanError(Problem("plan.not_a_folder", message))
    message = Message(N_("没有叫 {name} 的方案包，也没有这个文件夹。"), {"name": str(name)})
    raise PlanError(Problem("plan.not_found", message, remedy=suggestion(name, packs)))


def read_folder(folder: Path) -> tuple[dict[str, str], list[Problem]]:
    """Text by file name (`criteria.yaml`, `cases/income.yaml`), and what cannot be read."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    total = 0
    for name, path in _candidates(folder):
        problem = _refusal(name, path, folder)
        if problem is None:
            total += path.stat().st_size
            if total > PACK_BYTES:
                message = Message(N_("方案包超过 {limit} 字节。"), {"limit": PACK_BYTES})
                problems.append(Problem("plan.too_large", message, name))
                break
            text, problem = _text(name, path)
            texts[name] = text
        if problem is not None:
            problems.append(problem)
    return texts, problems


def _candidates(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir()):
        if path.name == "cases" and path.is_dir() and not path.is_symlink():
            yield from ((f"cases/{p.name}", p) for p in sorted(path.iterdir()) if _is_yaml(p))
        elif _is_yaml(path) or path.name == "cases":
            yield path.name, path


def _is_yaml(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml") and not path.name.startswith(".")


def _refusal(name: str, path: Path, folder: Path) -> Problem | None:
    stem = path.stem
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        return Problem("plan.link_out", Message(N_("链接指到了方案包之外。")), name)
    if not path.is_file():
        return Problem("plan.not_a_file", Message(N_("不是文件。")), name)
    if path.suffix == ".yml":
        return Problem("plan.yml", Message(N_("请改名为 {stem}.yaml。"), {"stem": stem}), name)
    if "/" not in name and (stem not in FILES or stem == "cases"):
        message = Message(N_("方案包里没有 {name} 这种文件。"), {"name": name})
        known = [f"{file}.yaml" for file in FILES if file != "cases"]
        return Problem("plan.unknown_file", message, name, suggestion(name, known))
    if path.stat().st_size > FILE_BYTES:
        message = Message(N_("文件超过 {limit} 字节。"), {"limit": FILE_BYTES})
        return Problem("plan.too_large", message, name)
    return None


def _text(name: str, path: Path) -> tuple[str, Problem | None]:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = Message(N_("不是 UTF-8 编码的文字。"))
        remedy = Message(N_("请用编辑器另存为 UTF-8。"))
        return "", Problem("plan.not_utf8", message, f"{name}:{line}", remedy)
