"""Write the JSON Schemas of plan packs to `docs/reference/schemas/`: python scripts/schemas.py"""

from __future__ import annotations

from pathlib import Path

from bangfu.core.plans.json_schema import schema_texts

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference" / "schemas"


def main() -> None:
    """Write every schema anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in schema_texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
