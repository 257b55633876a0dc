"""Random codes for everything the box knows: made here, parsed here, never derived from a name, a serial number or a time."""

from __future__ import annotations

import re
import secrets
from typing import NewType

from capture.errors import BadRequest

BoxId = NewType("BoxId", str)
PractitionerId = NewType("PractitionerId", str)
CaseCode = NewType("CaseCode", str)
ParticipantId = NewType("ParticipantId", str)
VisitId = NewType("VisitId", str)
ConsentId = NewType("ConsentId", str)
ArmingId = NewType("ArmingId", str)
RecordingId = NewType("RecordingId", str)

ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
"""No vowels but a and e, nothing that is read as something else: codes are read aloud and typed on phones."""

_LENGTHS = {"box": 6, "prac": 6, "VIG": 4, "par": 10, "vis": 10, "con": 12, "arm": 12, "rec": 16, "ask": 16, "era": 16}
_PATTERN = {prefix: re.compile(rf"{prefix}-[{ALPHABET}]{{{length}}}") for prefix, length in _LENGTHS.items()}
_PATTERN["VIG"] = re.compile(rf"VIG-[{ALPHABET.upper()}]{{4}}")


def _make(prefix: str) -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTHS[prefix]))
    return f"{prefix}-{body.upper() if prefix == 'VIG' else body}"


def _parse(prefix: str, text: str) -> str:
    if not _PATTERN[prefix].fullmatch(text):
        raise BadRequest(f"not a {prefix} code")
    return text


def new_box_id() -> BoxId:
    """`box-` and six characters; the box's host name is made from it."""
    return BoxId(_make("box"))


def new_practitioner_id() -> PractitionerId:
    """`prac-` and six characters: also the user name that the practitioner types."""
    return PractitionerId(_make("prac"))


def new_case_code() -> CaseCode:
    """`VIG-` and four capitals or digits; the catalogue refuses a second one of the same code."""
    return CaseCode(_make("VIG"))


def new_participant_id() -> ParticipantId:
    return ParticipantId(_make("par"))


def new_visit_id() -> VisitId:
    return VisitId(_make("vis"))


def new_consent_id() -> ConsentId:
    return ConsentId(_make("con"))


def new_arming_id() -> ArmingId:
    return ArmingId(_make("arm"))


def new_recording_id() -> RecordingId:
    """`rec-` and 16 characters (78 bits): also the file's name in the vault."""
    return RecordingId(_make("rec"))


def new_ask_id() -> str:
    """Names one thing that waits for a press: a sign-in or an erasure."""
    return _make("ask")


def new_erasure_id() -> str:
    """Names one receipt of films that were erased."""
    return _make("era")


def box_id(text: str) -> BoxId:
    """Parse; raises BadRequest. So do all the parsers below."""
    return BoxId(_parse("box", text))


def practitioner_id(text: str) -> PractitionerId:
    return PractitionerId(_parse("prac", text))


def case_code(text: str) -> CaseCode:
    return CaseCode(_parse("VIG", text))


def participant_id(text: str) -> ParticipantId:
    return ParticipantId(_parse("par", text))


def recording_id(text: str) -> RecordingId:
    return RecordingId(_parse("rec", text))


def erasure_id(text: str) -> str:
    return _parse("era", text)
