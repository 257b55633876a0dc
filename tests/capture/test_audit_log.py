"""Writing the log: a line exists once it is on disk, nothing that could be a name gets in, one failure ends it."""

from __future__ import annotations

import errno
import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_box import NOW, AuditBox
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from faults import FaultyDisk, order, recall
from hypothesis import given
from hypothesis import strategies as st

from capture.audit.line import EMPTY, Stamp, make_line, parse_line
from capture.audit.log import AuditEvent
from capture.audit.verify import Verdict
from capture.device_key import DeviceKey
from capture.errors import AuditBroken
from device.disk import SystemDisk

pytestmark = pytest.mark.promise("P10")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AuditBox]:
    made = AuditBox(tmp_path / "box", disk=FaultyDisk(SystemDisk(), tmp_path / "orders"))
    yield made
    made.log.close()


def test_line_can_be_checked_by_the_documented_bytes_alone(box: AuditBox) -> None:
    box.log.append(AuditEvent.PRESS, button="main")
    first, raw = box.path.read_bytes().splitlines()
    said = json.loads(raw)
    body = raw[: raw.index(b',"hash":')]
    digest = hashlib.sha256(b"vigcam audit line v2\x00" + body).digest()
    assert list(said) == ["seq", "boot", "boottime_ms", "wall_ms", "confidence", "event", "fields", "prev", "hash", "sig"]
    assert said["hash"] == digest.hex()
    assert said["prev"] == hashlib.sha256(b"vigcam audit link v2\x00" + first + b"\n").hexdigest()
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(json.loads(first)["fields"]["device_key"]))
    public.verify(bytes.fromhex(said["sig"]), b"vigcam device signature v1\x00audit-line\x00" + digest)


def test_first_line_carries_the_boxs_public_key(box: AuditBox) -> None:
    assert json.loads(box.path.read_bytes().splitlines()[0])["fields"] == {"device_key": box.key.public_hex, "box": box.box_id}


def test_line_tells_both_clocks_and_the_confidence(box: AuditBox) -> None:
    box.clock.boot_ns = 42_000_000_000
    line = box.log.append(AuditEvent.MARK)
    assert (line.boot, line.boottime_ms, line.wall_ms, line.confidence) == (box.clock.boot_id, 42_000, NOW.ms, NOW.confidence)


@pytest.mark.parametrize(
    "value", ["Anna Smith", "x" * 81, "Zoë", "a\n", "a/b", "a,b", '"', "name@example", 1.5, None, True, 2**53, b"x"]
)
def test_value_that_could_be_a_name_is_refused(box: AuditBox, value: object) -> None:
    before = box.path.read_bytes()
    with pytest.raises(ValueError, match="audit field note") as refused:
        box.log.append(AuditEvent.PRESS, note=value)  # type: ignore[arg-type]
    assert str(value) not in str(refused.value) or value in (None, True)
    assert box.path.read_bytes() == before


@pytest.mark.parametrize("fields", [{"Anna Smith": 1}, {"": 1}, {"a" * 41: 1}, {f"f{n}": n for n in range(17)}])
def test_field_name_that_could_be_a_name_and_too_many_fields_are_refused(box: AuditBox, fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="field"):
        box.log.append(AuditEvent.PRESS, **fields)


fields = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True),
    st.integers(-(2**53) + 1, 2**53 - 1) | st.from_regex(r"[A-Za-z0-9_.:+-]{0,80}", fullmatch=True),
    max_size=16,
)


@given(fields=fields, event=st.sampled_from(AuditEvent), boottime_ms=st.integers(0, 2**52))
def test_every_allowed_line_reads_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, int | str], event: AuditEvent, boottime_ms: int
) -> None:
    key = _shared_key(tmp_path_factory)
    line = make_line(key, EMPTY, Stamp("a" * 32, boottime_ms, NOW), event, fields)
    assert parse_line(line.encode()) == line


def _shared_key(factory: pytest.TempPathFactory) -> DeviceKey:
    path = factory.getbasetemp() / "shared-device.key"
    return DeviceKey.load(path) if path.exists() else DeviceKey.create(path, SystemDisk())


def test_line_is_done_only_after_its_sync(box: AuditBox, tmp_path: Path) -> None:
    order(tmp_path / "orders", "sync_data", "hold audit.log")
    waiting = box.log.submit(AuditEvent.PRESS)
    assert isinstance(box.disk, FaultyDisk)
    box.disk.wait_for("sync_data", 2)
    assert not waiting.done()
    assert box.log.head.sequence == 1
    recall(tmp_path / "orders", "sync_data")
    assert waiting.result(timeout=10).seq == 2
    assert box.log.head == waiting.result().head


@pytest.mark.promise("P5")
def test_handing_a_line_in_does_not_wait_for_a_stalled_disk(box: AuditBox, tmp_path: Path) -> None:
    order(tmp_path / "orders", "sync_data", "hold audit.log")
    waiting = [box.log.submit(AuditEvent.PRESS) for _ in range(100)]
    assert not any(line.done() for line in waiting)
    recall(tmp_path / "orders", "sync_data")
    assert [line.result(timeout=10).seq for line in waiting] == list(range(2, 102))


def test_time_of_a_line_is_when_it_was_handed_in_not_when_it_was_written(box: AuditBox, tmp_path: Path) -> None:
    order(tmp_path / "orders", "sync_data", "hold audit.log")
    box.clock.boot_ns = 5_000_000_000
    blocking = box.log.submit(AuditEvent.MARK)
    waiting = box.log.submit(AuditEvent.PRESS)
    box.clock.boot_ns = 9_000_000_000
    recall(tmp_path / "orders", "sync_data")
    blocking.result(timeout=10)
    assert waiting.result(timeout=10).boottime_ms == 5_000


@pytest.mark.parametrize("operation", ["write_all", "sync_data"])
def test_one_failed_write_blocks_everything_later(box: AuditBox, operation: str) -> None:
    assert isinstance(box.disk, FaultyDisk)
    box.disk.fail(operation, errno.ENOSPC)
    with pytest.raises(AuditBroken):
        box.log.append(AuditEvent.PRESS)
    box.disk.heal()
    before = box.path.read_bytes()
    for _ in range(3):
        with pytest.raises(AuditBroken):
            box.log.append(AuditEvent.PRESS)
    assert box.path.read_bytes() == before
    assert box.log.head.sequence == 1


def test_log_with_a_failed_write_goes_on_after_a_restart(box: AuditBox) -> None:
    assert isinstance(box.disk, FaultyDisk)
    box.disk.fail("sync_data")
    with pytest.raises(AuditBroken):
        box.log.append(AuditEvent.PRESS)
    box.disk.heal()
    box.log.close()
    box.log = box.open()
    box.log.append(AuditEvent.STARTED)
    assert box.verify().verdict is Verdict.GOOD


def test_lines_from_many_threads_make_one_chain(box: AuditBox) -> None:
    numbers: list[int] = []

    def append() -> None:
        for count in range(50):
            numbers.append(box.log.append(AuditEvent.PRESS, count=count).seq)

    threads = [threading.Thread(target=append) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(2, 402))
    report = box.verify()
    assert (report.verdict, report.lines) == (Verdict.GOOD, 401)


def test_lines_that_wait_together_share_a_sync(box: AuditBox, tmp_path: Path) -> None:
    assert isinstance(box.disk, FaultyDisk)
    order(tmp_path / "orders", "sync_data", "hold audit.log")
    blocking = box.log.submit(AuditEvent.PRESS)
    waiting = [box.log.submit(AuditEvent.MARK) for _ in range(50)]
    recall(tmp_path / "orders", "sync_data")
    blocking.result(timeout=10)
    waiting[-1].result(timeout=10)
    assert box.disk.calls.count("sync_data") <= 4


def test_closing_writes_what_was_handed_in_and_then_takes_no_more(box: AuditBox) -> None:
    waiting = [box.log.submit(AuditEvent.PRESS) for _ in range(20)]
    box.log.close()
    assert all(line.done() for line in waiting)
    with pytest.raises(AuditBroken):
        box.log.append(AuditEvent.PRESS)
    box.log.close()
    assert box.verify().lines == 21


def test_reopened_log_goes_on_where_it_ended(box: AuditBox) -> None:
    head = box.log.head
    box.log.close()
    box.log = box.open()
    assert box.log.head == head
    assert box.log.append(AuditEvent.STARTED).prev == head.hash


def test_another_boxs_log_is_not_continued(box: AuditBox, tmp_path: Path) -> None:
    box.log.close()
    box.key = DeviceKey.create(tmp_path / "other.key", SystemDisk())
    with pytest.raises(AuditBroken):
        box.open()


def test_log_whose_last_line_was_changed_is_not_continued(box: AuditBox) -> None:
    box.write(2)
    box.log.close()
    data = box.path.read_bytes()
    at = data.rindex(b'"count":1') + 8
    box.path.write_bytes(data[:at] + b"7" + data[at + 1 :])
    with pytest.raises(AuditBroken):
        box.open()
