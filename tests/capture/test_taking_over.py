"""A case changes hands wholly, or nothing of it does: whoever takes it over opens all of it first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hand_over_box import FOOTAGE, NOTES, HandOverBox

from capture.errors import BadRequest, NotARecipient, NotFound, NotNow, SealBroken, VigcamError
from capture.handover.package import hash_of
from capture.handover.result import CarriedRecording, Result
from capture.ids import new_box_id
from capture.manifest import read_manifest
from capture.seal.header import parse_header
from capture.seal.keys import Identity
from capture.seal.small import unseal_bytes
from capture.seal.stream import make_header, new_file_key

pytestmark = [pytest.mark.promise("P7"), pytest.mark.promise("P9")]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[HandOverBox]:
    box = HandOverBox(tmp_path)
    yield box
    box.close()


def refused(box: HandOverBox, result: Result, error: type[VigcamError], why: str) -> None:
    """It is taken back at the taking over, by name, and nothing of the case has changed."""
    before = box.state()
    box.shelf.put(result)
    with pytest.raises(error) as raised:
        box.take_over()
    assert raised.value.reasons == (why,)
    assert box.state() == before
    assert box.shelf.for_taker(box.taker.practitioner) == ()
    assert f'"why":"{why}"'.encode() in (box.folder / "audit.log").read_bytes()
    assert box.read(box.giver).record.case.code == box.case


def with_film(result: Result, place: int, header: bytes) -> Result:
    films = list(result.recordings)
    films[place] = msgspec.structs.replace(films[place], header=header)
    return msgspec.structs.replace(result, recordings=tuple(films))


def test_taker_has_all_of_the_case_and_the_giver_has_nothing(box: HandOverBox) -> None:
    film, torn = box.film(), box.cut()
    said = box.read(box.giver).record
    box.bring(box.rewrapped())
    box.take_over()
    box.swap_all()
    record = box.read(box.taker).record
    assert (record.participants, record.consents) == (said.participants, said.consents)
    assert unseal_bytes(record.case.notes, box.taker.identity) == NOTES
    assert box.shown(film, box.taker.identity) == FOOTAGE + b"the end"
    assert FOOTAGE.startswith(box.shown(torn, box.taker.identity))
    for recording in (film, torn):
        with pytest.raises(NotARecipient):
            box.shown(recording, box.giver.identity)
    with pytest.raises(NotFound):
        box.box.records.case(box.giver, box.case)
    assert {row.practitioner for row in box.rows()} == {box.taker.practitioner}
    assert box.shelf.for_taker(box.taker.practitioner) == ()


def test_recovery_opens_it_all_whatever_was_brought(box: HandOverBox) -> None:
    film = box.film()
    box.bring(box.rewrapped())
    box.take_over()
    box.swap_all()
    assert box.shown(film, box.box.service) == FOOTAGE + b"the end"
    for row in box.box.catalogue.statements(box.case):
        unseal_bytes(row.sealed, box.box.service)
    assert unseal_bytes(box.read(box.taker).record.case.notes, box.box.service) == NOTES


def test_case_goes_on_under_its_taker(box: HandOverBox) -> None:
    box.bring(box.rewrapped())
    box.take_over()
    box.box.records.state_needs(box.taker, box.box.recovery, box.case, "large print")
    assert box.box.records.case(box.taker, box.case).case.communication_needs == "large print"


def test_film_not_under_its_old_hash_any_more_counts_as_nowhere_else(box: HandOverBox) -> None:
    film = box.film()
    box.recordings.mark_transferred(film)
    box.bring(box.rewrapped())
    box.take_over()
    assert not box.recordings.get(film).is_transferred


def test_manifest_follows_its_film(box: HandOverBox) -> None:
    film = box.film()
    box.bring(box.rewrapped())
    box.take_over()
    box.swap_all()
    data = (box.folder / "vault" / f"{film}.mp4.age").read_bytes()
    manifest = read_manifest(box.vault.read_manifest(film), box.box.device_key.public_hex)
    assert manifest.sealed_hash == hash_of(data)
    assert manifest.header_hash == hash_of(data[: parse_header(data).length])
    assert manifest.recipients == (box.taker.public.recipient.fingerprint, box.box.recovery.fingerprint)


def test_giver_may_pass_it_on_with_their_own_identity(box: HandOverBox) -> None:
    film = box.film()
    box.bring(box.rewrapped(identity=box.giver.identity))
    box.take_over()
    box.swap_all()
    assert box.shown(film, box.taker.identity) == FOOTAGE + b"the end"


def test_nothing_happens_before_the_taker_takes_it(box: HandOverBox) -> None:
    box.film()
    before = box.state()
    box.bring(box.rewrapped())
    assert box.state() == before


def test_nobody_else_takes_what_waits_for_the_taker(box: HandOverBox) -> None:
    box.bring(box.rewrapped())
    with pytest.raises(NotFound):
        box.taking_over.take_over(box.giver, box.case)
    with pytest.raises(NotFound):
        box.taking_over.take_over(box.box.sign_in(), box.case)


def test_hand_over_happens_once(box: HandOverBox) -> None:
    result = box.rewrapped()
    box.bring(result)
    box.take_over()
    with pytest.raises(NotFound):
        box.take_over()
    with pytest.raises(NotNow):
        box.bring(result)


@pytest.mark.parametrize("change", ["said", "filmed"])
def test_case_that_went_on_meanwhile_is_packed_anew(box: HandOverBox, change: str) -> None:
    result = box.rewrapped()
    if change == "said":
        box.box.records.state_needs(box.giver, box.box.recovery, box.case, "large print")
    else:
        box.film()
    with pytest.raises(NotNow):
        box.bring(result)
    refused(box, result, NotNow, "hand_over_outdated")


def test_film_with_another_films_key_is_not_touched(box: HandOverBox) -> None:
    box.film()
    box.film()
    result = box.rewrapped()
    swapped = with_film(result, 0, result.recordings[1].header)
    refused(box, swapped, SealBroken, "hand_over_does_not_open")


def test_film_with_a_made_up_key_is_not_touched(box: HandOverBox) -> None:
    box.cut()
    made_up = make_header(new_file_key(), [box.taker.public.recipient])
    refused(box, with_film(box.rewrapped(), 0, made_up), SealBroken, "hand_over_does_not_open")


def test_film_for_somebody_else_is_not_touched(box: HandOverBox) -> None:
    box.film()
    other = make_header(new_file_key(), [Identity.generate().recipient])
    refused(box, with_film(box.rewrapped(), 0, other), SealBroken, "hand_over_does_not_open")


@pytest.mark.parametrize("place", [0, 2, -1])
def test_statement_that_does_not_open_takes_all_back(box: HandOverBox, place: int) -> None:
    box.film()
    result = box.rewrapped()
    carried = list(result.statements)
    carried[place] = msgspec.structs.replace(carried[place], header=carried[place - 1].header)
    refused(box, msgspec.structs.replace(result, statements=tuple(carried)), SealBroken, "hand_over_does_not_open")


def test_notes_that_do_not_open_take_all_back(box: HandOverBox) -> None:
    result = box.rewrapped()
    refused(box, msgspec.structs.replace(result, notes=result.statements[0].header), SealBroken, "hand_over_does_not_open")


def test_notes_left_out_take_all_back(box: HandOverBox) -> None:
    refused(box, msgspec.structs.replace(box.rewrapped(), notes=b""), SealBroken, "hand_over_does_not_open")


def test_another_boxs_result_is_refused(box: HandOverBox) -> None:
    result = msgspec.structs.replace(box.rewrapped(), box_id=new_box_id())
    with pytest.raises(BadRequest):
        box.bring(result)
    refused(box, result, BadRequest, "hand_over_of_another_box")


def two_stanzas(box: HandOverBox, header: bytes) -> bytes:
    del header
    return make_header(new_file_key(), [box.taker.public.recipient, box.box.recovery])


def longer(box: HandOverBox, header: bytes) -> bytes:
    return header + b"x"


def cut_short(box: HandOverBox, header: bytes) -> bytes:
    return header[:-1]


@pytest.mark.parametrize("spoil", [two_stanzas, longer, cut_short])
def test_header_of_another_shape_is_refused(box: HandOverBox, spoil: object) -> None:
    box.film()
    result = box.rewrapped()
    assert callable(spoil)
    spoilt = with_film(result, 0, spoil(box, result.recordings[0].header))
    with pytest.raises(BadRequest):
        box.bring(spoilt)
    refused(box, spoilt, BadRequest, "hand_over_headers_wrong")


def doubled(result: Result) -> Result:
    return msgspec.structs.replace(result, recordings=(result.recordings[0], result.recordings[0]))


def left_out(result: Result) -> Result:
    return msgspec.structs.replace(result, recordings=result.recordings[:1])


def both(result: Result) -> Result:
    return msgspec.structs.replace(result, left=(result.recordings[1].recording_id,))


def of_nobody(result: Result) -> Result:
    stranger = CarriedRecording(
        recording_id=result.case,  # type: ignore[arg-type]  # no recording at all
        old_hash="0" * 64,
        header=result.recordings[0].header,
    )
    return msgspec.structs.replace(result, recordings=(*result.recordings, stranger))


@pytest.mark.parametrize("spoil", [doubled, left_out, both, of_nobody])
def test_result_names_each_film_of_the_case_once(box: HandOverBox, spoil: object) -> None:
    box.film()
    box.film()
    assert callable(spoil)
    result = spoil(box.rewrapped())
    with pytest.raises(NotNow):
        box.bring(result)
    refused(box, result, NotNow, "hand_over_outdated")


def test_film_that_was_left_out_by_name_changes_hands_as_it_is(box: HandOverBox) -> None:
    film, other = box.film(), box.film()
    box.bring(box.rewrapped(film))
    box.take_over()
    box.swap_all()
    assert box.shown(other, box.taker.identity) == FOOTAGE + b"the end"
    assert box.recordings.get(film).practitioner == box.taker.practitioner
    assert box.shown(film, box.box.service) == FOOTAGE + b"the end"
    assert box.verify().findings == ()


def test_film_whose_header_is_damaged_changes_hands_as_it_is(box: HandOverBox) -> None:
    film = box.film()
    path = box.folder / "vault" / f"{film}.mp4.age"
    path.write_bytes(b"x" + path.read_bytes()[1:])
    before = path.read_bytes()
    box.bring(box.rewrapped())
    box.take_over()
    box.swap_all()
    assert path.read_bytes() == before
    assert box.recordings.get(film).practitioner == box.taker.practitioner


def test_take_without_a_whole_chunk_changes_hands_as_it_is(box: HandOverBox) -> None:
    torn = box.cut(b"less than a chunk")
    path = box.folder / "vault" / f"{torn}.mp4.age.part"
    before = path.read_bytes()
    box.bring(box.rewrapped())
    box.take_over()
    box.swap_all()
    assert path.read_bytes() == before


def test_case_goes_to_somebody_else_only(box: HandOverBox) -> None:
    with pytest.raises(NotNow):
        box.packing.pack(box.case, box.giver.practitioner, ())


def test_film_that_is_not_of_the_case_cannot_be_left_out(box: HandOverBox) -> None:
    with pytest.raises(NotFound):
        box.packed(box.case)  # type: ignore[arg-type]
