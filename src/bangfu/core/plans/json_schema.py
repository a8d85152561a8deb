"""The JSON Schema of each file of a pack, by which an editor completes and checks it."""

from __future__ import annotations

import json

from bangfu.core.plans.labels import LABELS
from bangfu.core.plans.schema import FILES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def pack_json_schema() -> dict[str, dict[str, object]]:
    """File (`plan`, `criteria`, … `cases`) → its JSON Schema."""
    schemas = {}
    for file, model in FILES.items():
        schema = model.model_json_schema()
        for part in (schema, *schema.get("$defs", {}).values()):
            for field, spec in part.get("properties", {}).items():
                spec["title"] = LABELS[field]
        name = "cases/*.yaml" if file == "cases" else f"{file}.yaml"
        schemas[file] = {"$schema": DIALECT, **schema, "title": name}
    return schemas


def schema_texts() -> dict[str, str]:
    """File name → the text that is published, e.g. `criteria.json`."""
    return {
        f"{file}.json": json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
        for file, schema in pack_json_schema().items()
    }
