"""What changes trust needs the button at power-on and the set-up code: each alone is refused, counted, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jumping_box import NOON_MS, JumpingBox, jumping_box

from capture import messages as m
from capture.errors import BadRequest, EnrolmentClosed, NotFound, NotNow, RecoveryUnproven, SetupCodeWrong, TooManyAttempts
from capture.messages.admin import ADMIN_VERBS
from capture.seal.keys import Identity
from capture.seal.small import unseal_bytes
from capture.server import OPERATOR_VERBS, Peers

pytestmark = [pytest.mark.promise("P12"), pytest.mark.promise("P10")]

RECIPIENT = Identity.generate().recipient.encode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JumpingBox]:
    with jumping_box(tmp_path_factory.mktemp("admin") / "box") as box:
        yield box


@pytest.fixture
def box(made: JumpingBox) -> JumpingBox:
    """In the enrolment window, nobody signed in; `username` is enrolled."""
    made.reboot(held=True)
    return made


def verb_of(kind: type[m.Verb], setup_code: str, practitioner: str) -> m.Verb:
    """One of each kind, right in all but the code."""
    more: dict[type[m.Verb], dict[str, object]] = {
        m.RetirePractitioner: {"practitioner": practitioner},
        m.ResetPractitioner: {"practitioner": practitioner},
        m.SetRecoveryBegin: {"recipient": RECIPIENT},
        m.SetRecoveryFinish: {"answer": "whatever"},
        m.RepairClock: {"wall_ms": NOON_MS},
    }
    return kind(setup_code=setup_code, **more.get(kind, {}))  # type: ignore[call-arg]


def trusted(box: JumpingBox) -> dict[Path, bytes]:
    """All that says whom the box trusts."""
    return {path: path.read_bytes() for name in ("keyrings", "recipients") for path in (box.folder / name).iterdir()}


@pytest.mark.parametrize("kind", ADMIN_VERBS, ids=lambda kind: kind.__name__)
def test_outside_of_the_window_the_right_code_changes_nothing(made: JumpingBox, kind: type[m.Verb]) -> None:
    if made.status().is_enrolment_open:
        made.reboot()
    before, clock = trusted(made), made.status().clock.confidence
    with pytest.raises(EnrolmentClosed):
        made.client.call(verb_of(kind, made.provisioned.setup_code, made.username), m.Answer)
    assert trusted(made) == before
    assert made.status().clock.confidence is clock


@pytest.mark.parametrize("kind", ADMIN_VERBS, ids=lambda kind: kind.__name__)
def test_in_the_window_a_wrong_code_changes_nothing_and_is_in_the_log(box: JumpingBox, kind: type[m.Verb]) -> None:
    before, lines = trusted(box), len(box.logged("setup_code_refused"))
    with pytest.raises(SetupCodeWrong):
        box.client.call(verb_of(kind, "2222-2222-2222-2222-2222", box.username), m.Answer)
    assert trusted(box) == before
    assert len(box.logged("setup_code_refused")) == lines + 1
    assert box.status().is_enrolment_open
    box.client.call(m.ListPractitioners(setup_code=box.provisioned.setup_code), m.PractitionerList)  # and the count is nought


@pytest.mark.parametrize("kind", ADMIN_VERBS, ids=lambda kind: kind.__name__)
def test_wrong_codes_are_counted_whichever_verb_brings_them(box: JumpingBox, kind: type[m.Verb]) -> None:
    for _ in range(4):
        with pytest.raises(SetupCodeWrong):
            box.client.call(verb_of(kind, "wrong", box.username), m.Answer)
    with pytest.raises(TooManyAttempts):
        box.client.call(verb_of(kind, box.provisioned.setup_code, box.username), m.Answer)
    box.pass_s(6)
    box.client.call(m.ListPractitioners(setup_code=box.provisioned.setup_code), m.PractitionerList)


def test_however_many_wrong_codes_were_tried_whoever_has_the_card_gets_in_within_one_window(box: JumpingBox) -> None:
    refused = 0
    while refused < 20:
        try:
            box.client.call(m.ListPractitioners(setup_code="wrong"), m.PractitionerList)
        except SetupCodeWrong:
            refused += 1
        except TooManyAttempts as wait:
            box.pass_s((wait.retry_after_s or 0) + 1)
        except EnrolmentClosed:
            box.reboot(held=True)
    box.reboot(held=True)
    with pytest.raises(TooManyAttempts) as wait:
        box.client.call(m.ListPractitioners(setup_code=box.provisioned.setup_code), m.PractitionerList)
    box.pass_s((wait.value.retry_after_s or 0) + 1)
    box.client.call(m.ListPractitioners(setup_code=box.provisioned.setup_code), m.PractitionerList)


def test_whoever_looks_after_the_box_sees_what_is_due_in_the_case_of_somebody_who_left(box: JumpingBox) -> None:
    code = box.provisioned.setup_code
    gone = box.client.call(m.Enrol(setup_code=code), m.Enrolled)
    me = (box.username, box.passphrase)
    box.username, box.passphrase = gone.username, gone.passphrase
    box.enter()
    box.offer(NOON_MS, is_confirmed=True)
    case, *present = box.family()
    box.arm(case, *present)
    box.filming()
    box.press()
    box.wait_for("armed")
    box.client.call(m.EndInvolvement(session=box.session, case=case, ended_ms=box.status().clock.ms), m.Done)
    box.username, box.passphrase = me
    box.client.call(m.RetirePractitioner(setup_code=code, practitioner=gone.username), m.Done)
    found = box.client.call(m.ListEveryCase(setup_code=code), m.EveryCase)
    [listed] = [one for one in found.cases if one.case == case]
    assert (listed.practitioner, listed.films, listed.not_taken_over, listed.days_left) == (gone.username, 1, 1, 60)
    assert found.is_last
    assert box.logged("cases_listed")


def test_no_operator_of_the_machine_may_ask_for_any_of_it() -> None:
    assert not OPERATOR_VERBS & set(ADMIN_VERBS)
    peers = Peers(page=frozenset({1}), operators=frozenset({2}))
    assert not any(peers.may(2, kind) or peers.may(3, kind) for kind in ADMIN_VERBS)


def test_a_reset_gives_new_words_to_a_new_name_and_the_old_ones_do_not_open_any_more(box: JumpingBox) -> None:
    old, words = box.username, box.passphrase
    verb = m.ResetPractitioner(setup_code=box.provisioned.setup_code, practitioner=old)
    new = box.client.call(verb, m.Enrolled)
    assert new.username != old
    assert new.passphrase != words
    listed = box.client.call(m.ListPractitioners(setup_code=box.provisioned.setup_code), m.PractitionerList).practitioners
    active = {one.practitioner: one.is_active for one in listed}
    assert (active[old], active[new.username]) == (False, True)
    box.username, box.passphrase = new.username, new.passphrase
    box.enter()
    for again in (m.ResetPractitioner, m.RetirePractitioner):
        with pytest.raises(NotNow):
            box.client.call(again(setup_code=box.provisioned.setup_code, practitioner=old), m.Answer)
        with pytest.raises(NotFound):
            box.client.call(again(setup_code=box.provisioned.setup_code, practitioner="prac-zzzzzz"), m.Answer)


def test_the_list_counts_the_cases_of_each(box: JumpingBox) -> None:
    box.enter()
    before = _cases(box)
    box.open_case()
    box.open_case()
    assert _cases(box) == before + 2


def _cases(box: JumpingBox) -> int:
    listed = box.client.call(m.ListPractitioners(setup_code=box.provisioned.setup_code), m.PractitionerList).practitioners
    return next(one.cases for one in listed if one.practitioner == box.username)


def _challenge(box: JumpingBox, service: Identity) -> str:
    verb = m.SetRecoveryBegin(setup_code=box.provisioned.setup_code, recipient=service.recipient.encode())
    asked = box.client.call(verb, m.RecoveryChallenge)
    assert asked.fingerprint == service.recipient.fingerprint
    return unseal_bytes(asked.challenge, service).decode()


def test_another_recovery_recipient_comes_in_once_somebody_opened_its_challenge(box: JumpingBox) -> None:
    service, before = Identity.generate(), box.status().recovery_fingerprint
    said = _challenge(box, service)
    assert box.status().recovery_fingerprint == before
    finish = m.SetRecoveryFinish(setup_code=box.provisioned.setup_code, answer=f" {said.upper()}\n")
    changed = box.client.call(finish, m.RecoveryChanged)
    assert (changed.before, changed.fingerprint) == (before, service.recipient.fingerprint)
    assert box.status().recovery_fingerprint == service.recipient.fingerprint
    with pytest.raises(RecoveryUnproven):
        box.client.call(finish, m.RecoveryChanged)


def test_no_practitioner_holds_the_recovery_key_whether_they_are_here_or_left(box: JumpingBox) -> None:
    code = box.provisioned.setup_code
    here, gone = (box.client.call(m.Enrol(setup_code=code), m.Enrolled) for _ in range(2))
    box.client.call(m.RetirePractitioner(setup_code=code, practitioner=gone.username), m.Done)
    for somebody in (here, gone):
        with pytest.raises(BadRequest) as refused:
            box.client.call(m.SetRecoveryBegin(setup_code=code, recipient=somebody.recipient), m.RecoveryChallenge)
        assert refused.value.reasons == ("recipient_of_practitioner",)


def test_a_challenge_is_answered_once_rightly_or_wrongly(box: JumpingBox) -> None:
    said, before = _challenge(box, Identity.generate()), trusted(box)
    for answer in ("wrong", said):
        finish = m.SetRecoveryFinish(setup_code=box.provisioned.setup_code, answer=answer)
        with pytest.raises(RecoveryUnproven):
            box.client.call(finish, m.RecoveryChanged)
    assert trusted(box) == before
    assert box.logged("recovery_refused")


def test_a_challenge_does_not_outlive_its_boot(box: JumpingBox) -> None:
    said = _challenge(box, Identity.generate())
    box.reboot(held=True)
    with pytest.raises(RecoveryUnproven):
        box.client.call(m.SetRecoveryFinish(setup_code=box.provisioned.setup_code, answer=said), m.RecoveryChanged)


def test_the_window_closes_before_its_time_when_told(box: JumpingBox) -> None:
    box.client.call(m.CloseEnrolment(setup_code=box.provisioned.setup_code), m.Done)
    assert not box.status().is_enrolment_open
    with pytest.raises(EnrolmentClosed):
        box.client.call(m.CloseEnrolment(setup_code=box.provisioned.setup_code), m.Done)
