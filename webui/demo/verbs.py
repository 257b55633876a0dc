"""Runs this project's own commands as somebody at a shell would: a process, its answer, its exit code. Interprets nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

from webui.demo.trouble import DemoFailed

_LONGEST_S = 600.0


def vigcam(*arguments: str) -> str:
    """`vigcam ARGUMENTS`: what it wrote to stdout. Raises DemoFailed, with its words, unless it ended with 0."""
    return _run(["-m", "webui.cli", *arguments], f"vigcam {arguments[0]}")


def vigcam_object(*arguments: str) -> Mapping[str, object]:
    """The same for a verb that answers with a JSON object on its last line."""
    return _object(vigcam(*arguments), f"vigcam {arguments[0]}")


def witness(*arguments: str) -> Mapping[str, object]:
    """`python -m device.witness ARGUMENTS`: what is in a film, seen with an eye of its own."""
    return _object(_run(["-m", "device.witness", *arguments], "the witness"), "the witness")


def _run(arguments: list[str], name: str) -> str:
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DemoFailed(f"{name} did not end: {error}") from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise DemoFailed(f"{name} ended with {done.returncode}: {said[-1] if said else 'it said nothing'}")
    return done.stdout


def _object(said: str, name: str) -> Mapping[str, object]:
    lines = said.strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else None
    except ValueError as error:
        raise DemoFailed(f"{name} answered no JSON") from error
    if not isinstance(found, dict):
        raise DemoFailed(f"{name} answered no JSON object")
    return found
