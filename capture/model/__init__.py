"""The facts of the practice as the box holds them: pseudonymous, frozen, each a struct. No rule and no storage here.

Terms: `docs/glossary.md`. Times named `_ms` are UTC milliseconds since 1970, `_ns` are boot time.
"""

from capture.model.consents import Consent, Decision, Doubt, Indication, Purpose, Scope
from capture.model.erasures import ErasedRecording, ErasureMethod, ErasureReceipt, Reminder
from capture.model.facts import Confidence, Fact, WallTime
from capture.model.people import Case, ParentalResponsibility, Participant, RetentionClass, Role, Signer
from capture.model.recordings import Arming, ArmMode, Manifest, Recording, RecordingState, StopReason

__all__ = [
    "ArmMode",
    "Arming",
    "Case",
    "Confidence",
    "Consent",
    "Decision",
    "Doubt",
    "ErasedRecording",
    "ErasureMethod",
    "ErasureReceipt",
    "Fact",
    "Indication",
    "Manifest",
    "ParentalResponsibility",
    "Participant",
    "Purpose",
    "Recording",
    "RecordingState",
    "Reminder",
    "RetentionClass",
    "Role",
    "Scope",
    "Signer",
    "StopReason",
    "WallTime",
]
