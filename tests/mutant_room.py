"""One room's rules broken on purpose, one small change at a time, and its tests run on each; never touches the checkout.

mutmut makes the changes, in a copy: it writes every variant of a function beside the original, imports all once, and forks a
process for each, in which that one variant is called. It leaves alone what is not a plain function or method: constants and the
fields of facts; what is merely wrapped as a property is unwrapped for it (`mutant_wrapping.py`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from mutant_wrapping import unwrap
from mutmut.configuration import reset_config
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("device", "capture", "webui", "tests", "docs", "pyproject.toml", "README.md")
"""What the tests of the rooms read."""

FOUND_OUT = frozenset({"killed", "timeout", "segfault"})
SAY_EVERY_S = 15
Say = Callable[[str], None]

_COUNT = re.compile(r"\S+ (\d+)/(\d+) ")


@dataclass(frozen=True, slots=True)
class Room:
    """`files`: what is changed. `tests`: what has to notice, quick ones that start no other process; both as patterns. `without`:
    of those tests the ones that take long. `names`: which of the mutants, as patterns of mutmut's names
    (`capture.recorder.step.x__tally_lit__mutmut_*`); all where empty."""

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed function, and what mutmut says became of it: "killed", "survived", "timeout", "no tests" and so on."""

    file: str
    name: str
    fate: str

    @property
    def is_found_out(self) -> bool:
        return self.fate in FOUND_OUT


def run(room: Room, folder: Path, *, jobs: int, say: Say) -> tuple[Mutant, ...]:
    """Mutate a copy of the checkout in `folder`, which must not be there yet, and say how far it is.

    Raises ChildProcessError with the end of mutmut's words where its run fails: the tests did not hold before any change.
    """
    copy_to(folder)
    for path in {path for pattern in room.files for path in folder.glob(pattern)}:
        path.write_text(unwrap(path.read_text("utf-8")), "utf-8")
    (folder / "setup.cfg").write_text(_settings(room, folder), "utf-8")
    copied = folder / "mutants" / "tests"  # by mutmut; there from the start, because Python asks only once for what it may import
    copied.mkdir(parents=True)
    environment = os.environ | {"PYTHONPATH": str(copied), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs), *room.names]
    with subprocess.Popen(
        command, cwd=folder, env=environment, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        said = [line for line in _told(process.stdout, room.name, say) if line.strip()]
    if process.returncode:
        raise ChildProcessError("\n".join([f"{room.name}: mutmut ended with {process.returncode}", *said[-40:]]))
    return tuple(mutant for mutant in _read(folder) if any(fnmatch(mutant.name, name) for name in room.names or ("*",)))


def copy_to(folder: Path) -> None:
    folder.mkdir(parents=True)
    leave_out = shutil.ignore_patterns("__pycache__", "vendor", ".hypothesis")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=leave_out)
        else:
            shutil.copy2(ROOT / part, folder / part)


def diff(mutant: Mutant, folder: Path) -> str:
    """What the mutant changed, as a unified diff without its head."""
    with chdir(folder):
        reset_config()  # mutmut keeps the settings of the folder that it looked at first
        shown = get_diff_for_mutant(mutant.name, path=mutant.file)
    return "\n".join(line for line in shown.splitlines()[2:] if line[:1] in "+-")


def _settings(room: Room, folder: Path) -> str:
    tests = sorted(path.relative_to(folder).as_posix() for pattern in room.tests for path in folder.glob(pattern))
    settings: dict[str, tuple[str, ...]] = {
        "source_paths": tuple(sorted({file.partition("/")[0] for file in room.files})),
        "only_mutate": room.files,
        "also_copy": tuple(part for part in PARTS if part != "tests"),
        "pytest_add_cli_args_test_selection": tuple(tests),
        # random examples drawn alike in every run: else a mutant would live on one day and not on the next
        "pytest_add_cli_args": (
            *("-p", "no:cacheprovider", "-p", "mutant_order", "--hypothesis-seed=0"),
            *(f"--deselect={test}" for test in room.without),
        ),
    }
    lists = (f"{key} =\n" + "".join(f"  {value}\n" for value in values) for key, values in settings.items())
    return "[mutmut]\ntimeout_constant = 1.0\ntimeout_multiplier = 10.0\n" + "".join(lists)


def _told(words: Iterable[str], name: str, say: Say) -> Iterator[str]:
    """Pass on what mutmut says; what it says over and over, how far it is, every so often."""
    due = time.monotonic()
    for line in words:
        yield line.rstrip()
        if (count := _COUNT.match(line)) and time.monotonic() >= due:
            due = time.monotonic() + SAY_EVERY_S
            say(f"{name}: {count[1]} of {count[2]} mutants tried")


def _read(folder: Path) -> Iterator[Mutant]:
    made = folder / "mutants"
    for meta in sorted(made.rglob("*.py.meta")):
        file = meta.relative_to(made).as_posix().removesuffix(".meta")
        for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            yield Mutant(file, name, status_by_exit_code[code])
