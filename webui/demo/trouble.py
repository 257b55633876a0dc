"""What the demo fails with: words for the person at the terminal. Never carries a passphrase."""

from __future__ import annotations


class DemoFailed(Exception):
    """A step did not work; the text says which and why."""


class DemoMisused(Exception):
    """What was asked for cannot be done as asked: mend the command line."""
