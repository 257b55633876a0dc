"""Who may ask for which films to be erased, and which words it takes. Pure: looks at rows, touches nothing.

No consent is asked here: a film that may not be opened any more can always be erased by whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from capture.errors import NotErasable, NotFound, NotNow
from capture.ids import PractitionerId
from capture.model import Recording, RecordingState


class WordsReason(Enum):
    """Why the words do not do; stable codes. Without one it is a single film, whose own id is asked for."""

    CASE_WORDS = "erase_case_words"
    """Some of them were never taken over: the case's code is asked for."""
    SEVERAL_CASES = "erase_several_cases"
    """Some of them were never taken over, and they are of more than one family: one case at a time."""


def check(recordings: Sequence[Recording], practitioner: PractitionerId, words: str) -> None:
    """Raises NotFound for what is another's or gone already, NotNow for what is being filmed, NotErasable for what was never
    verifiably taken over, unless the words are right: a single film's own id, or the one case's code."""
    for recording in recordings:
        if recording.practitioner != practitioner or recording.state is RecordingState.ERASED:
            raise NotFound(recording.recording_id)
        if recording.state is RecordingState.FILMING:
            raise NotNow("it is being filmed")
    if all(recording.is_transferred for recording in recordings):
        return
    said = words.strip().lower()
    if len(recordings) == 1:
        if said != recordings[0].recording_id:
            raise NotErasable(recordings[0].recording_id)
        return
    cases = {recording.case for recording in recordings}
    if len(cases) > 1:
        raise NotErasable(reasons=(WordsReason.SEVERAL_CASES.value,))
    if said != cases.pop().lower():
        raise NotErasable(reasons=(WordsReason.CASE_WORDS.value,))
