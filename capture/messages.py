"""The socket's language as one door: verbs, answers, and how either becomes a datagram. Defines no message itself.

One message is one SOCK_SEQPACKET datagram: MessagePack of a tagged struct, 64 KiB at most.
"""

from __future__ import annotations

import msgspec

from capture.answers import (
    Answer,
    AnyAnswer,
    Armed,
    CaseFound,
    CaseList,
    CaseSummary,
    Done,
    Enrolled,
    Erased,
    EraseWaiting,
    Opened,
    ParticipantAdded,
    Picture,
    RecordingFound,
    RecordingList,
    Refused,
    SignedIn,
    SignInWaiting,
    Status,
)
from capture.verbs import (
    AddParticipant,
    AnyVerb,
    Arm,
    CancelAsk,
    ConfirmTransfer,
    Disarm,
    Enrol,
    EraseBegin,
    ErasePoll,
    GetCase,
    GetPicture,
    GetRecording,
    GetStatus,
    KeepAlive,
    ListCases,
    ListRecordings,
    OfferClock,
    OpenCase,
    OpenRecording,
    RecordConsent,
    ShutDown,
    SignInBegin,
    SignInPoll,
    SignInTakeBack,
    SignOut,
    Stop,
    Verb,
)

__all__ = [
    "MAX_MESSAGE_BYTES",
    "AddParticipant",
    "Answer",
    "AnyAnswer",
    "AnyVerb",
    "Arm",
    "Armed",
    "CancelAsk",
    "CaseFound",
    "CaseList",
    "CaseSummary",
    "ConfirmTransfer",
    "Disarm",
    "Done",
    "Enrol",
    "Enrolled",
    "EraseBegin",
    "ErasePoll",
    "EraseWaiting",
    "Erased",
    "GetCase",
    "GetPicture",
    "GetRecording",
    "GetStatus",
    "KeepAlive",
    "ListCases",
    "ListRecordings",
    "OfferClock",
    "OpenCase",
    "OpenRecording",
    "Opened",
    "ParticipantAdded",
    "Picture",
    "RecordConsent",
    "RecordingFound",
    "RecordingList",
    "Refused",
    "ShutDown",
    "SignInBegin",
    "SignInPoll",
    "SignInTakeBack",
    "SignInWaiting",
    "SignOut",
    "SignedIn",
    "Status",
    "Stop",
    "Verb",
    "encode",
]

MAX_MESSAGE_BYTES = 65_536


def encode(message: Verb | Answer) -> bytes:
    """One datagram. An answer past the limit is a defect of ours: raises ValueError."""
    data = msgspec.msgpack.encode(message)
    if len(data) > MAX_MESSAGE_BYTES:
        raise ValueError(f"message of {len(data)} bytes")
    return data
