"""Two consent texts for tests: one that somebody verified, and one that nobody did."""

from __future__ import annotations

from capture.notices.texts import Notice, Notices

VERIFIED = Notice(
    language="en",
    language_name="English",
    version="1",
    verified_by="a translator",
    verified_on="2026-01-01",
    title="About filming",
    paragraphs=("You decide.", "You can stop it."),
)
UNVERIFIED = Notice(
    language="xx", language_name="Another", version="1", title="About filming", paragraphs=("Nobody has checked these words.",)
)
NOTICES = Notices((VERIFIED, UNVERIFIED))
