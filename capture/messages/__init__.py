"""The socket's language as one door: verbs, answers, and how either becomes a datagram. Defines no message itself.

One message is one SOCK_SEQPACKET datagram: MessagePack of a tagged struct, 64 KiB at most.
"""

from __future__ import annotations

import msgspec

from capture.messages.admin import (
    ADMIN_VERBS,
    AnyAdminAnswer,
    AnyAdminVerb,
    CaseOnBox,
    ClockRepaired,
    CloseEnrolment,
    Enrol,
    Enrolled,
    EveryCase,
    ListEveryCase,
    ListPractitioners,
    PractitionerList,
    PractitionerSummary,
    RecoveryChallenge,
    RecoveryChanged,
    RepairClock,
    ResetPractitioner,
    RetirePractitioner,
    SetRecoveryBegin,
    SetRecoveryFinish,
)
from capture.messages.bases import Answer, Done, Refused, Verb
from capture.messages.cases import (
    AddParticipant,
    AmendParticipant,
    AnyCaseAnswer,
    AnyCaseVerb,
    Arm,
    Armed,
    CaseFound,
    CaseList,
    CaseSummary,
    Disarm,
    EndInvolvement,
    GetCase,
    GetNotes,
    KeepNotes,
    ListCases,
    ListRemoved,
    NotesFound,
    OpenCase,
    ParticipantAdded,
    RecordConsent,
    RemovedList,
    RemoveParticipant,
    SetRetention,
    StateNeeds,
)
from capture.messages.entry import (
    AnyEntryAnswer,
    AnyEntryVerb,
    CancelAsk,
    GetStatus,
    KeepAlive,
    OfferClock,
    ShutDown,
    SignedIn,
    SignInBegin,
    SignInPoll,
    SignInTakeBack,
    SignInWaiting,
    SignOut,
    Status,
    Stop,
)
from capture.messages.erasures import (
    BATCH_LIMIT,
    AnyErasureAnswer,
    AnyErasureVerb,
    DueCase,
    DueList,
    EraseBegin,
    Erased,
    ErasePoll,
    EraseWaiting,
    ListDue,
)
from capture.messages.exports import (
    AnyExportAnswer,
    AnyExportVerb,
    ArmingPage,
    AuditExtract,
    AuditPage,
    BeginExport,
    ConsentPage,
    ExportBegun,
    ListArmings,
    ListConsents,
    ListManifests,
    ListPeople,
    ListReceipts,
    ListTransfers,
    ManifestPage,
    PeoplePage,
    ReceiptPage,
    TransferPage,
)
from capture.messages.handing_over import AnyHandOverAnswer, AnyHandOverVerb
from capture.messages.recordings import (
    AnyRecordingAnswer,
    AnyRecordingVerb,
    ConfirmTransfer,
    GetPicture,
    GetRecording,
    ListRecordings,
    Opened,
    OpenRecording,
    Picture,
    RecordingFound,
    RecordingList,
    Refusal,
)
from capture.messages.statements import (
    AnyStatementAnswer,
    AnyStatementVerb,
    ListNotes,
    ListSigners,
    ListStatements,
    NotesPage,
    SignerPage,
    StatementPage,
)

MAX_MESSAGE_BYTES = 65_536

AnyVerb = (
    AnyEntryVerb
    | AnyAdminVerb
    | AnyCaseVerb
    | AnyRecordingVerb
    | AnyErasureVerb
    | AnyExportVerb
    | AnyStatementVerb
    | AnyHandOverVerb
)

AnyAnswer = (
    Done
    | Refused
    | AnyEntryAnswer
    | AnyAdminAnswer
    | AnyCaseAnswer
    | AnyRecordingAnswer
    | AnyErasureAnswer
    | AnyExportAnswer
    | AnyStatementAnswer
    | AnyHandOverAnswer
)

__all__ = [
    "ADMIN_VERBS",
    "BATCH_LIMIT",
    "MAX_MESSAGE_BYTES",
    "AddParticipant",
    "AmendParticipant",
    "Answer",
    "AnyAnswer",
    "AnyVerb",
    "Arm",
    "Armed",
    "ArmingPage",
    "AuditExtract",
    "AuditPage",
    "BeginExport",
    "CancelAsk",
    "CaseFound",
    "CaseList",
    "CaseOnBox",
    "CaseSummary",
    "ClockRepaired",
    "CloseEnrolment",
    "ConfirmTransfer",
    "ConsentPage",
    "Disarm",
    "Done",
    "DueCase",
    "DueList",
    "EndInvolvement",
    "Enrol",
    "Enrolled",
    "EraseBegin",
    "ErasePoll",
    "EraseWaiting",
    "Erased",
    "EveryCase",
    "ExportBegun",
    "GetCase",
    "GetNotes",
    "GetPicture",
    "GetRecording",
    "GetStatus",
    "KeepAlive",
    "KeepNotes",
    "ListArmings",
    "ListCases",
    "ListConsents",
    "ListDue",
    "ListEveryCase",
    "ListManifests",
    "ListNotes",
    "ListPeople",
    "ListPractitioners",
    "ListReceipts",
    "ListRecordings",
    "ListRemoved",
    "ListSigners",
    "ListStatements",
    "ListTransfers",
    "ManifestPage",
    "NotesFound",
    "NotesPage",
    "OfferClock",
    "OpenCase",
    "OpenRecording",
    "Opened",
    "ParticipantAdded",
    "PeoplePage",
    "Picture",
    "PractitionerList",
    "PractitionerSummary",
    "ReceiptPage",
    "RecordConsent",
    "RecordingFound",
    "RecordingList",
    "RecoveryChallenge",
    "RecoveryChanged",
    "Refusal",
    "Refused",
    "RemoveParticipant",
    "RemovedList",
    "RepairClock",
    "ResetPractitioner",
    "RetirePractitioner",
    "SetRecoveryBegin",
    "SetRecoveryFinish",
    "SetRetention",
    "ShutDown",
    "SignInBegin",
    "SignInPoll",
    "SignInTakeBack",
    "SignInWaiting",
    "SignOut",
    "SignedIn",
    "SignerPage",
    "StateNeeds",
    "StatementPage",
    "Status",
    "Stop",
    "TransferPage",
    "Verb",
    "encode",
]


def encode(message: Verb | Answer) -> bytes:
    """One datagram. An answer past the limit is a defect of ours: raises ValueError."""
    data = msgspec.msgpack.encode(message)
    if len(data) > MAX_MESSAGE_BYTES:
        raise ValueError(f"message of {len(data)} bytes")
    return data
