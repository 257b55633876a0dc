"""Messages of the enrolment window: what changes trust, and needs the set-up code besides the button. Needs nobody signed in."""

from __future__ import annotations

from capture.messages.bases import Answer, SetupCode, Verb


class Enrol(Verb, frozen=True, kw_only=True):
    """In the enrolment window, with the set-up code: make a practitioner. Answer: Enrolled."""

    setup_code: SetupCode


class Enrolled(Answer, frozen=True, kw_only=True):
    """Shown once, to be written down: nobody can show it again."""

    username: str
    passphrase: str
    recipient: str
