"""The box's state for whoever looks: asked with a short patience and by few at a time. Knows no session, keeps no answer.

Pages ask for it once a second. Were the daemon to hang, each of them would hold a thread for as long as an ordinary question may
take, and soon no page would be left to say so.
"""

from __future__ import annotations

import threading

from capture.client import CaptureClient
from capture.errors import DaemonUnreachable
from capture.messages import GetStatus, Status

PATIENCE_S = 4.0
LOOKING = 12
"""Half of the server's threads. A daemon that is well answers within milliseconds, so that nobody ever finds this full."""


class Watch:
    """`client` should have a timeout of `PATIENCE_S`."""

    def __init__(self, client: CaptureClient) -> None:
        self._client = client
        self._places = threading.BoundedSemaphore(LOOKING)

    def status(self) -> Status:
        """What the box says of itself now. Raises DaemonUnreachable, at once where many wait for an answer already."""
        if not self._places.acquire(blocking=False):
            raise DaemonUnreachable("many wait for its state already")
        try:
            return self._client.call(GetStatus(), Status)
        finally:
            self._places.release()
