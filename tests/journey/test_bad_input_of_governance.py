"""All that can be said wrongly about consent, on a real daemon: each refused by name, nothing lost by it, and nothing filmed.

A log cut at any byte is in tests/capture/test_audit_torn.py and test_audit_memory.py; a catalogue put back to an earlier day in
tests/capture/test_log_memory.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from capture_box import NOTICE, CaptureBox
from forger import NEVER_HOLDS, Forger, Rows, saying, unlock

from capture import messages as m
from capture.consent.statements import ConsentStated
from capture.errors import VigcamError
from capture.ids import CaseCode, new_consent_id
from capture.model import Confidence, Consent, Decision, Indication, ParentalResponsibility, Role, Scope, WallTime

pytestmark = [pytest.mark.promise("P1"), pytest.mark.promise("P3")]


class Governed:
    """A box with two practitioners and a family whose last word is that the child may not be filmed any more."""

    def __init__(self, box: CaptureBox) -> None:
        self.box = box
        box.start(held=True)
        box.enrol()
        other = box.client.call(m.Enrol(setup_code=box.provisioned.setup_code), m.Enrolled)
        self.other = (other.username, other.passphrase)
        box.sign_in()
        self.case, self.adult, self.child = box.family()
        box.consent(self.case, self.child, self.adult, Decision.WITHDRAWN)
        keyrings = (unlock(box, box.username, box.passphrase), unlock(box, *self.other))
        self.forger = Forger(box, self.case, *keyrings)

    def ask(self, verb: type[m.Verb], **fields: object) -> m.Answer:
        return self.box.client.call(verb(session=self.box.session, **fields), m.Answer)

    def refusal(self, verb: type[m.Verb], **fields: object) -> tuple[str, tuple[str, ...]]:
        """Code and reasons."""
        with pytest.raises(VigcamError) as refused:
            self.ask(verb, **fields)
        return refused.value.code, refused.value.reasons

    def found(self, case: str = "") -> m.Answer:
        return self.ask(m.GetCase, case=case or self.case)

    def yes(self, **changes: object) -> dict[str, object]:
        """A consent as the page would send it: the adult's own, to be filmed."""
        fields: dict[str, object] = {
            "case": self.case,
            "participant_id": self.adult,
            "scope": Scope.FILM,
            "decision": Decision.GIVEN,
            "given_by": self.adult,
            "indication": Indication.SIGNED_PAPER,
            "valid_days": 60,
            "notice_hash": NOTICE.text_hash,
            "notice_version": NOTICE.version,
            "notice_language": NOTICE.language,
        }
        return {**fields, **changes}


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Governed]:
    box = CaptureBox(tmp_path_factory.mktemp("governed") / "box")
    try:
        yield Governed(box)
    finally:
        box.close()


@pytest.fixture
def unchanged(governed: Governed) -> Iterator[Governed]:
    """Whatever is refused: the case says afterwards what it said before, and no sensor has been on."""
    before = governed.found()
    yield governed
    assert governed.found() == before
    assert not governed.box.status().is_sensor_open
    assert list((governed.box.folder / "vault").iterdir()) == []


# --- signed messages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forge", NEVER_HOLDS, ids=lambda forge: forge.__name__)
def test_a_case_with_one_statement_that_does_not_hold_gives_leave_to_nothing(
    unchanged: Governed, forge: Callable[[Forger, Rows], str]
) -> None:
    with unchanged.forger.forged(forge):
        code = "catalogue_broken"
        assert unchanged.refusal(m.GetCase, case=unchanged.case)[0] == code
        assert unchanged.refusal(m.Arm, case=unchanged.case, present=(unchanged.adult,))[0] == code
        assert unchanged.refusal(m.RecordConsent, **unchanged.yes())[0] == code
        assert unchanged.refusal(m.RemoveParticipant, case=unchanged.case, participant_id=unchanged.child)[0] == code
        assert unchanged.box.status().state == "idle"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expires_ms": 1}, "consent_never_valid"),
        ({"given": WallTime(ms=1, confidence=Confidence.NONE)}, "consent_time_untrusted"),
        ({"given": WallTime(ms=2**52, confidence=Confidence.RTC), "expires_ms": 2**53 - 1}, "consent_in_future"),
        ({"given_by": "child"}, "giver_not_responsible"),
        ({"given_by": "par-2222222222"}, "giver_unknown"),
        ({"is_notice_verified": False}, "interpreter_needed"),
    ],
)
def test_a_yes_that_breaks_a_rule_counts_for_nothing_though_it_is_truly_signed(
    unchanged: Governed, changes: dict[str, Any], reason: str
) -> None:
    """Such as a page that was taken over would have had signed, had the daemon not refused it."""
    content = unchanged.forger.said(-1).content
    assert isinstance(content, ConsentStated)
    given = {"decision": Decision.GIVEN, "expires_ms": content.consent.given.ms + 10**9, "consent_id": new_consent_id()}
    by = {"given_by": unchanged.child} if changes.get("given_by") == "child" else {}
    consent: Consent = msgspec.structs.replace(content.consent, **(given | changes | by))
    with unchanged.forger.forged(saying(ConsentStated(consent=consent))):
        code, reasons = unchanged.refusal(m.Arm, case=unchanged.case, present=(unchanged.child,))
        assert (code, reason in reasons) == ("consent_missing", True), reasons


# --- what the page may send ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"notice_hash": "0" * 64}, ("notice_differs",)),
        ({"notice_version": "1999-01"}, ("notice_unknown",)),
        ({"notice_language": "xx"}, ("notice_unknown",)),
        ({"notice_hash": "not a hash"}, ()),
        ({"notice_version": "two words"}, ()),
        ({"valid_days": 0}, ()),
        ({"valid_days": -1}, ()),
        ({"valid_days": 731}, ()),
        ({"witness": "x" * 41}, ()),
        ({"scope": "everything"}, ()),
        ({"decision": "perhaps"}, ()),
        ({"participant_id": "Adult A"}, ()),
    ],
    ids=str,
)
def test_a_consent_of_the_wrong_form_is_a_bad_request(
    unchanged: Governed, changes: dict[str, object], reasons: tuple[str, ...]
) -> None:
    assert unchanged.refusal(m.RecordConsent, **unchanged.yes(**changes)) == ("bad_request", reasons)


def test_a_consent_for_somebody_of_another_case_is_not_found_whoever_gives_it(unchanged: Governed) -> None:
    case, adult, child = unchanged.box.family()
    for person, giver in ((adult, adult), (child, adult), (unchanged.child, adult), (child, unchanged.adult)):
        for decision in Decision:
            fields = unchanged.yes(participant_id=person, given_by=giver, decision=decision)
            assert unchanged.refusal(m.RecordConsent, **fields) == ("not_found", ())
    assert unchanged.refusal(m.Arm, case=unchanged.case, present=(adult,)) == ("consent_missing", ("person_unknown",))
    assert unchanged.refusal(m.RecordConsent, **unchanged.yes(case="VIG-ZZZZ")) == ("not_found", ())
    assert isinstance(unchanged.found(case), m.CaseFound)


def test_an_adult_recorded_as_a_child_of_themselves_consents_to_nothing(governed: Governed) -> None:
    case, adult, _ = governed.box.family()
    assert governed.refusal(m.AddParticipant, case=case, label="Child C", role=Role.CHILD, is_child=False) == (
        "bad_request",
        ("role_contradicts",),
    )
    holds = {"role": Role.PARENT, "is_child": True, "responsibility": ParentalResponsibility.HOLDS}
    governed.ask(m.AmendParticipant, case=case, participant_id=adult, label="Adult A", **holds)
    fields = governed.yes(case=case, participant_id=adult, given_by=adult)
    assert governed.refusal(m.RecordConsent, **fields) == ("bad_request", ("giver_not_responsible",))
    # Nor does the yes count that they gave while they were recorded as an adult.
    assert governed.refusal(m.Arm, case=case, present=(adult,)) == ("consent_missing", ("giver_not_responsible",))


def test_who_was_removed_cannot_be_armed_for_and_gives_nothing(governed: Governed) -> None:
    case, adult, child = governed.box.family()
    governed.ask(m.Arm, case=case, present=(adult, child))
    governed.ask(m.RemoveParticipant, case=case, participant_id=adult)
    assert governed.box.status().state == "idle"
    code, reasons = governed.refusal(m.Arm, case=case, present=(adult, child))
    assert (code, set(reasons)) == ("consent_missing", {"person_unknown", "giver_unknown"})
    assert governed.refusal(m.RemoveParticipant, case=case, participant_id=adult) == ("not_found", ())
    assert governed.refusal(m.RecordConsent, **governed.yes(case=case, participant_id=child, given_by=adult)) == ("not_found", ())


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        (m.Arm, {"present": ()}),
        (m.Arm, {"present": ("par-2222222222",) * 21}),
        (m.Arm, {"present": ("par-2222222222",), "mode": "always"}),
        (m.AddParticipant, {"label": "", "role": Role.PARENT, "is_child": False}),
        (m.AddParticipant, {"label": "x" * 41, "role": Role.PARENT, "is_child": False}),
        (m.AddParticipant, {"label": "Adult B", "role": "owner", "is_child": False}),
        (m.AddParticipant, {"label": "Adult B", "role": Role.PARENT, "is_child": "no"}),
        (m.StateNeeds, {"communication_needs": "x" * 201}),
        (m.KeepNotes, {"notes": b"x" * 16_385}),
        (m.EndInvolvement, {"ended_ms": -1}),
        (m.EndInvolvement, {"ended_ms": 253_402_300_799_000}),
        (m.SetRetention, {"retention": "for_ever"}),
    ],
)
def test_what_is_malformed_or_cannot_be_is_a_bad_request(
    unchanged: Governed, verb: type[m.Verb], fields: dict[str, object]
) -> None:
    assert unchanged.refusal(verb, case=unchanged.case, **fields)[0] == "bad_request"


# --- two at once -----------------------------------------------------------------------------------------------------------


def test_of_two_that_arm_at_once_one_leave_is_in_force(governed: Governed) -> None:
    families = [governed.box.family() for _ in range(2)]
    outcomes: dict[str, m.Answer] = {}

    def arm(case: str, *present: str) -> None:
        outcomes[case] = governed.ask(m.Arm, case=case, present=present)

    arming = [threading.Thread(target=arm, args=family) for family in families]
    for thread in arming:
        thread.start()
    for thread in arming:
        thread.join()
    assert all(isinstance(answer, m.Armed) for answer in outcomes.values())
    status = governed.box.status()
    assert (status.state, status.armed_case in outcomes) == ("armed", True)
    withdrawn = next(family for family in families if family[0] != status.armed_case)
    governed.box.consent(withdrawn[0], withdrawn[1], withdrawn[1], Decision.WITHDRAWN)
    assert governed.box.status().armed_case == status.armed_case
    governed.ask(m.Disarm)


def test_what_is_another_practitioners_is_not_found_and_nothing_of_it_changes(governed: Governed) -> None:
    box, before, mine = governed.box, governed.found(), (governed.box.session, governed.box.username, governed.box.passphrase)
    box.username, box.passphrase = governed.other
    box.sign_in()
    assert box.session != mine[0]
    with pytest.raises(VigcamError) as refused:
        box.client.call(m.GetCase(session=mine[0], case=governed.case), m.Answer)
    assert refused.value.code == "sign_in_needed"
    case = governed.case
    person = {"label": "Adult B", "role": Role.PARENT, "is_child": False}
    for verb, fields in (
        (m.GetCase, {}),
        (m.GetNotes, {}),
        (m.KeepNotes, {"notes": b""}),
        (m.StateNeeds, {"communication_needs": ""}),
        (m.SetRetention, {"retention": "clinical_record"}),
        (m.EndInvolvement, {"ended_ms": None}),
        (m.AddParticipant, person),
        (m.AmendParticipant, {**person, "participant_id": governed.adult}),
        (m.RemoveParticipant, {"participant_id": governed.adult}),
        (m.RecordConsent, governed.yes(decision=Decision.WITHDRAWN)),
        (m.RecordConsent, governed.yes()),
        (m.Arm, {"present": (governed.adult,)}),
    ):
        assert governed.refusal(verb, **{"case": CaseCode(case), **fields}) == ("not_found", ()), verb
    assert governed.ask(m.ListCases) == m.CaseList(cases=(), is_last=True)
    _, box.username, box.passphrase = mine
    box.sign_in()
    assert governed.found() == before


def test_after_all_that_a_hold_films_nothing_and_the_log_knows_of_no_opening(governed: Governed) -> None:
    governed.box.press(1.3)
    assert not governed.box.status().is_sensor_open
    log = (governed.box.folder / "audit.log").read_text()
    assert "_opening" not in log.replace("opening_refused", "")
    assert list((governed.box.folder / "vault").iterdir()) == []
