"""What holds a secret does not show it in a repr, which ends up in logs, tracebacks and the words of exceptions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import msgspec
import pytest
from rich.pretty import pretty_repr

import capture.identity_file
import capture.keyring
import capture.messages
import capture.session
import capture.sign_in
from capture.model import Fact

PLANTED = "correct-horse-battery"
SECRETS = {"file_key", "identity", "passphrase", "session", "setup_code", "signing_key"}


def with_subclasses(of: type[Fact]) -> Iterator[type[Fact]]:
    yield of
    for each in of.__subclasses__():
        yield from with_subclasses(each)


HOLDERS = [each for each in with_subclasses(Fact) if SECRETS.intersection(each.__struct_fields__)]


def test_all_who_hold_a_secret_are_known() -> None:
    names = {each.__qualname__ for each in HOLDERS}
    assert names >= {"Opened", "Enrolled", "SignedIn", "SignInBegin", "Enrol", "OpenRecording", "_Secrets", "_KeyringContents"}


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: holder.__qualname__)
def test_struct_that_holds_a_secret_shows_its_name_and_not_the_secret(holder: type[Fact]) -> None:
    made = holder(**{name: PLANTED if name in SECRETS else 7 for name in holder.__struct_fields__})
    for shown in (repr(made), str(made), f"{[made]}", pretty_repr(made)):
        assert holder.__name__ in shown
        assert PLANTED not in shown
    assert PLANTED in msgspec.json.encode(made).decode(), "it travels all the same"


@pytest.mark.parametrize(
    ("holder", "secrets"), [(capture.session.Session, {"token"}), (capture.sign_in._Attempt, {"passphrase", "session"})]
)
def test_what_the_daemon_holds_of_somebody_signed_in_is_not_shown(holder: type, secrets: set[str]) -> None:
    fields = {each.name: each.repr for each in dataclasses.fields(holder)}
    assert not any(fields[name] for name in secrets)


def test_what_is_no_secret_is_shown_as_before() -> None:
    assert repr(capture.messages.ParticipantAdded(participant_id="part-1")) == "ParticipantAdded(participant_id='part-1')"
