"""The project's own files as its rules see them: which there are, and what each Python file imports. Runs none of them."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("device", "capture", "webui")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of a room. `imports` are whole dotted names: `from capture import ids` counts as `capture.ids`."""

    path: str
    text: str
    imports: frozenset[str]

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imports(tree: ast.Module) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute: the arrows between rooms must be readable"
            assert node.module is not None
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of the three rooms."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            text = path.read_text("utf-8")
            found.append(Module(path.relative_to(ROOT).as_posix(), text, _imports(ast.parse(text))))
    return tuple(found)


@cache
def committed_files() -> tuple[Path, ...]:
    """Every file that git knows or would add: what was built or installed here is none of it. Without git, the rooms' files."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False
    )
    if listing.returncode != 0:
        return tuple(ROOT / module.path for module in modules())
    names = {name for name in listing.stdout.decode("utf-8").split("\0") if name}
    return tuple(sorted(path for name in names if (path := ROOT / name).is_file()))


def is_within(name: str, *roots: str) -> bool:
    """Whether a dotted name is one of `roots` or lies in it."""
    return any(name == root or name.startswith(root + ".") for root in roots)
