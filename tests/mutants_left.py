"""The changes that no test notices, one by one, as docs/mutants-left.md lists them and says why. Runs nothing.

A change is known by its function and its lines, never by mutmut's number, which moves with every edit of the function. Of what an
error says, and nothing more, all changes count as one: `+ …`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "mutants-left.md"

WORDS = "…"
_ERROR = re.compile(r"(raise [A-Z]\w+\(|assert ).*")
_TEXT = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True, order=True)
class Left:
    """One change: the lines that were taken out of a function, and those put in their place, each as one line; `""` for none.
    `function` is `Class.method` or `function`."""

    file: str
    function: str
    out: str
    into: str

    def still_stands(self) -> bool:
        """Whether the function has these lines today."""
        source = (ROOT / self.file).read_text("utf-8")
        body: list[ast.stmt] = ast.parse(source).body
        of_class, _, name = self.function.rpartition(".")
        if of_class:
            body = [stmt for one in body if isinstance(one, ast.ClassDef) and one.name == of_class for stmt in one.body]
        found = [ast.get_source_segment(source, one) for one in body if isinstance(one, ast.FunctionDef) and one.name == name]
        return any(self.out in _one_line((text or "").splitlines()) for text in found)


def left(file: str, function: str, diff: str) -> Left:
    """The change that a unified diff shows."""
    lines = diff.splitlines()
    out, into = (_one_line(line[1:] for line in lines if line[:1] == sign) for sign in "-+")
    return Left(file, function, out, WORDS if _is_of_words(out, into) else into)


def listed(page: str) -> set[Left]:
    """What the page lists, in blocks that begin with ```diff: `@@ file function`, the lines taken out, and a `+` line for each
    change of them. Raises ValueError for a block that says something else."""
    found: set[Left] = set()
    for block in page.split("```diff\n")[1:]:
        file = function = out = ""
        for sign, group in groupby(block.partition("```")[0].splitlines(), key=lambda line: line[:1]):
            lines = [line[1:] for line in group]
            match sign:
                case "@":
                    _, file, function = lines[-1].split()
                case "-":
                    out = _one_line(lines)
                case "+" if file and out:
                    found.update(Left(file, function, out, _one_line([line])) for line in lines)
                case _:
                    raise ValueError(f"not a change: {sign}{lines[0]}")
    return found


def shown(changes: Iterable[Left]) -> Iterator[str]:
    """The lines of a block, as `listed` reads them."""
    for (file, function), of_function in groupby(sorted(changes), key=lambda one: (one.file, one.function)):
        yield f"@@ {file} {function}"
        for out, of_line in groupby(of_function, key=lambda one: one.out):
            yield f"- {out}"
            yield from (f"+ {one.into}".rstrip() for one in of_line)


def _is_of_words(out: str, into: str) -> bool:
    """Whether it changes only what an error says: another text, or none."""
    if not (error := _ERROR.fullmatch(out)):
        return False
    return into.startswith(f"{error[1]}None)") or _TEXT.sub("", out) == _TEXT.sub("", into)


def _one_line(lines: Iterable[str]) -> str:
    return " ".join(word for line in lines for word in line.split())
