"""Load a plan pack: every mistake at once, each with file, line and what was probably meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from pydantic import BaseModel

from bangfu.core.errors import PlanError, Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.checks import content_problems
from bangfu.core.plans.folder import find_pack, read_folder
from bangfu.core.plans.inherit import inherit
from bangfu.core.plans.pack import Content, Entry, Pack, Place, collections, digest_of
from bangfu.core.plans.references import reference_problems
from bangfu.core.plans.salvage import entries_of, salvaged
from bangfu.core.plans.schema import FILES
from bangfu.core.plans.yaml_source import Source, read_yaml
from bangfu.core.vocabulary import Vocabulary, load_vocabulary

__all__ = ["Pack", "Reading", "build_pack", "load_pack", "read_pack"]


@dataclass(frozen=True)
class Reading:
    """What could be read of a pack (None: not even its head), and every mistake found on the way."""

    pack: Pack | None
    problems: tuple[Problem, ...]

    def sound(self) -> Pack:
        """The pack. Raises PlanError where there is a mistake."""
        if self.pack is None or self.problems:
            raise PlanError(self.problems)
        return self.pack


def load_pack(name: str | FilePath, vocabulary: Vocabulary | None = None) -> Pack:
    """The pack in a folder, or the packaged pack of that name, with what it inherits.

    Raises PlanError with every mistake found. Nothing in a pack is ever executed.
    """
    return read_pack(name, vocabulary or load_vocabulary()).sound()


def read_pack(name: str | FilePath, vocabulary: Vocabulary) -> Reading:
    """What can be read of a pack. Raises PlanError where there is no such pack."""
    return _read(find_pack(name), vocabulary, ())


def _read(folder: FilePath, vocabulary: Vocabulary, chain: tuple[FilePath, ...]) -> Reading:
    folder = folder.resolve()
    if folder in chain:
        path = " → ".join(step.name for step in (*chain, folder))
        message = Message(N_("方案互相继承，绕成了圈：{path}。"), {"path": path})
        raise PlanError(Problem("plan.circular_extends", message, "plan.yaml"))
    texts, problems = read_folder(folder)
    sources = {}
    for name, text in texts.items():
        sources[name], found = read_yaml(text, name)
        problems += found

    def parent_of(extends: str) -> Reading:
        return _read(find_pack(extends, folder), vocabulary, (*chain, folder))

    return build_pack(folder.name, sources, problems, digest_of(texts), vocabulary, parent_of)


def build_pack(
    name: str,
    sources: Mapping[str, Source],
    problems: Sequence[Problem],
    digest: str,
    vocabulary: Vocabulary,
    parent_of: Callable[[str], Reading],
) -> Reading:
    """The pack in parsed files by name; `problems` found so far come before the new ones."""
    problems = list(problems)
    parts: dict[str, list[BaseModel]] = {}
    places: dict[Entry, Place] = {}
    unread: set[Entry] = set()
    for file_name, source in sources.items():
        file = file_of(file_name)
        part, found, left_out = salvaged(file, source)
        problems += found
        unread |= left_out
        if part is not None:
            parts.setdefault(file, []).append(part)
        problems += _place(file, source, places)
    if "plan" not in map(file_of, sources) and not problems:
        remedy = Message(N_("方案包至少要有这一份；可用 bangfu plan new 建一个。"))
        problems.append(Problem("plan.empty", Message(N_("没有 plan.yaml（方案）。")), name, remedy))
    if "plan" not in parts:
        return Reading(None, tuple(problems))
    content = _content(parts)
    pack = Pack(name, content, content, places, digest, unread=frozenset(unread))
    if pack.head.extends is not None:
        pack, found = _inherited(pack, parent_of)
        problems += found
    problems += [*reference_problems(pack, vocabulary.tables), *content_problems(pack, vocabulary)]
    return Reading(pack, tuple(problems))


def _inherited(pack: Pack, parent_of: Callable[[str], Reading]) -> tuple[Pack, list[Problem]]:
    """The pack under its parent; without one that can be read, any name may be the parent's."""
    try:
        reading = parent_of(pack.head.extends or "")
    except PlanError as error:
        reading = Reading(None, error.problems)
    if reading.pack is None:
        return replace(pack, unread=pack.unread | {(address, "") for address in collections()}), list(
            reading.problems
        )
    own = [replace(problem, where=f"{reading.pack.name}/{problem.where}") for problem in reading.problems]
    inherited, problems = inherit(reading.pack, pack)
    return inherited, [*own, *problems]


def file_of(name: str) -> str:
    """The kind of a file by its name: `criteria`, `cases`."""
    return "cases" if name.startswith("cases/") else name.removesuffix(".yaml")


def _content(parts: Mapping[str, list[BaseModel]]) -> Content:
    values: dict[str, object] = {}
    for file, models in parts.items():
        if set(FILES[file].model_fields) == {file}:
            found = [getattr(model, file) for model in models]
            values[file] = tuple(case for cases in found for case in cases) if file == "cases" else found[0]
        else:
            values[file] = models[0]
    return Content.model_validate(values)


def _place(file: str, source: Source, places: dict[Entry, Place]) -> list[Problem]:
    """Note where each entry stands; an id that stands twice in a list is a problem."""
    problems = []
    if file in ("plan", "income"):
        places[file, ""] = Place(source, () if file == "plan" else ("income",))
    for address, entry_id, path in entries_of(file, source.value):
        if (address, entry_id) in places:
            first = places[address, entry_id]
            message = Message(N_("{id} 重复。"), {"id": entry_id})
            remedy = Message(N_("第一次在 {where}。"), {"where": first.source.where(first.path)})
            problems.append(Problem("plan.duplicate_id", message, source.where(path), remedy))
        else:
            places[address, entry_id] = Place(source, path)
    return problems
