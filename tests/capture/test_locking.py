"""Whoever takes back that they were filmed locks what they are in, at once and for good; nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from known_notices import VERIFIED
from record_box import film
from recorded_family import Family

from capture.errors import CatalogueBroken
from capture.model import Decision, RecordingState, Scope

pytestmark = pytest.mark.promise("P3")


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    made = Family(tmp_path)
    yield made
    made.box.close()


def test_taking_back_the_filming_locks_in_the_same_transaction_what_the_person_is_in_and_nothing_else(family: Family) -> None:
    both = family.filmed(family.parent, family.baby)
    under_way = family.filmed(family.parent, family.baby, state=RecordingState.FILMING)
    alone = family.filmed(family.parent)
    seen: list[bool] = []
    append = family.box.catalogue.append

    def look_first(*arguments: object) -> None:
        seen.append(family.is_locked(both))
        append(*arguments)  # type: ignore[arg-type]
        seen.append(family.is_locked(both))

    family.box.catalogue.append = look_first  # type: ignore[method-assign]
    family.say(family.baby, Decision.WITHDRAWN)
    assert seen == [False, True]
    assert family.is_locked(under_way)
    assert not family.is_locked(alone)


def test_sealing_what_was_withdrawn_while_it_was_filmed_does_not_unlock_it(family: Family) -> None:
    under_way = family.filmed(family.baby, state=RecordingState.FILMING)
    family.say(family.baby, Decision.WITHDRAWN)
    family.recordings.update(msgspec.structs.replace(under_way, state=RecordingState.SEALED))
    assert family.is_locked(under_way)


@pytest.mark.parametrize(("decision", "scope"), [(Decision.GIVEN, Scope.FILM), (Decision.WITHDRAWN, Scope.SUPERVISION)])
def test_nothing_but_taking_back_the_filming_locks(family: Family, decision: Decision, scope: Scope) -> None:
    recording = family.filmed(family.baby)
    family.say(family.baby, decision, scope)
    assert not family.is_locked(recording)


def test_a_withdrawal_that_cannot_be_written_locks_nothing(family: Family) -> None:
    recording = family.filmed(family.baby)
    family.box.catalogue.change("CREATE TRIGGER no_more BEFORE INSERT ON statement BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(CatalogueBroken):
        family.say(family.baby, Decision.WITHDRAWN)
    assert not family.is_locked(recording)


def test_a_withdrawal_under_other_words_than_the_texts_is_taken_and_not_called_verified(family: Family) -> None:
    person = family.parent.participant_id
    form = msgspec.structs.replace(film(person, person, decision=Decision.WITHDRAWN), notice_hash="0" * 64)
    family.box.consent(family.unlocked, family.case, form)
    last = family.records.case(family.unlocked, family.case).consents[-1]
    assert VERIFIED.is_verified
    assert (last.decision, last.is_notice_verified) == (Decision.WITHDRAWN, False)
