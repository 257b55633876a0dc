"""`vigcam keygen`: a new identity that age's own tools read, in a file that is never replaced."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from workstation import Desk, film_recording, make_desk

from capture.seal.keys import Identity


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Identity]:
    return film_recording(tmp_path_factory.mktemp("vault"))


@pytest.fixture
def desk(tmp_path: Path, filmed: tuple[Path, Identity]) -> Desk:
    return make_desk(tmp_path, filmed)


def test_keygen_makes_an_identity_file_that_the_age_tools_read(desk: Desk) -> None:
    ended = desk.run("keygen", "-o", "identity.txt")
    assert ended.returncode == 0
    identity = desk.folder / "identity.txt"
    assert stat.S_IMODE(identity.stat().st_mode) == 0o600
    public = subprocess.run(["/usr/bin/age-keygen", "-y", identity], capture_output=True, text=True, check=True, timeout=20)
    assert ended.stderr.strip() == f"Public key: {public.stdout.strip()}"
    assert "AGE-SECRET" not in ended.stdout + ended.stderr


def test_keygen_never_replaces_an_identity(desk: Desk) -> None:
    assert desk.run("keygen", "-o", "identity.txt").returncode == 0
    before = (desk.folder / "identity.txt").read_text()
    assert desk.run("keygen", "-o", "identity.txt").returncode == 1
    assert (desk.folder / "identity.txt").read_text() == before


def test_keygen_without_a_file_shows_a_new_identity_each_time(desk: Desk) -> None:
    first, second = (desk.run("keygen").stdout for _ in range(2))
    assert Identity.parse(first.splitlines()[-1]).recipient.encode() in first
    assert first.splitlines()[-1] != second.splitlines()[-1]
