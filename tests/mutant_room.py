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
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from mutant_watch import Ended
from mutant_wrapping import unwrap
from mutmut.configuration import reset_config
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("device", "capture", "webui", "tests", "docs", "pyproject.toml", "README.md")
"""What the tests of the rooms read."""

FOUND_OUT = frozenset({"killed", "endless", "stalled"})
FATES: dict[int | None, str] = {0: "survived", Ended.FAILED: "killed", Ended.ENDLESS: "endless", 5: "no tests", 33: "no tests"}
"""By the code with which the tests ended. Any other settles nothing: a test was slow or waited (`mutant_watch.py`), pytest could
not run, something ended the process. Those mutants are tried again, one at a time."""

STALLED_AGAIN = frozenset({Ended.STALLED, -signal.SIGXCPU, -signal.SIGKILL})
"""Waited, or was deaf to its signal until mutmut ended it, even alone."""

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
    """One changed function, and what became of it: "killed", "survived", "no tests" and so on."""

    file: str
    name: str
    fate: str

    @property
    def function(self) -> str:
        """`Class.method` or `function`."""
        name, of_class = orig_function_and_class_names_from_key(self.name)
        return f"{of_class}.{name}" if of_class else name

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
    tests = {path for pattern in room.tests for path in folder.glob(pattern)}
    for path in set((folder / "tests").rglob("test_*.py")) - tests:
        path.unlink()  # pytest looks at every file of a folder, for each change anew
    (folder / "setup.cfg").write_text(_settings(room, sorted(path.relative_to(folder).as_posix() for path in tests)), "utf-8")
    (folder / "mutants" / "tests").mkdir(parents=True)  # mutmut's copy: Python asks only once for what it may import
    _mutmut(folder, room.name, jobs, room.names, say)
    unsettled = [name for _, name, code in _read(folder, room) if code not in FATES]
    if unsettled:
        say(f"{room.name}: {len(unsettled)} tried again, alone")
        _mutmut(folder, room.name, 1, unsettled, say)
    return tuple(Mutant(file, name, FATES.get(code) or _unsettled(code)) for file, name, code in _read(folder, room))


def _unsettled(code: int | None) -> str:
    if code in STALLED_AGAIN:
        return "stalled"
    return "slow" if code == Ended.SLOW else f"unsettled, code {code}"


def _mutmut(folder: Path, title: str, jobs: int, names: Sequence[str], say: Say) -> None:
    environment = os.environ | {"PYTHONPATH": str(folder / "mutants" / "tests"), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs), *names]
    with subprocess.Popen(
        command, cwd=folder, env=environment, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        said = [line for line in _told(process.stdout, title, say) if line.strip()]
    if process.returncode:
        raise ChildProcessError("\n".join([f"{title}: mutmut ended with {process.returncode}", *said[-40:]]))


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


def _settings(room: Room, tests: Sequence[str]) -> str:
    settings: dict[str, tuple[str, ...]] = {
        "source_paths": tuple(sorted({file.partition("/")[0] for file in room.files})),
        "only_mutate": room.files,
        "also_copy": tuple(part for part in PARTS if part != "tests"),
        "pytest_add_cli_args_test_selection": tuple(tests),
        "pytest_add_cli_args": (
            # random examples are drawn alike in every run; the time is looked after by mutant_watch
            *("-p", "mutant_watch", "--hypothesis-seed=0", "--timeout=0"),
            *(f"-pno:{plugin}" for plugin in ("cacheprovider", "playwright", "base_url", "xdist", "unraisableexception")),
            *(f"--deselect={test}" for test in room.without),
        ),
    }
    lists = (f"{key} =\n" + "".join(f"  {value}\n" for value in values) for key, values in settings.items())
    return "[mutmut]\ntimeout_constant = 5.0\ntimeout_multiplier = 30.0\n" + "".join(lists)


def _told(words: Iterable[str], name: str, say: Say) -> Iterator[str]:
    """Pass on what mutmut says; what it says over and over, how far it is, every so often."""
    due = time.monotonic()
    for line in words:
        yield line.rstrip()
        if (count := _COUNT.match(line)) and time.monotonic() >= due:
            due = time.monotonic() + SAY_EVERY_S
            say(f"{name}: {count[1]} of {count[2]} mutants tried")


def _read(folder: Path, room: Room) -> Iterator[tuple[str, str, int | None]]:
    """File, name and code of each mutant that was asked for."""
    made = folder / "mutants"
    for meta in sorted(made.rglob("*.py.meta")):
        file = meta.relative_to(made).as_posix().removesuffix(".meta")
        for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            if any(fnmatch(name, pattern) for pattern in room.names or ("*",)):
                yield file, name, code
