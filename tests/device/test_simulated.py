"""Rules of the simulated camera: real time, true counts, nothing lost unseen."""

from __future__ import annotations

import threading
import time

import cv2
import numpy as np
import pytest
from camera_kit import SMALL, CollectingSink, decode_luma, decode_sound, end

from device.clock import SystemClock
from device.errors import CameraUnavailable
from device.paced import PacedCamera
from device.ports import Profile
from device.scene import read_counter
from device.simulated import SceneSource, SimulatedCamera


@pytest.fixture(scope="module")
def take() -> tuple[CollectingSink, int]:
    """Two seconds and a bit of the scene, and how many frames the camera says it made."""
    camera, sink = SimulatedCamera(SMALL, SystemClock()), CollectingSink()
    camera.start_filming(sink)
    sink.wait_until(lambda: len(sink.videos) > 66)
    return sink, end(camera)


class SlowSource(SceneSource):
    """A scene whose paint takes its time at one frame, as on a machine that does something else."""

    def __init__(self, profile: Profile, at_frame: int, takes_s: float) -> None:
        super().__init__(profile)
        self._at_frame, self._takes_s = at_frame, takes_s

    def picture(self, frame_number):
        if frame_number == self._at_frame:
            time.sleep(self._takes_s)
        return super().picture(frame_number)


class Hanging(SceneSource):
    """A scene of which one picture does not come before `go_on`, as from a file on a share that is gone."""

    def __init__(self) -> None:
        super().__init__(SMALL)
        self.is_asked, self.go_on = threading.Event(), threading.Event()

    def picture(self, frame_number):
        if frame_number == 3:
            self.is_asked.set()
            assert self.go_on.wait(60)
        return super().picture(frame_number)


class BrokenSource(SceneSource):
    """A scene whose film tears."""

    is_closed = False

    def picture(self, frame_number):
        if frame_number == 3:
            raise OSError("torn")
        return super().picture(frame_number)

    def close(self):
        type(self).is_closed = True


@pytest.mark.promise("P11")
def test_every_frame_of_the_scene_comes_once_and_in_order(take):
    sink, generated = take
    assert [video.frame_number for video in sink.videos] == list(range(generated))
    assert [read_counter(picture) for picture in decode_luma(sink.videos)] == list(range(generated))


def test_video_times_are_boot_time_a_frame_apart(take):
    sink, _ = take
    steps = np.diff([video.time_us for video in sink.videos])
    assert set(steps.tolist()) <= {33_333, 33_334}
    assert 0 < time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000 - sink.videos[-1].time_us < 600_000_000


def test_the_beep_begins_with_the_flash(take):
    sink, _ = take
    sound = decode_sound(sink)
    begins_us = sink.audios[0].time_us + sink.formats[0].priming_samples * 1_000_000 // sink.formats[0].sample_rate
    first_loud = int(np.flatnonzero(np.abs(sound[24_000:]) > 0.15)[0]) + 24_000
    flash_us = sink.videos[30].time_us
    assert abs(begins_us + first_loud * 1_000_000 / 48_000 - flash_us) < 5_000


def test_the_sound_lasts_as_long_as_the_picture(take):
    sink, generated = take
    samples = sum(packet.samples for packet in sink.audios) - sink.formats[0].priming_samples
    assert samples == pytest.approx(generated / 30 * 48_000, abs=1)


def test_the_sensor_is_open_only_between_start_and_stop():
    camera = SimulatedCamera(SMALL, SystemClock())
    assert not camera.is_open
    camera.start_filming(CollectingSink())
    assert camera.is_open
    camera.stop()
    assert not camera.is_open


@pytest.mark.promise("P4")
def test_the_sensor_is_closed_before_the_rest_is_encoded():
    camera = PacedCamera(SMALL, SystemClock(), lambda: SlowSource(SMALL, at_frame=5, takes_s=0.5))
    seen = []

    class Watching(CollectingSink):
        def video(self, packet):
            super().video(packet)
            seen.append(camera.is_open)

    sink = Watching()
    camera.start_filming(sink)
    sink.wait_until(lambda: len(sink.videos) == 5)
    time.sleep(0.25)  # the source is busy in real time: what is tested is what comes after it
    generated = end(camera)
    assert len(sink.videos) == generated
    assert seen[5:] == [False] * len(seen[5:])
    assert len(seen) > 6


@pytest.mark.promise("P11")
def test_a_camera_that_was_held_up_for_a_second_catches_up_and_loses_nothing():
    camera, sink = PacedCamera(SMALL, SystemClock(), lambda: SlowSource(SMALL, 5, 1.0)), CollectingSink()
    camera.start_filming(sink)
    sink.wait_until(lambda: len(sink.videos) > 50)
    generated = end(camera)
    assert [video.frame_number for video in sink.videos] == list(range(generated))
    assert set(np.diff([video.time_us for video in sink.videos]).tolist()) <= {33_333, 33_334}


@pytest.mark.promise("P11")
def test_past_two_seconds_frames_are_lost_and_their_numbers_are_missing():
    camera, sink = PacedCamera(SMALL, SystemClock(), lambda: SlowSource(SMALL, 5, 3.0)), CollectingSink()
    camera.start_filming(sink)
    sink.wait_until(lambda: len(sink.videos) > 30)
    generated = end(camera)
    numbers = [video.frame_number for video in sink.videos]
    lost = generated - len(numbers)
    assert 25 <= lost <= 45
    assert numbers == [*range(6), *range(6 + lost, generated)]
    assert [video.time_us - sink.videos[0].time_us for video in sink.videos] == pytest.approx(
        [number * 1_000_000 / 30 for number in numbers], abs=1
    )
    samples = sum(packet.samples for packet in sink.audios) - sink.formats[0].priming_samples
    assert samples == pytest.approx(generated / 30 * 48_000, abs=1)


def test_an_error_inside_the_camera_is_told_and_everything_is_closed():
    camera, sink = PacedCamera(SMALL, SystemClock(), lambda: BrokenSource(SMALL)), CollectingSink()
    camera.start_filming(sink)
    sink.wait_until(lambda: bool(sink.failures))
    generated = end(camera)
    assert sink.failures == ["camera_unavailable"]
    assert not camera.is_open
    assert BrokenSource.is_closed
    assert generated == 3


def test_after_a_failure_the_camera_can_be_started_again():
    sources = iter([BrokenSource(SMALL), SceneSource(SMALL)])
    camera, broken, good = PacedCamera(SMALL, SystemClock(), lambda: next(sources)), CollectingSink(), CollectingSink()
    camera.start_filming(broken)
    broken.wait_until(lambda: bool(broken.failures))
    while camera.is_open:
        time.sleep(0.001)
    camera.start_filming(good)
    good.wait_until(lambda: len(good.videos) > 4)
    camera.stop()
    assert good.failures == []


def test_a_camera_that_cannot_open_stays_closed():
    odd = SimulatedCamera(Profile(width=321, height=240, fps=30, bitrate=500_000), SystemClock())
    with pytest.raises(CameraUnavailable):
        odd.start_filming(CollectingSink())
    assert not odd.is_open


def test_a_camera_that_is_open_is_not_opened_again():
    camera = SimulatedCamera(SMALL, SystemClock())
    camera.start_filming(CollectingSink())
    with pytest.raises(CameraUnavailable):
        camera.start_framing(CollectingSink())
    camera.stop()


def test_it_can_be_stopped_twice_and_when_closed_and_tells_of_each_take_once():
    camera, sink = SimulatedCamera(SMALL, SystemClock()), CollectingSink()
    assert end(camera) == 0
    camera.start_filming(sink)
    sink.wait_until(lambda: len(sink.videos) > 2)
    camera.stop()
    assert end(camera) > 2
    assert end(camera) == 0


@pytest.mark.promise("P5")
def test_stopping_waits_for_no_picture_that_is_still_to_be_encoded():
    source = Hanging()
    camera, sink = PacedCamera(SMALL, SystemClock(), lambda: source), CollectingSink()
    camera.start_filming(sink)
    assert source.is_asked.wait(20)
    camera.stop()
    assert not camera.is_open
    assert len(sink.videos) == 3
    source.go_on.set()
    assert end(camera) == len(sink.videos) > 3


def test_framing_gives_small_stills_and_no_sound():
    camera, sink = SimulatedCamera(Profile(width=1280, height=720, fps=30, bitrate=1_000_000), SystemClock()), CollectingSink()
    camera.start_framing(sink)
    assert camera.is_open
    sink.wait_until(lambda: len(sink.pictures) >= 3)
    camera.stop()
    still = cv2.imdecode(np.frombuffer(sink.pictures[2], np.uint8), cv2.IMREAD_COLOR)
    assert still.shape == (360, 640, 3)
    assert read_counter(still) == 12
    assert sink.videos == sink.audios == sink.formats == []
    assert max(len(picture) for picture in sink.pictures) < 60_000


@pytest.mark.promise("P8")
def test_the_sound_is_announced_before_the_first_picture(take):
    sink, _ = take
    assert sink.order[:2] == ["AudioFormat", "VideoPacket"]


@pytest.mark.promise("P11")
def test_a_source_that_hangs_is_drained_in_the_end_and_what_it_kept_counts_as_made():
    source = Hanging()
    camera, sink = PacedCamera(SMALL, SystemClock(), lambda: source, drain_s=0.2), CollectingSink()
    camera.start_filming(sink)
    assert source.is_asked.wait(20)
    generated = end(camera)
    assert len(sink.videos) == 3
    source.go_on.set()
    assert generated > 3


def test_nothing_is_opened_while_the_last_source_hangs_and_again_once_it_does_not():
    hanging, sink = Hanging(), CollectingSink()
    sources = iter([hanging, SceneSource(SMALL)])
    camera = PacedCamera(SMALL, SystemClock(), lambda: next(sources), drain_s=0.1)
    camera.start_filming(CollectingSink())
    assert hanging.is_asked.wait(20)
    end(camera)
    with pytest.raises(CameraUnavailable):
        camera.start_filming(sink)
    assert not camera.is_open
    hanging.go_on.set()
    camera.start_filming(sink)
    sink.wait_until(lambda: len(sink.videos) > 3)
    assert end(camera) == len(sink.videos)
