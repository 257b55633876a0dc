"""`vigcam audit verify` and `export` as they are typed: what they compare, what they refuse, and what reaches the terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from recalled_box import RecalledBox, run
from source_tree import ROOT
from verify_script import run_script

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RecalledBox]:
    made = RecalledBox(tmp_path)
    yield made
    made.box.close()


def test_card_that_cannot_be_written_is_verified_after_a_kill_too(box: RecalledBox, tmp_path: Path) -> None:
    """What the killed daemon said last waits in the -wal file, beside which SQLite would make one of its own."""
    card = Path(shutil.copytree(box.folder, tmp_path.with_name(f"{tmp_path.name}-card"), ignore=shutil.ignore_patterns("*-shm")))
    assert (card / "catalogue.sqlite-wal").stat().st_size > 0
    before = sorted(path.name for path in card.iterdir())
    card.chmod(0o500)
    # root writes into any folder unless it gives that up
    plain = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
    command = [*plain, sys.executable, "-m", "webui.cli", "audit", "verify", "--dir", card]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "compared with 1 lines" in done.stdout) == (0, True), done
    assert sorted(path.name for path in card.iterdir()) == before
    card.chmod(0o700)


@pytest.mark.parametrize("more", [(), ("--every-signature",)])
def test_verify_tells_with_how_many_heads_it_compared(box: RecalledBox, more: tuple[str, ...]) -> None:
    box.stop()
    code, words = run("verify", "--dir", box.folder, *more)
    assert code == 0
    assert "compared with 1 lines that are remembered" in words
    head = words.split("head: ")[1].split("\n")[0]
    assert "compared with 2 lines" in run("verify", "--dir", box.folder, "--remembered", head)[1]
    box.cut(1)
    code, words = run("verify", "--dir", box.folder, *more)
    assert code == 3
    assert "damaged: audit.log: line 8 is not the one that the catalogue remembers" in words


def test_name_of_a_file_cannot_reach_the_terminal(box: RecalledBox) -> None:
    box.stop()
    (box.folder / "vault" / "rec-\udcff\x1b[2J\n.mp4.age").write_bytes(b"x")
    code, words = run("verify", "--dir", box.folder)
    assert (code, "\x1b" in words, "rec-\\udcff\\x1b[2J\\n.mp4.age is not in the log" in words) == (3, False, True)


def test_log_that_is_no_file_is_refused(box: RecalledBox) -> None:
    box.stop()
    box.log.unlink()
    box.log.mkdir()
    code, words = run("verify", "--dir", box.folder)
    assert (code, "there is no audit.log in" in words) == (1, True)


def test_log_that_cannot_be_read_is_refused_by_its_name(box: RecalledBox) -> None:
    box.stop()
    box.log.unlink()
    box.log.symlink_to("/proc/self/mem")  # a file of which the first byte cannot be read: EIO
    for verb in (("verify",), ("export", "-o", box.folder / "bundle.zip")):
        code, words = run(*verb, "--dir", box.folder)
        assert (code, "Input/output error" in words) == (1, True)


def test_exported_bundle_is_good_by_the_script(box: RecalledBox, tmp_path: Path) -> None:
    target = tmp_path / "bundle.zip"
    assert run("export", "--dir", box.folder, "-o", target)[0] == 0
    assert run_script(target, box.box.device_key.public_hex).code == 0
    assert run("export", "--dir", box.folder, "-o", target)[0] == 1
    assert run("export", "--dir", box.folder, "-o", tmp_path / "case.zip", "--case", box.case)[0] == 0
    assert run_script(tmp_path / "case.zip", box.box.device_key.public_hex).code == 0
    assert run("export", "--dir", box.folder, "-o", tmp_path / "none.zip", "--case", "nobody")[0] == 2


def test_exported_bundle_of_a_log_that_was_cut_says_so_to_the_script(box: RecalledBox, tmp_path: Path) -> None:
    box.stop()
    box.cut(1)
    run("export", "--dir", box.folder, "-o", tmp_path / "bundle.zip")
    ending = run_script(tmp_path / "bundle.zip", box.box.device_key.public_hex)
    assert (ending.code, ending.words.split(":")[0]) == (3, "line 8 is not the one that the catalogue remembers")
