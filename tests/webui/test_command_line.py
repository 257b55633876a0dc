"""The `vigcam` command as somebody at a shell meets it: words and exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from capture.errors import BY_CODE, AuditBroken, BadRequest, ConsentMissing, NotFound, SealBroken, TooManyAttempts, VigcamError
from webui.cli import VERBS
from webui.cli_words import WORDS, exit_code, words


def vigcam(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "webui.cli", *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_every_refusal_has_words() -> None:
    assert set(BY_CODE) - {"internal"} == set(WORDS)


def test_words_add_what_the_refusal_says() -> None:
    assert words(NotFound("no box in /x")).endswith("(no box in /x)")
    assert words(ConsentMissing(reasons=("expired",))).endswith("(expired)")
    assert words(TooManyAttempts(retry_after_s=8.0)).endswith("(8 s)")
    assert words(VigcamError()) == "Something went wrong."


@pytest.mark.parametrize(("refusal", "code"), [(NotFound(), 1), (BadRequest(), 2), (SealBroken(), 3), (AuditBroken(), 3)])
def test_exit_code_tells_refused_from_misused_from_damaged(refusal: VigcamError, code: int) -> None:
    assert exit_code(refusal) == code


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_explains_itself(verb: str) -> None:
    told = vigcam(verb, "--help")
    assert told.returncode == 0
    assert "Usage: vigcam" in told.stdout


def test_a_box_that_is_not_there_is_one_clear_line_and_no_traceback(tmp_path: Path) -> None:
    told = vigcam("status", "--dir", str(tmp_path / "nowhere"))
    assert told.returncode in (1, 2)
    assert "Traceback" not in told.stderr
    assert told.stderr.startswith("vigcam: ")
    assert told.stdout == ""


def test_an_unknown_verb_is_wrong_use() -> None:
    assert vigcam("resurrect").returncode == 2


def test_running_a_box_that_is_none_is_refused(tmp_path: Path) -> None:
    told = vigcam("run", "--dir", str(tmp_path))
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
