"""docs/verify_audit.py and docs/verify_access.py run as their reader would run them, in this process. Mends nothing."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from source_tree import ROOT

SCRIPT = ROOT / "docs" / "verify_audit.py"
ACCESS = ROOT / "docs" / "verify_access.py"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: its exit status, and what it said on standard error."""

    code: int
    words: str


@cache
def _script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{path.stem}_of_the_page", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_script(*words: Path | str) -> Ending:
    """The one for the log."""
    return run_this(SCRIPT, *words)


def run_this(script: Path, *words: Path | str) -> Ending:
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            code = _script(script).main([str(word) for word in words])
        except SystemExit as ended:  # with a text, the interpreter prints that and exits with 1
            return Ending(1, f"{said.getvalue()}{ended.code}\n")
    return Ending(code, said.getvalue())
