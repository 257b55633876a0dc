"""Who asked to erase and signed out before the question was put: no press means anything of theirs."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from capture_box import CaptureBox
from faults import order, recall

from capture import messages as m
from capture.errors import SignInNeeded


@pytest.mark.promise("P9")
def test_a_question_that_waited_for_the_log_while_its_practitioner_signed_out_is_not_put(tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    program = (sys.executable, str(Path(__file__).parents[1] / "faulty_daemon.py"), str(orders))
    box = CaptureBox(tmp_path / "box", program)
    try:
        box.ready()
        case, adult, child = box.family()
        box.arm(case, adult, child)
        film = box.film(0.5)
        order(orders, "write_all", "hold audit.log")
        verb = m.EraseBegin(session=box.session, recording_ids=(film,), words=film)
        with ThreadPoolExecutor(1) as lane:
            asked = lane.submit(box.client.call, verb, m.EraseWaiting)
            time.sleep(0.5)  # it waits for the log by now; nothing outside shows it
            box.client.call(m.SignOut(session=box.session), m.Done)
            recall(orders, "write_all")
            with pytest.raises(SignInNeeded):
                asked.result(10)
        assert box.status().waiting_for_press == ""
        box.press()
        assert (box.folder / "vault" / f"{film}.mp4.age").stat().st_size > 0
        assert '"event":"erased"' not in (box.folder / "audit.log").read_text()
    finally:
        box.close()
