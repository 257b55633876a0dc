"""What the box's hardware can fail with; each name says what the caller can do about it. Knows no recording, no family."""


class DeviceError(Exception):
    """Root of everything that the hardware room raises; `code` is stable and may travel over the socket."""

    code = "device"


class CameraUnavailable(DeviceError):
    """The sensor or microphone cannot be opened (missing, or held by another program). Nothing was opened."""

    code = "camera_unavailable"


class LampFault(DeviceError):
    """The tally lamp could not be driven, or its read-back disagrees. The caller must not film."""

    code = "lamp_fault"


class FilmUnreadable(DeviceError):
    """The film file given for the simulated camera is missing or cannot be decoded."""

    code = "film_unreadable"
