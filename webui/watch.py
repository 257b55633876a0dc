"""What anybody may ask of the box, looking and stopping, with a short patience. Knows no session, keeps no answer.

Pages look once a second. Were the daemon to hang, each of them would hold a thread for as long as an ordinary question may take,
and soon no page would be left to say so. And who presses Stop must hear soon that it did not arrive: there is the button.
"""

from __future__ import annotations

import threading

from capture.client import CaptureClient
from capture.errors import DaemonUnreachable
from capture.messages import Done, GetStatus, Status, Stop

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

    def stop(self) -> None:
        """Stop the sensor. Raises DaemonUnreachable where nobody said in time that it is done; the order may still arrive."""
        self._client.call(Stop(), Done)
