"""Leave to film: signed for named people and their consents, and asked again at the moment of the hold."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from record_box import ADULT, DAY_MS, NOON_MS, RecordBox, film

from capture.consent.arming_rules import LONGEST_LEASE_S
from capture.errors import CatalogueBroken, ClockUntrusted, ConsentMissing, NotFound, SignInNeeded
from capture.ids import VisitId, new_arming_id
from capture.keyring import Unlocked
from capture.model import Arming, ArmMode, Confidence, Decision, Scope

pytestmark = pytest.mark.promise("P3")


class Visit:
    """A practitioner with a family, and a leave to film them both."""

    def __init__(self, folder: Path) -> None:
        self.box = RecordBox(folder)
        self.unlocked: Unlocked = self.box.sign_in()
        self.case, self.parent, self.baby = self.box.family(self.unlocked)

    def arm(self, lease_s: int = LONGEST_LEASE_S) -> Arming:
        return self.box.records.record_arming(
            self.unlocked,
            self.box.recovery,
            self.case,
            (self.parent.participant_id, self.baby.participant_id),
            mode=ArmMode.FILM,
            lease_s=lease_s,
        )

    def verify(self, arming: Arming) -> None:
        self.box.records.verify_arming(self.unlocked, arming)

    def refusal(self, arming: Arming) -> tuple[str, ...]:
        with pytest.raises(ConsentMissing) as refused:
            self.verify(arming)
        return refused.value.reasons

    def state(self, decision: Decision, scope: Scope = Scope.FILM) -> None:
        person = self.parent.participant_id
        self.box.consent(self.unlocked, self.case, film(person, person, decision=decision, scope=scope))


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    made = Visit(tmp_path)
    yield made
    made.box.close()


def test_an_arming_names_visit_people_consents_practitioner_and_lease(visit: Visit) -> None:
    arming = visit.arm()
    consents = visit.box.records.case(visit.unlocked, visit.case).consents
    assert arming.present == (visit.parent.participant_id, visit.baby.participant_id)
    assert arming.consents == tuple(consent.consent_id for consent in consents)
    assert (arming.case, arming.practitioner) == (visit.case, visit.unlocked.practitioner)
    assert arming.lease_end_ns - arming.armed_boottime_ns == 3 * 3_600 * 10**9
    visit.verify(arming)


def test_a_second_take_belongs_to_the_visit_that_is_named(visit: Visit) -> None:
    people = (visit.parent.participant_id,)
    named = VisitId("vis-aaaaaaaaaa")
    records = visit.box.records
    again = records.record_arming(
        visit.unlocked, visit.box.recovery, visit.case, people, mode=ArmMode.FRAMING, lease_s=60, visit_id=named
    )
    assert (again.visit_id, again.mode) == (named, ArmMode.FRAMING)
    visit.verify(again)


def test_without_consent_nothing_is_armed_and_nothing_is_signed(visit: Visit) -> None:
    visitor = visit.box.add(visit.unlocked, visit.case, ADULT)
    before = visit.box.catalogue.statements(visit.case)
    with pytest.raises(ConsentMissing) as refused:
        visit.box.records.record_arming(
            visit.unlocked,
            visit.box.recovery,
            visit.case,
            (visit.parent.participant_id, visitor.participant_id),
            mode=ArmMode.FILM,
            lease_s=60,
        )
    assert refused.value.reasons == ("consent_missing",)
    assert visit.box.catalogue.statements(visit.case) == before


def test_with_an_untrusted_clock_nothing_is_armed(visit: Visit) -> None:
    visit.box.set_wall(NOON_MS, Confidence.NONE)
    with pytest.raises(ClockUntrusted) as refused:
        visit.arm()
    assert refused.value.reasons == ("clock_untrusted",)


def test_the_lease_is_never_longer_than_three_hours(visit: Visit) -> None:
    arming = visit.arm(lease_s=100 * 3_600)
    assert arming.lease_end_ns - arming.armed_boottime_ns == LONGEST_LEASE_S * 10**9


def test_the_lease_ends_with_the_first_consent_that_expires(visit: Visit) -> None:
    visit.box.set_wall(NOON_MS + 30 * DAY_MS - 90_000)
    arming = visit.arm()
    assert arming.lease_end_ns - arming.armed_boottime_ns == 90 * 10**9


def test_the_lease_holds_until_its_last_moment_and_not_beyond(visit: Visit) -> None:
    arming = visit.arm(lease_s=60)
    visit.box.clock.run(59.9)
    visit.verify(arming)
    visit.box.clock.run(0.1)
    assert visit.refusal(arming) == ("lease_ended",)


def test_a_consent_withdrawn_since_arming_refuses_the_hold(visit: Visit) -> None:
    arming = visit.arm()
    visit.state(Decision.WITHDRAWN)
    assert visit.refusal(arming) == ("consent_withdrawn",)


def test_withdrawing_another_scope_leaves_the_arming_alone(visit: Visit) -> None:
    arming = visit.arm()
    visit.state(Decision.WITHDRAWN, Scope.TRAINING_EVENT)
    visit.verify(arming)


def test_a_consent_withdrawn_and_given_anew_needs_a_new_arming(visit: Visit) -> None:
    arming = visit.arm()
    visit.state(Decision.WITHDRAWN)
    visit.state(Decision.GIVEN)
    assert visit.refusal(arming) == ("arming_outdated",)
    visit.verify(visit.arm())


def test_a_consent_that_expired_since_arming_refuses_the_hold(visit: Visit) -> None:
    arming = visit.arm()
    visit.box.set_wall(NOON_MS + 31 * DAY_MS)
    assert visit.refusal(arming) == ("consent_expired",)


@pytest.mark.parametrize("wall", [(NOON_MS, Confidence.NONE), (NOON_MS - 1, Confidence.BROWSER)])
def test_a_clock_that_became_doubtful_or_went_back_refuses_the_hold(visit: Visit, wall: tuple[int, Confidence]) -> None:
    arming = visit.arm()
    visit.box.set_wall(*wall)
    with pytest.raises((ClockUntrusted, ConsentMissing)):
        visit.verify(arming)


@pytest.mark.promise("P2")
def test_an_arming_of_an_earlier_boot_refuses_the_hold(visit: Visit) -> None:
    arming = visit.arm()
    visit.box.clock.reboot("b" * 32)
    assert visit.refusal(arming) == ("arming_unknown",)


def test_an_arming_that_was_never_signed_refuses_the_hold(visit: Visit) -> None:
    arming = visit.arm()
    for forged in (
        msgspec.structs.replace(arming, arming_id=new_arming_id()),
        msgspec.structs.replace(arming, lease_end_ns=arming.lease_end_ns + 1),
        msgspec.structs.replace(arming, present=arming.present[:1], consents=arming.consents[:1]),
    ):
        assert visit.refusal(forged) == ("arming_unknown",)


def test_a_case_tampered_with_since_arming_refuses_the_hold(visit: Visit) -> None:
    arming = visit.arm()
    with contextlib.closing(sqlite3.connect(visit.box.folder / "catalogue.sqlite", isolation_level=None)) as tamperer:
        tamperer.execute("DELETE FROM statement WHERE sequence = 3")
    with pytest.raises(CatalogueBroken):
        visit.verify(arming)


def test_signed_out_or_another_practitioner_refuses_the_hold(visit: Visit) -> None:
    arming = visit.arm()
    with pytest.raises(NotFound):
        visit.box.records.verify_arming(visit.box.sign_in(), arming)
    visit.unlocked.wipe()
    with pytest.raises(SignInNeeded):
        visit.verify(arming)


def test_naming_somebody_twice_arms_for_each_person_once(visit: Visit) -> None:
    twice = (visit.parent.participant_id,) * 2
    arming = visit.box.records.record_arming(visit.unlocked, visit.box.recovery, visit.case, twice, mode=ArmMode.FILM, lease_s=60)
    assert arming.present == twice[:1]
    visit.verify(arming)
