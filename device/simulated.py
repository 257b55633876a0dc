"""The laptop's camera and microphone: the test scene, in real time, behind the same port as the real ones. Films nobody."""

from __future__ import annotations

from device.paced import PacedCamera
from device.ports import Clock, Profile
from device.scene import I420, Scene
from device.sound import Samples, beeps


class SceneSource:
    """The test scene and its beeps as a `paced.Source`. Raises ValueError for a profile with an odd side."""

    def __init__(self, profile: Profile) -> None:
        self._scene = Scene(profile)
        self._rate = profile.audio_rate

    @property
    def has_sound(self) -> bool:
        """Always."""
        return True

    def picture(self, frame_number: int) -> I420:
        """See `Scene.paint`."""
        return self._scene.paint(frame_number)

    def sound(self, start: int, count: int) -> Samples:
        """See `sound.beeps`."""
        return beeps(start, count, self._rate)

    def close(self) -> None:
        """Nothing is held."""


class SimulatedCamera(PacedCamera):
    """`ports.Camera` that films the test scene: each frame's number can be read back from its pixels (`scene.read_counter`)."""

    def __init__(self, profile: Profile, clock: Clock) -> None:
        super().__init__(profile, clock, lambda: SceneSource(profile))
