"""`vigcam demo` as a newcomer or a program runs it: both processes, the whole job, nothing left behind."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyrage
import pytest
from film_maker import make_film

ISSUED = {
    *("base_url", "ca_cert", "username", "passphrase", "recording_id", "sealed_path", "keyring_path", "mp4_path", "mp4_sha256"),
    *("frames_generated", "frames_kept", "frames_dropped", "seconds", "av_offset_ms", "stop_reason"),
}
"""What other programs rely on."""


CUT_OFF = (("unshare", "--map-root-user", "--net", "--"), ("unshare", "--net", "--"))
"""A program started so has a network of its own, with nobody in it and nothing switched on. The first needs no root."""

LOOPBACK_ON = "import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sH14x', b'lo', 0x41))"
"""SIOCSIFFLAGS, IFF_UP | IFF_RUNNING: netdevice(7)."""


def cut_off() -> tuple[str, ...]:
    """The first way that works here; empty where none does."""
    for way in CUT_OFF if shutil.which("unshare") else ():
        if subprocess.run([*way, sys.executable, "-c", LOOPBACK_ON], capture_output=True, check=False).returncode == 0:
            return way
    return ()


def start_demo(*arguments: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """The demo with a loopback of its own where `before` is a way of CUT_OFF, else on this machine's network."""
    program = f"{LOOPBACK_ON if before else ''}\nfrom webui.cli import main\nmain()"
    return subprocess.Popen(
        [*before, sys.executable, "-c", program, "demo", "--exit", "--json", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def play_demo(*arguments: str, before: tuple[str, ...] = ()) -> dict[str, Any]:
    demo = start_demo(*arguments, before=before)
    said, told = demo.communicate(timeout=150)
    assert demo.returncode == 0, told
    lines = said.splitlines()
    assert len(lines) == 1, "stdout carries the one JSON object and nothing else"
    account = json.loads(lines[0])
    assert isinstance(account, dict)
    return account


def box_processes(box: Path) -> list[str]:
    """Command lines of processes that still belong to this box."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if any(word.startswith(str(box)) for word in words):
            lines.append(" ".join(words))
    return lines


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    box = tmp_path_factory.mktemp("demo") / "box"
    way = cut_off()
    account = play_demo("--dir", str(box), "--seconds", "4", before=way)
    account["left_running"] = box_processes(box)
    account["is_cut_off"] = bool(way)
    return account


def test_account_holds_what_other_programs_rely_on(scene: dict[str, Any]) -> None:
    assert set(scene) >= ISSUED
    assert scene["base_url"].startswith("https://127.0.0.1:")
    assert len(scene["passphrase"].split()) == 6
    assert scene["stop_reason"] == "press"
    assert scene["marked"] == "0:02"
    for key in ("ca_cert", "sealed_path", "keyring_path", "mp4_path"):
        assert Path(scene[key]).is_file(), key


@pytest.mark.promise("P11")
def test_every_frame_made_is_kept_or_counted_as_lost(scene: dict[str, Any]) -> None:
    assert scene["frames_kept"] + scene["frames_dropped"] == scene["frames_generated"]
    assert scene["frames_decoded"] == scene["frames_kept"]
    assert scene["frames_generated"] >= 4 * 30 - 5


def test_it_films_for_as_long_as_was_asked_with_sound_in_step(scene: dict[str, Any]) -> None:
    assert scene["seconds"] == pytest.approx(4, abs=0.5)
    assert scene["has_sound"]
    assert abs(scene["av_offset_ms"]) < 40


@pytest.mark.promise("P12")
def test_all_of_it_works_with_no_network_but_the_loopback(scene: dict[str, Any]) -> None:
    if not scene["is_cut_off"]:
        pytest.skip("this kernel gives no network namespaces to this user")
    assert scene["frames_kept"] > 0


def test_film_at_the_laptop_is_the_one_whose_hash_is_told(scene: dict[str, Any]) -> None:
    assert hashlib.sha256(Path(scene["mp4_path"]).read_bytes()).hexdigest() == scene["mp4_sha256"]


def test_sealed_recording_opens_elsewhere_with_the_keyring_or_with_recovery(scene: dict[str, Any]) -> None:
    ring = json.loads(pyrage.passphrase.decrypt(Path(scene["keyring_path"]).read_bytes(), scene["passphrase"]))
    secrets = [value for value in ring.values() if isinstance(value, str) and value.startswith("AGE-SECRET-KEY-")]
    secrets += [line for line in Path(scene["recovery_identity_path"]).read_text().splitlines() if line.startswith("AGE-")]
    assert len(secrets) == 2
    sealed = Path(scene["sealed_path"]).read_bytes()
    first, second = (pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(secret)]) for secret in secrets)
    assert first == second
    assert first[4:8] == b"ftyp"


def test_nothing_taken_over_lies_in_the_box_and_no_process_stays(scene: dict[str, Any]) -> None:
    box = Path(scene["box_dir"])
    assert box not in Path(scene["mp4_path"]).parents
    assert not list(box.rglob("*.mp4"))
    assert scene["left_running"] == []


@pytest.mark.promise("P6", "P7")
def test_neither_passphrase_nor_recovery_identity_is_in_any_byte_of_the_box(scene: dict[str, Any]) -> None:
    recovery = next(line for line in Path(scene["recovery_identity_path"]).read_text().splitlines() if line.startswith("AGE-"))
    planted = [scene["passphrase"].encode(), scene["setup_code"].encode(), recovery.encode(), b"AGE-SECRET-KEY-"]
    places = [*Path(scene["box_dir"]).rglob("*"), *(Path(scene["out_dir"]) / "log").iterdir()]
    for path in places:
        if path.is_file():
            data = path.read_bytes()
            assert not [word for word in planted if word in data], path


@pytest.mark.promise("P6")
def test_no_stretch_of_the_film_is_in_any_byte_of_the_box(scene: dict[str, Any]) -> None:
    film = Path(scene["mp4_path"]).read_bytes()
    stretches = [film[at : at + 32] for at in range(4096, len(film) - 32, len(film) // 200)]
    stretches = [stretch for stretch in stretches if len(set(stretch)) > 16]  # runs of one byte are in every file
    assert len(stretches) > 100
    for path in (path for path in Path(scene["box_dir"]).rglob("*") if path.is_file()):
        data = path.read_bytes()
        assert not any(stretch in data for stretch in stretches), path


def test_a_real_film_goes_through_the_camera_with_its_sound(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", seconds=12)
    account = play_demo("--video", str(film), "--dir", str(tmp_path / "box"), "--out", str(tmp_path / "laptop"))
    assert account["seconds"] == pytest.approx(12, abs=0.5)
    assert account["has_sound"]
    assert (account["width"], account["height"]) == (1280, 720)
    assert account["av_offset_ms"] is None
    assert Path(account["mp4_path"]).parent == tmp_path / "laptop"
    assert account["frames_kept"] + account["frames_dropped"] == account["frames_generated"]


def test_ended_in_the_middle_of_filming_it_seals_then_stops(tmp_path: Path) -> None:
    box = tmp_path / "box"
    demo = start_demo("--dir", str(box), "--seconds", "100")
    try:
        end = time.monotonic() + 60
        while not list((box / "vault").glob("*.part")):
            assert demo.poll() is None, demo.communicate()
            assert time.monotonic() < end
            time.sleep(0.05)  # another process's disk has no clock to inject
        time.sleep(1.5)
        demo.send_signal(signal.SIGINT)
        said, told = demo.communicate(timeout=60)
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.communicate()
    assert demo.returncode == 1
    assert "Traceback" not in told
    assert said == ""
    assert box_processes(box) == []
    sealed = [path.name for path in (box / "vault").iterdir()]
    assert len([name for name in sealed if name.endswith(".mp4.age")]) == 1, sealed
    assert not [name for name in sealed if name.endswith(".part")]
    assert os.access(box / "audit.log", os.R_OK)
    verified = subprocess.run(
        [sys.executable, "-m", "webui.cli", "audit", "verify", "--dir", str(box)], capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--seconds", "0"), 2, "0"),
        (("--seconds", "5000"), 2, "too long"),
        (("--dir", "{tmp}/box", "--out", "{tmp}/box/out"), 2, "never goes into the box"),
        (("--dir", "{tmp}"), 1, "not empty"),
        (("--video", "{tmp}/noise.mp4"), 1, "cannot be decoded"),
        (("--video", "{tmp}/missing.mp4"), 1, "no film"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    (tmp_path / "noise.mp4").write_bytes(b"this is no film at all" * 500)
    demo = start_demo(*(argument.replace("{tmp}", str(tmp_path)) for argument in arguments))
    said, told = demo.communicate(timeout=60)
    assert demo.returncode == code, told
    assert words in told
    assert "Traceback" not in told
    assert said == ""
