"""Write the hashed lock files in `requirements/`, or check without a network that they fit pyproject.toml.

    python scripts/lock.py write [--upgrade]     needs uv and a package index
    python scripts/lock.py check                 needs neither

A lock names no index host: whoever installs uses the index that their own machine is set up for.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
COMPILE = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
COMPILE += ["--generate-hashes", "--no-emit-index-url", "--no-header"]

# Each lock and what uv compiles it from; a later one is held to the versions of an earlier one.
LOCKS: dict[str, list[str]] = {
    "uv.txt": ["--group", "pyproject.toml:bootstrap"],
    "build.txt": ["--group", "pyproject.toml:build"],
    "runtime.txt": ["pyproject.toml"],
    "web.txt": ["pyproject.toml", "--extra", "web", "-c", "requirements/runtime.txt"],
    "dev.txt": ["pyproject.toml", "--all-extras", "--group", "dev", "-c", "requirements/web.txt"],
    "bench.txt": ["pyproject.toml", "--all-extras", "--group", "bench", "-c", "requirements/dev.txt"],
}


def declared() -> str:
    """A digest of everything in pyproject.toml that a lock follows from."""
    doc = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = doc["project"]
    inputs = {
        "build": doc["build-system"]["requires"],
        "python": project["requires-python"],
        "runtime": project["dependencies"],
        "extras": project.get("optional-dependencies", {}),
        "groups": doc["dependency-groups"],
        "locks": LOCKS,
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def header() -> str:
    """The first line of every lock."""
    return f"# Written by `make lock`; follows from pyproject.toml {declared()}\n"


def write(options: list[str]) -> None:
    """Resolve every lock anew, keeping the versions that still fit (`--upgrade` takes the newest)."""
    for name, sources in LOCKS.items():
        path = FOLDER / name
        subprocess.run(
            [*COMPILE, "--output-file", f"requirements/{name}", *options, *sources],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        path.write_text(header() + path.read_text(encoding="utf-8"), encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(pins(path))} packages")


def pins(path: Path) -> list[str]:
    """The requirements of a lock, one string each with its hashes."""
    text = re.sub(r"\\\n\s*", " ", path.read_text(encoding="utf-8"))
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


def faults(path: Path) -> list[str]:
    """What is wrong with one lock; empty if nothing is."""
    if not path.exists():
        return ["is missing"]
    text = path.read_text(encoding="utf-8")
    found = []
    if not text.startswith(header()):
        found.append("does not follow from pyproject.toml as it is now")
    if "://" in text or "index-url" in text:
        found.append("names a host")
    found += [f"has no hash for {pin.split()[0]}" for pin in pins(path) if "--hash=sha256:" not in pin]
    return found


def check() -> int:
    """Print what is wrong with the locks; the exit code."""
    wrong = [f"requirements/{name} {fault}" for name in LOCKS for fault in faults(FOLDER / name)]
    for line in wrong:
        print(line)
    if wrong:
        print("Run `make lock` and commit requirements/.")
    return 1 if wrong else 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check"]:
            sys.exit(check())
        case ["write", *options]:
            write(options)
        case _:
            sys.exit(__doc__)
