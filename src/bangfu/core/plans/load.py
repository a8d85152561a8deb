"""Load a plan pack: every mistake at once, each with file, line and what was probably meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath

from pydantic import BaseModel, ValidationError

from bangfu.core.errors import PlanError, Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.checks import content_problems
from bangfu.core.plans.folder import find_pack, read_folder
from bangfu.core.plans.inherit import inherit
from bangfu.core.plans.pack import Content, Entry, Pack, Place, collections, digest_of
from bangfu.core.plans.problems import problems_of
from bangfu.core.plans.references import reference_problems
from bangfu.core.plans.schema import FILES
from bangfu.core.plans.yaml_source import Path, Plain, Source, read_yaml
from bangfu.core.vocabulary import Vocabulary, load_vocabulary

__all__ = ["Pack", "build_pack", "load_pack"]


def load_pack(name: str | FilePath, vocabulary: Vocabulary | None = None) -> Pack:
    """The pack in a folder, or the packaged pack of that name, with what it inherits.

    Raises PlanError with every mistake found. Nothing in a pack is ever executed.
    """
    return _load(find_pack(name), vocabulary or load_vocabulary(), ())


def _load(folder: FilePath, vocabulary: Vocabulary, chain: tuple[FilePath, ...]) -> Pack:
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

    def parent_of(extends: str) -> Pack:
        return _load(find_pack(extends, folder), vocabulary, (*chain, folder))

    return build_pack(folder.name, sources, problems, digest_of(texts), vocabulary, parent_of)


def build_pack(
    name: str,
    sources: Mapping[str, Source],
    problems: list[Problem],
    digest: str,
    vocabulary: Vocabulary,
    parent_of: Callable[[str], Pack],
) -> Pack:
    """The pack in parsed files by name; `problems` found so far are raised together with the new ones.

    Raises PlanError.
    """
    problems = list(problems)
    parts: dict[str, list[BaseModel]] = {}
    places: dict[Entry, Place] = {}
    for file_name, source in sources.items():
        file = file_of(file_name)
        part, found = _validated(source, FILES[file])
        problems += found
        if part is not None:
            parts.setdefault(file, []).append(part)
        problems += _place(file, source, places)
    if "plan" not in map(file_of, sources) and not problems:
        remedy = Message(N_("方案包至少要有这一份；可用 bangfu plan new 建一个。"))
        problems.append(Problem("plan.empty", Message(N_("没有 plan.yaml（方案）。")), name, remedy))
    if "plan" not in parts:
        raise PlanError(problems)
    content = _content(parts)
    pack = Pack(name, content, content, places, digest)
    if pack.head.extends is not None:
        try:
            pack, found = inherit(parent_of(pack.head.extends), pack)
            problems += found
        except PlanError as error:
            raise PlanError([*problems, *error.problems]) from None
    problems += [*reference_problems(pack, vocabulary.tables), *content_problems(pack, vocabulary)]
    if problems:
        raise PlanError(problems)
    return pack


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


def _validated(source: Source, model: type[BaseModel]) -> tuple[BaseModel | None, list[Problem]]:
    """The part, without its wrong entries where there are any, so that the rest can still be checked."""
    value: Plain = {} if source.value is None else source.value
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        problems = problems_of(error, source, model)
        wrong = {details["loc"][:2] for details in error.errors()}
    try:
        return model.model_validate(_without(value, wrong)), problems
    except ValidationError:
        return None, problems


def _without(value: Plain, wrong: set[Path]) -> Plain:
    kept: dict[str, Plain] = {}
    for key, item in value.items() if isinstance(value, dict) else ():
        if isinstance(item, list):
            kept[key] = [x for index, x in enumerate(item) if (key, index) not in wrong]
        elif isinstance(item, dict):
            kept[key] = {name: x for name, x in item.items() if (key, name) not in wrong}
        else:
            kept[key] = item
        if (key,) in wrong:
            del kept[key]
    return kept


def _place(file: str, source: Source, places: dict[Entry, Place]) -> list[Problem]:
    """Note where each entry stands; an id that stands twice in a list is a problem."""
    problems = []
    if file in ("plan", "income"):
        places[file, ""] = Place(source, () if file == "plan" else ("income",))
    for address, entry_id, path in _entries(file, source.value):
        if (address, entry_id) in places:
            first = places[address, entry_id]
            message = Message(N_("{id} 重复。"), {"id": entry_id})
            remedy = Message(N_("第一次在 {where}。"), {"where": first.source.where(first.path)})
            problems.append(Problem("plan.duplicate_id", message, source.where(path), remedy))
        else:
            places[address, entry_id] = Place(source, path)
    return problems


def _entries(file: str, value: Plain) -> Iterator[tuple[str, str, Path]]:
    for address, collection in collections().items():
        if collection.file != file or not isinstance(value, dict):
            continue
        found = value.get(collection.key)
        if isinstance(found, dict):
            yield from ((address, key, (collection.key, key)) for key in found)
        elif isinstance(found, list):
            for index, item in enumerate(found):
                entry_id = item.get(collection.id_field) if isinstance(item, dict) else None
                if isinstance(entry_id, str):
                    yield address, entry_id, (collection.key, index)
