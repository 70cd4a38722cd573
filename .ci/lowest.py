"""Print constraints for pip that hold every dependency of pyproject.toml at its lowest version.

It reads lower bounds only: `make test-lowest` shows that they are true. What the dependencies bring is whatever pip finds.
"""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
lowest: dict[str, str] = {}
for line in (*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)):
    found = re.fullmatch(r"([\w.-]+)(?:\[\w+\])?>=([\w.]+)(;.*)?", line.replace(" ", ""))
    if found is None:
        sys.exit(f"pyproject.toml: a dependency must state a lower bound and nothing else, got {line!r}")
    name, version = found[1], found[2]
    if lowest.setdefault(name, version) != version:
        sys.exit(f"pyproject.toml: {name} has two lower bounds, {lowest[name]} and {version}")
for name, version in sorted(lowest.items()):
    sys.stdout.write(f"{name}=={version}\n")
