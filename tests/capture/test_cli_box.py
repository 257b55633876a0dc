"""The box's verbs as they are typed: what they print and with which code they end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_box import flip

from capture.config import load_config
from capture.listening import listen
from capture.messages import GetStatus, Status, Verb
from capture.model import Confidence, WallTime
from capture.seal import hybrid
from capture.seal.keys import Identity
from capture.server import Peers, Reply, Server

ROOT = Path(__file__).parents[2]
SERVICE = Identity.generate()


def vigcam(*words: object, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, with a terminal of 100 columns and nothing of ours but the path."""
    return subprocess.run(
        [sys.executable, "-m", "webui.cli", *map(str, words)],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "COLUMNS": "100", "LC_ALL": "C.UTF-8"},
    )


@pytest.fixture(scope="module")
def identity_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("service") / "recovery.txt"
    path.write_text(f"# the service's recovery\n\n{Identity.generate().encode()}\n{SERVICE.encode()}\n", "ascii")
    return path


@pytest.fixture
def box(tmp_path: Path, identity_file: Path) -> Path:
    done = vigcam(
        *("provision", "--dir", tmp_path / "box", "--recovery", SERVICE.recipient.encode()),
        *("--recovery-identity", identity_file),
    )
    assert done.returncode == 0, done.stderr
    return tmp_path / "box"


def test_provision_with_json_prints_one_object_on_one_line(tmp_path: Path, identity_file: Path) -> None:
    done = vigcam(
        *("provision", "--dir", tmp_path / "box", "--recovery", SERVICE.recipient.encode()),
        *("--recovery-identity", identity_file, "--name", "localhost", "--address", "127.0.0.1", "--port", 8555, "--json"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    facts = json.loads(done.stdout)
    assert set(facts) == {"box_id", "setup_code", "base_url", "ca_cert", "ca_fingerprint", "recovery_fingerprint"}
    assert facts["base_url"] == "https://127.0.0.1:8555"
    assert Path(facts["ca_cert"]).read_text("ascii").startswith("-----BEGIN CERTIFICATE-----")
    assert facts["recovery_fingerprint"] == SERVICE.recipient.fingerprint


def test_what_is_shown_is_shown_letter_by_letter(tmp_path: Path, identity_file: Path) -> None:
    folder = tmp_path / ":ab:[b]"  # to the printing library the name of a picture, and bold type
    done = vigcam(
        *("provision", "--dir", folder, "--recovery", SERVICE.recipient.encode()), *("--recovery-identity", identity_file)
    )
    assert ":ab:[b]" in "".join(done.stdout.split())


def test_provision_for_people_shows_the_whole_fingerprint_and_code(tmp_path: Path, identity_file: Path) -> None:
    done = vigcam(
        *("provision", "--dir", tmp_path / "box", "--recovery", SERVICE.recipient.encode()),
        *("--recovery-identity", identity_file),
    )
    digits = re.sub(r"[^0-9A-F:]", "", done.stdout.split("Its SHA-256")[1].split("Recovery")[0])
    assert digits.count(":") == 31
    assert re.search(r"Set-up code +[0-9a-z]{4}(-[0-9a-z]{4}){4}\s", done.stdout)


def test_provision_asks_for_the_challenge_and_takes_the_age_tools_answer(tmp_path: Path, identity_file: Path) -> None:
    command = [sys.executable, "-m", "webui.cli", "provision", "--dir", tmp_path / "box", "--json"]
    with subprocess.Popen(
        [*command, "--recovery", SERVICE.recipient.encode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        shown = next(line for line in process.stderr if "base64 -d" in line)
        shell = shown.replace("RECOVERY-IDENTITY-FILE", str(identity_file))
        answer = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=True, timeout=30).stdout
        process.stdin.write(answer + "\n")
        process.stdin.close()
        assert json.loads(process.stdout.read())["recovery_fingerprint"] == SERVICE.recipient.fingerprint
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize("typed", ["wrong\n", ""])
def test_unproven_recovery_is_refused(tmp_path: Path, typed: str) -> None:
    done = vigcam("provision", "--dir", tmp_path / "box", "--recovery", SERVICE.recipient.encode(), typed=typed)
    assert done.returncode == 1
    assert not (tmp_path / "box").exists()
    assert "Traceback" not in done.stderr


def test_recovery_may_share_its_identity_file_with_keys_that_no_box_takes(tmp_path: Path) -> None:
    modern = hybrid.Identity.generate()
    (tmp_path / "both.txt").write_text(f"{modern.encode()}\n{SERVICE.encode()}  \n", "ascii")
    words = ("provision", "--dir", tmp_path / "box", "--recovery-identity", tmp_path / "both.txt", "--recovery")
    assert vigcam(*words, modern.recipient.encode()).returncode == 2
    done = vigcam(*words, SERVICE.recipient.encode())
    assert done.returncode == 0, done.stderr


def test_identity_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(Identity.generate().encode(), "ascii")
    done = vigcam(
        *("provision", "--dir", tmp_path / "box", "--recovery", SERVICE.recipient.encode()),
        *("--recovery-identity", tmp_path / "other.txt"),
    )
    assert (done.returncode, "recovery" in done.stderr) == (1, True)
    assert not (tmp_path / "box").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("provision", "--dir", "box"),
        ("provision", "--dir", "box", "--recovery", "age1nonsense"),
        ("provision", "--dir", "box", "--recovery", SERVICE.recipient.encode(), "--port", "0"),
        ("provision", "--dir", "box", "--recovery", SERVICE.recipient.encode(), "--name", "Bad Name"),
        ("status",),
        ("audit", "verify", "--dir", "box", "--remembered", "7"),
    ],
)
def test_wrong_use_ends_with_2(words: tuple[str, ...]) -> None:
    done = vigcam(*words)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_provisioning_a_used_folder_ends_with_1(box: Path, identity_file: Path) -> None:
    done = vigcam(*("provision", "--dir", box, "--recovery", SERVICE.recipient.encode(), "--recovery-identity", identity_file))
    assert (done.returncode, "not empty" in done.stderr) == (1, True)


@pytest.mark.promise("P10")
def test_verify_ends_with_0_for_a_good_log(box: Path) -> None:
    done = vigcam("audit", "verify", "--dir", box)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "good: 2 lines, 0 recordings")


@pytest.mark.promise("P10")
def test_verify_names_the_first_bad_line_and_ends_with_3(box: Path) -> None:
    log = box / "audit.log"
    data = log.read_bytes()
    log.write_bytes(flip(data, data.index(b"recovery_set")))
    done = vigcam("audit", "verify", "--dir", box)
    assert done.returncode == 3
    assert "first bad line: 2" in done.stdout


def test_verify_calls_an_unfinished_log_torn_and_ends_with_3(box: Path) -> None:
    log = box / "audit.log"
    log.write_bytes(log.read_bytes()[:-20])
    done = vigcam("audit", "verify", "--dir", box)
    assert done.returncode == 3
    assert "torn" in done.stdout


def test_verify_finds_a_log_that_was_put_back(box: Path) -> None:
    head = next(
        line.removeprefix("head: ") for line in vigcam("audit", "verify", "--dir", box).stdout.splitlines() if "head" in line
    )
    log = box / "audit.log"
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    assert vigcam("audit", "verify", "--dir", box).returncode == 0
    assert vigcam("audit", "verify", "--dir", box, "--remembered", head).returncode == 3


def test_verify_knows_the_boxs_own_key(box: Path, tmp_path: Path, identity_file: Path) -> None:
    vigcam(
        *("provision", "--dir", tmp_path / "other", "--recovery", SERVICE.recipient.encode()),
        *("--recovery-identity", identity_file),
    )
    (box / "audit.log").write_bytes((tmp_path / "other" / "audit.log").read_bytes())
    done = vigcam("audit", "verify", "--dir", box)
    assert (done.returncode, "first bad line: 1" in done.stdout) == (3, True)


@pytest.mark.parametrize("verb", ["verify", "export"])
def test_the_log_that_is_looked_at_is_the_boxs_own_unless_told_otherwise(verb: str) -> None:
    assert "[default: /var/lib/vigcam]" in " ".join(vigcam("audit", verb, "--help").stdout.split())


@pytest.mark.parametrize("verb", [("status",), ("audit", "verify"), ("audit", "export", "-o", "bundle.zip")])
def test_folder_that_is_no_box_ends_with_1(tmp_path: Path, verb: tuple[str, ...]) -> None:
    done = vigcam(*verb, "--dir", tmp_path / "nothing")
    assert (done.returncode, "Traceback" in done.stderr, done.stdout) == (1, False, "")


def test_status_without_a_daemon_says_so_and_ends_with_1(box: Path) -> None:
    done = vigcam("status", "--dir", box)
    assert (done.returncode, "daemon does not answer" in done.stderr) == (1, True)


STATUS = Status(
    box_id="box-zh47am",
    version="0.1.0",
    state="recording",
    fault="",
    tally="steady",
    ready="off",
    tone="start",
    tone_count=1,
    is_sensor_open=True,
    armed_case="VIG-7F3K",
    armed_mode="film",
    lease_left_s=10_000,
    filmed_s=12.5,
    recording_id="rec-2345678923456789",
    last_recording_id="",
    waiting_for_press="",
    is_signed_in=True,
    is_enrolment_open=False,
    enrolment_left_s=0,
    clock=WallTime(ms=1_800_000_000_000, confidence=Confidence.BROWSER),
    power="unknown",
    free_bytes=12_000_000_000,
    free_minutes=200,
    recovery_fingerprint="8155-d21f-a601-af4a",
    longest_sync_ms=3.5,
)


@pytest.fixture
def running(box: Path) -> Iterator[Path]:
    def answer(verb: Verb) -> Reply:
        assert isinstance(verb, GetStatus)
        return Reply(STATUS)

    peers = Peers(page=frozenset(), operators=frozenset({os.getuid()}))
    server = Server(listen(load_config(box / "config.toml").socket.path_in(box)), peers, answer, lambda _uid: None)
    server.start()
    yield box
    server.close()


def test_status_is_readable(running: Path) -> None:
    done = vigcam("status", "--dir", running)
    assert done.returncode == 0, done.stderr
    for words in (
        r"Camera +ON",
        r"State +recording",
        r"Armed +VIG-7F3K",
        r"Power +unknown",
        r"200 minutes",
        r"2027-01-15 08:00:00 UTC",
    ):
        assert re.search(words, done.stdout), words


def test_status_with_json_is_the_answer_itself(running: Path) -> None:
    done = vigcam("status", "--dir", running, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["state"], facts["is_sensor_open"], facts["free_bytes"]) == ("recording", True, 12_000_000_000)
    assert done.stdout.count("\n") == 1
