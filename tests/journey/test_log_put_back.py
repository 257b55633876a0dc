"""A real daemon on a log that was cut and on a catalogue that was put back: nothing is filmed, and the log says so for ever."""

from __future__ import annotations

import pytest
from capture_box import CaptureBox
from click.testing import CliRunner

from capture import messages as m
from capture.cli.audit import audit
from capture.errors import ConsentMissing, NotNow
from capture.model import Decision, Purpose, Role

pytestmark = pytest.mark.promise("P10")


def verify(box: CaptureBox) -> tuple[int, str]:
    done = CliRunner().invoke(audit, ["verify", "--dir", str(box.folder)])
    return done.exit_code, done.output


def test_ends_and_kills_leave_nothing_that_looks_like_a_cut(box: CaptureBox) -> None:
    box.ready()
    case, adult, child = box.family()
    for end in (box.stop, box.kill):
        end()
        assert verify(box)[0] == 0, verify(box)
        box.start()
        assert box.wait_for("idle").fault == ""
    box.sign_in()
    assert box.arm(case, adult, child)
    assert verify(box)[0] == 0, verify(box)
    log = (box.folder / "audit.log").read_bytes()
    assert (b"log_cut" in log, b"statement_lost" in log) == (False, False)


@pytest.mark.promise("P1")
def test_a_cut_log_is_a_fault_over_restarts_until_somebody_presses(box: CaptureBox) -> None:
    box.ready()
    box.family()
    box.stop()
    log = box.folder / "audit.log"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:-3]))
    assert verify(box)[0] == 3
    box.start()
    assert box.wait_for("faulted").fault == "log_cut"
    with pytest.raises(NotNow):
        box.sign_in()
    box.kill()
    box.start()
    box.wait_for("faulted")
    box.press()
    box.wait_for("idle")
    box.stop()
    box.start()
    box.wait_for("idle")
    code, words = verify(box)
    assert code == 3
    assert f"lines after {len(lines) - 3} were cut" in words


@pytest.mark.promise("P3")
def test_a_case_that_lost_a_withdrawal_is_neither_filmed_nor_opened_until_something_further_is_said_in_it(
    box: CaptureBox,
) -> None:
    box.ready()
    case, adult, child = box.family()
    box.arm(case, adult, child)
    recording_id = box.film(1.0)
    box.stop()
    catalogue = box.folder / "catalogue.sqlite"
    before = catalogue.read_bytes()
    box.start()
    box.sign_in()
    box.consent(case, adult, adult, Decision.WITHDRAWN)
    box.stop()
    catalogue.write_bytes(before)
    assert verify(box)[0] == 3
    box.start()
    box.sign_in()
    with pytest.raises(ConsentMissing) as refused:
        box.arm(case, adult, child)
    assert refused.value.reasons == ("statement_lost",)
    verb = m.OpenRecording(session=box.session, recording_id=recording_id, purpose=Purpose.REVIEW)
    with pytest.raises(ConsentMissing) as refused:
        box.client.call_with_descriptor(verb, m.Opened)
    assert "statement_lost" in refused.value.reasons
    box.add(case, "Adult C", Role.OTHER)
    assert box.arm(case, adult, child)
    code, words = verify(box)
    assert code == 0, words
    assert f"note: {case}: statement" in words
