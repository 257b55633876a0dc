"""What lies in the box's records stands in no page as markup, whoever got it there: the pages escape all of it."""

from __future__ import annotations

import pytest
from web_box import Browser, RealBox

from capture.messages import AddParticipant, CaseFound, OpenCase, ParticipantAdded, RecordConsent, RemoveParticipant
from capture.messages.bases import Done
from capture.model import Decision, Indication, ParentalResponsibility, Role, Scope

NASTY = "\"'><script>alert(1)</script>"


@pytest.fixture(scope="module")
def case(practitioner: Browser, box: RealBox) -> tuple[str, str, str]:
    """A case whose every text came past the page: its code, somebody of it and somebody who was removed."""
    practitioner.stay_signed_in(box)
    found = practitioner.app.extensions["vigcam"]
    who = next(one.signed_in for one in practitioner.app.session_interface._by_id.values() if one.signed_in)
    case = box.client.call(OpenCase(session=who.session, communication_needs=NASTY), CaseFound).case.code
    people = [
        box.client.call(
            AddParticipant(
                session=who.session,
                case=case,
                label=f"{NASTY}{number}",
                role=Role.PARENT,
                is_child=False,
                responsibility=ParentalResponsibility.HOLDS,
                basis=NASTY,
                evidence_by=NASTY,
            ),
            ParticipantAdded,
        ).participant_id
        for number in range(2)
    ]
    notice = found.notices["en"]
    for person in people:
        box.client.call(
            RecordConsent(
                session=who.session,
                case=case,
                participant_id=person,
                scope=Scope.FILM,
                decision=Decision.GIVEN,
                given_by=person,
                indication=Indication.ON_THE_BOX,
                valid_days=30,
                notice_hash=notice.text_hash,
                notice_version=notice.version,
                notice_language="en",
                witness=NASTY,
            ),
            Done,
        )
    box.client.call(RemoveParticipant(session=who.session, case=case, participant_id=people[1]), Done)
    notes = {"question": NASTY, "remarks": f"</textarea>{NASTY}"}
    assert practitioner.post(f"/cases/{case}/notes", notes).status_code == 303
    return case, people[0], people[1]


@pytest.mark.parametrize(
    "path",
    [
        "/cases/{0}",
        "/cases/{0}/participants/{1}",
        "/cases/{0}/removed",
        "/cases/{0}/arm",
        "/cases/{0}/notes",
        "/cases/{0}/receipt",
        "/recordings?case={0}",
    ],
)
def test_no_stored_text_becomes_markup(signed_in: Browser, case: tuple[str, str, str], path: str) -> None:
    answer = signed_in.get(path.format(*case))
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("path", ["/cases/{0}/participants/{1}", "/cases/{0}/removed", "/cases/{0}/arm", "/cases/{0}/notes"])
def test_it_is_shown_all_the_same(signed_in: Browser, case: tuple[str, str, str], path: str) -> None:
    answer = signed_in.get(path.format(*case))
    assert answer.status_code == 200
    assert "script&gt;alert(1)" in answer.text
