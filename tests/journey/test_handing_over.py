"""A case handed over on a real box: in the window, by recovery at a workstation, to a practitioner who opens all of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from capture_box import CaptureBox
from faults import order, recall
from hand_over_visit import (
    at_the_workstation,
    begin,
    bring,
    enrol,
    fetch,
    finish,
    settled,
    sign_in,
    take_over,
    verified,
    waiting,
    write,
)

from capture import messages as m
from capture.container.movie import open_movie
from capture.errors import (
    BadRequest,
    EnrolmentClosed,
    NotFound,
    NotNow,
    SealBroken,
    SetupCodeWrong,
    SignInNeeded,
    TooManyAttempts,
    VigcamError,
)
from capture.handover.result import read_result, write_result
from capture.messages import handing_over as h
from capture.seal.keys import Recipient
from capture.seal.small import seal_bytes, unseal_bytes

NOTES = b"the helping question"


def begun(box: CaptureBox) -> tuple[m.Enrolled, str, tuple[str, str]]:
    """In the window: two practitioners, the first signed in with a family's case. The second, the case, its people."""
    box.start(held=True)
    box.enrol()
    taker = enrol(box)
    signed_in = box.sign_in()
    case, adult, child = box.family()
    notes = seal_bytes(NOTES, [Recipient.parse(text) for text in signed_in.recipients])
    box.client.call(m.KeepNotes(session=box.session, case=case, notes=notes), m.Done)
    return taker, case, (adult, child)


def plays(box: CaptureBox, recording_id: str) -> int:
    """How many bytes of an ordinary MP4 come of it."""
    verb = m.OpenRecording(session=box.session, recording_id=recording_id, purpose="review")
    opened, descriptor = box.client.call_with_descriptor(verb, m.Opened)
    try:
        movie = open_movie(descriptor, opened.file_key, opened.payload_offset, opened.is_sealed)
        return len(movie.read_at(0, movie.size))
    finally:
        os.close(descriptor)


@pytest.mark.promise("P7")
@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
def test_case_goes_on_under_its_taker_and_is_gone_for_its_giver(box: CaptureBox, tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    orders.mkdir()
    box.program = (sys.executable, str(Path(__file__).parents[1] / "faulty_daemon.py"), str(orders))
    taker, case, people = begun(box)
    giver = m.Enrolled(username=box.username, passphrase=box.passphrase, recipient="")
    box.arm(case, *people)
    recording_id = box.film(1.5)
    packed = begin(box, case, taker.username)
    assert packed.taker_fingerprint == Recipient.parse(taker.recipient).fingerprint
    result = at_the_workstation(box, fetch(box, packed), packed.taker_fingerprint)
    assert bring(box, result).case == case
    assert plays(box, recording_id) > 10_000  # nothing has changed for the giver yet
    sign_in(box, taker)
    with pytest.raises(NotFound):
        box.client.call(m.GetCase(session=box.session, case=case), m.CaseFound)
    assert [(one.case, one.giver) for one in waiting(box).waiting] == [(case, giver.username)]
    order(orders, "overwrite", "hold")
    assert take_over(box, case).recordings == 1
    assert waiting(box).under_way == 1
    with pytest.raises(NotNow):
        plays(box, recording_id)
    box.kill()
    verified(box.folder)
    recall(orders, "overwrite")
    box.start()  # which gives the film its new header
    sign_in(box, taker)
    settled(box)
    found = box.client.call(m.GetCase(session=box.session, case=case), m.CaseFound)
    assert {person.participant_id for person in found.participants} == set(people)
    notes = box.client.call(m.GetNotes(session=box.session, case=case), m.NotesFound)
    assert unseal_bytes(notes.notes, box.recovery) == NOTES
    assert plays(box, recording_id) > 10_000
    box.arm(case, *people)  # by the consents that were given to the giver
    sign_in(box, giver)
    with pytest.raises(NotFound):
        box.client.call(m.GetCase(session=box.session, case=case), m.CaseFound)
    with pytest.raises(NotFound):
        plays(box, recording_id)
    assert box.stop() == 0
    verified(box.folder)
    log = (box.folder / "audit.log").read_text()
    events = ("hand_over_begun", "hand_over_brought", "hand_over_done", "recording_rewrapped")
    assert all(f'"event":"{event}"' in log for event in events)


def upload_cut_short(box: CaptureBox, result: bytes) -> None:
    finish(box, write(box, result, sent=len(result) // 2))


def upload_torn(box: CaptureBox, result: bytes) -> None:
    bring(box, result[:-40])


def finish_replayed(box: CaptureBox, result: bytes) -> None:
    ticket = write(box, result)
    finish(box, ticket)
    finish(box, ticket)


def ticket_guessed(box: CaptureBox, result: bytes) -> None:
    write(box, result)
    finish(box, "x" * 32)


def foreign(box: CaptureBox, result: bytes) -> None:
    bring(box, write_result(msgspec.structs.replace(read_result(result), box_id="box-222222")))


def of_no_case(box: CaptureBox, result: bytes) -> None:
    bring(box, write_result(msgspec.structs.replace(read_result(result), case="VIG-2222")))


def to_nobody(box: CaptureBox, result: bytes) -> None:
    bring(box, write_result(msgspec.structs.replace(read_result(result), taker="prac-222222")))


def signed_in_without_the_words(box: CaptureBox, result: bytes) -> None:
    bring(box, result)
    take_over(box, read_result(result).case)


REFUSALS: tuple[tuple[Callable[[CaptureBox, bytes], None], type[VigcamError]], ...] = (
    (upload_cut_short, BadRequest),
    (upload_torn, BadRequest),
    (finish_replayed, NotFound),
    (ticket_guessed, NotFound),
    (foreign, BadRequest),
    (of_no_case, NotFound),
    (to_nobody, NotFound),
    (signed_in_without_the_words, NotFound),
)


@pytest.mark.promise("P9")
def test_what_is_refused_on_the_way_leaves_the_case_as_it_was(box: CaptureBox) -> None:
    taker, case, _ = begun(box)
    packed = begin(box, case, taker.username)
    result = at_the_workstation(box, fetch(box, packed), packed.taker_fingerprint)
    for attempt, error in REFUSALS:
        with pytest.raises(error):
            attempt(box, result)
        assert box.client.call(m.GetCase(session=box.session, case=case), m.CaseFound).case.code == case, attempt
    with pytest.raises(NotFound):
        begin(box, case, "prac-222222")
    with pytest.raises(NotNow):
        begin(box, case, box.username)
    sign_in(box, taker)
    headers = read_result(result)
    swapped = msgspec.structs.replace(headers, notes=headers.statements[0].header)
    bring(box, write_result(swapped))
    with pytest.raises(SealBroken):
        take_over(box, case)
    assert waiting(box).waiting == ()
    bring(box, result)
    take_over(box, case)
    with pytest.raises(NotNow):
        bring(box, result)
    verified(box.folder)


def verbs(code: str) -> tuple[m.Verb, ...]:
    ticket = "x" * 32
    return (
        h.HandOverBegin(setup_code=code, case="VIG-2222", taker="prac-222222"),
        h.HandOverBring(setup_code=code, size=10, sha256="0" * 64),
        h.HandOverFetch(ticket=ticket, offset=0),
        h.HandOverWrite(ticket=ticket, offset=0, data=b"x"),
        h.HandOverFinish(ticket=ticket),
    )


def test_nothing_of_it_is_possible_by_the_page_alone(box: CaptureBox) -> None:
    box.start()
    for verb in verbs(box.provisioned.setup_code):
        with pytest.raises(EnrolmentClosed):
            box.client.call(verb, m.Answer)
    for last in (h.ListHandOvers(session="x" * 32), h.TakeOverCase(session="x" * 32, case="VIG-2222")):
        with pytest.raises(SignInNeeded):
            box.client.call(last, m.Answer)


def test_set_up_code_is_asked_for_and_wrong_ones_are_counted(box: CaptureBox) -> None:
    box.start(held=True)
    box.enrol()
    with_code, without = verbs("not the code at all")[:2], verbs("")[2:]
    for verb in without:
        with pytest.raises(NotFound):
            box.client.call(verb, m.Answer)
    wrong = [h for _ in range(4) for h in with_code]
    seen = []
    for verb in wrong:
        with pytest.raises((SetupCodeWrong, TooManyAttempts)) as refused:
            box.client.call(verb, m.Answer)
        seen.append(type(refused.value))
    assert seen[0] is SetupCodeWrong
    assert seen[-1] is TooManyAttempts
