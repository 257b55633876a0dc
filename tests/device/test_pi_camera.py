"""Rules of the Pi's camera, on twins of picamera2's classes that hand out what the real ones hand out."""

from __future__ import annotations

import av
import numpy as np
import pytest
from camera_kit import CollectingSink, end

from device.errors import CameraUnavailable
from device.pi_parts import EncoderKind, PiParts, capped, encoder_kind
from device.pi_relay import PacketRelay
from device.picamera import PiCamera
from device.ports import Profile

FULL = Profile(width=1920, height=1080, fps=30, bitrate=8_000_000)
SMALL = Profile(width=640, height=480, fps=30, bitrate=1_000_000)
SPS_PPS, IDR, SLICE = b"\0\0\0\1\x67sps\0\0\0\1\x68pps", b"\0\0\0\1\x65key", b"\0\0\0\1\x41next"
SENSOR_US = 77_000_000


class Output:
    """picamera2's `Output`, as far as it matters."""

    def __init__(self) -> None:
        self.needs_pacing = False


class Encoder:
    """An encoder that has encoded its take as soon as the sensor starts."""

    def __init__(self, **settings: object) -> None:
        self.settings = settings
        self.firsttimestamp: int | None = None
        self.audio = False
        self.is_running = False

    def encode_take(self) -> None:
        self.firsttimestamp = SENSOR_US
        self.output.outputframe(SPS_PPS + IDR, True, 0)
        if self.audio:
            self.output._add_stream(object(), **self.audio_output)
            for start in range(3):
                packet = av.Packet(b"sound")
                packet.pts = packet.dts = start * 1024
                self.output.outputframe(None, True, 100_000 + start * 21_333, packet, True)
        for time_us in (33_333, 66_666, 166_666):
            self.output.outputframe(SLICE, False, time_us)


class Box:
    """A Pi with one camera: keeps the order of what was done to it, and fails where it is told to."""

    def __init__(self, fails_at: str = "") -> None:
        self.done: list[str] = []
        self.encoders: list[Encoder] = []
        self.configured: dict[str, object] = {}
        self._fails_at = fails_at

    def parts(self, kind: EncoderKind = EncoderKind.HARDWARE) -> PiParts:
        return PiParts(camera=lambda: self._do("open", self), encoder=self._encoder, output=Output, kind=kind)

    def _encoder(self, **settings: object) -> Encoder:
        self.encoders.append(Encoder(**settings))
        return self.encoders[-1]

    def create_video_configuration(self, **settings: object) -> dict[str, object]:
        return settings

    def configure(self, settings: dict[str, object]) -> None:
        self._do("configure")
        self.configured = settings

    def start_encoder(self, encoder: Encoder) -> None:
        encoder.is_running = True
        self._do("microphone on")

    def start(self) -> None:
        self._do("sensor on")
        for encoder in self.encoders:
            if encoder.is_running:
                encoder.encode_take()

    def capture_array(self, name: str, wait: float) -> np.ndarray:
        self._do("look")
        width, height = self.configured[name]["size"]
        return np.full((height * 3 // 2, width + 32), 128, np.uint8)

    def stop(self) -> None:
        self._do("sensor off")

    def stop_encoder(self, encoder: Encoder) -> None:
        encoder.is_running = False
        self._do("microphone off")

    def close(self) -> None:
        self._do("close")

    def _do(self, step: str, answer: object = None) -> object:
        self.done.append(step)
        if step == self._fails_at:
            raise RuntimeError(step)
        return answer


def test_a_take_comes_with_the_sensors_times_and_its_lost_frames_counted():
    box, sink = Box(), CollectingSink()
    camera = PiCamera(SMALL, None, box.parts())
    camera.start_filming(sink)
    assert end(camera) == 6
    assert end(camera) == 0
    assert [(video.time_us - SENSOR_US, video.frame_number, video.is_keyframe) for video in sink.videos] == [
        (0, 0, True),
        (33_333, 1, False),
        (66_666, 2, False),
        (166_666, 5, False),
    ]
    assert sink.videos[0].data == SPS_PPS + IDR


def test_sound_comes_with_its_format_first_and_on_the_sensors_clock():
    box, sink = Box(), CollectingSink()
    camera = PiCamera(SMALL, "hw:1,0", box.parts())
    camera.start_filming(sink)
    camera.stop()
    assert box.encoders[0].audio_input["format"] == "alsa"
    assert sink.order[:3] == ["AudioFormat", "VideoPacket", "AudioPacket"]
    assert sink.formats[0].config == b"\x11\x88"
    assert [packet.time_us - SENSOR_US for packet in sink.audios] == [100_000, 121_333, 142_666]


def test_the_encoder_is_asked_for_a_keyframe_a_second_with_its_parameter_sets():
    box = Box()
    camera = PiCamera(SMALL, None, box.parts())
    camera.start_filming(CollectingSink())
    camera.stop()
    assert box.encoders[0].settings == {"bitrate": 1_000_000, "repeat": True, "iperiod": 30}


def test_each_take_has_an_encoder_of_its_own():
    box = Box()
    camera = PiCamera(SMALL, None, box.parts())
    for _ in range(2):
        camera.start_filming(CollectingSink())
        camera.stop()
    assert len(box.encoders) == 2
    assert [encoder.is_running for encoder in box.encoders] == [False, False]


@pytest.mark.promise("P4")
def test_the_sensor_closes_first_and_nothing_is_held_between_takes():
    box = Box()
    camera = PiCamera(SMALL, "hw:1,0", box.parts())
    assert box.done == []
    camera.start_filming(CollectingSink())
    assert camera.is_open
    box.done.clear()
    camera.stop()
    camera.stop()
    assert box.done == ["sensor off", "microphone off", "close"]
    assert not camera.is_open


@pytest.mark.promise("P4")
@pytest.mark.parametrize("step", ["open", "configure", "microphone on", "sensor on"])
def test_a_camera_that_fails_to_open_holds_nothing(step):
    box = Box(fails_at=step)
    camera = PiCamera(SMALL, "hw:1,0", box.parts())
    with pytest.raises(CameraUnavailable):
        camera.start_filming(CollectingSink())
    assert not camera.is_open
    assert step == "open" or box.done[-1] == "close"


@pytest.mark.promise("P4")
@pytest.mark.parametrize("step", ["sensor off", "microphone off"])
def test_closing_goes_on_past_a_part_that_fails(step):
    box = Box(fails_at=step)
    camera = PiCamera(SMALL, "hw:1,0", box.parts())
    camera.start_filming(CollectingSink())
    camera.stop()
    assert box.done[-3:] == ["sensor off", "microphone off", "close"]


def test_framing_gives_stills_without_microphone_or_encoder():
    box, sink = Box(), CollectingSink()
    camera = PiCamera(FULL, "hw:1,0", box.parts())
    camera.start_framing(sink)
    sink.wait_until(lambda: bool(sink.pictures))
    camera.stop()
    assert sink.pictures[0][:2] == b"\xff\xd8"
    assert box.encoders == []
    assert sink.failures == []
    assert box.done[-2:] == ["sensor off", "close"]


def test_a_sensor_that_gives_no_still_is_told():
    box, sink = Box(fails_at="look"), CollectingSink()
    camera = PiCamera(SMALL, None, box.parts())
    camera.start_framing(sink)
    sink.wait_until(lambda: bool(sink.failures))
    camera.stop()
    assert sink.failures == ["camera_unavailable"]


def test_parameter_sets_in_a_buffer_of_their_own_join_the_picture_after_them():
    sink = CollectingSink()
    relay = PacketRelay(sink, 30, origin_us=lambda: 0)
    relay.frame(SPS_PPS, True, 0, None, False)
    relay.frame(IDR, True, 0, None, False)
    assert [video.data for video in sink.videos] == [SPS_PPS + IDR]


def test_jitter_of_the_sensor_is_no_lost_frame():
    sink = CollectingSink()
    relay = PacketRelay(sink, 30, origin_us=lambda: 0)
    times_us = np.cumsum(np.random.default_rng(1).integers(25_000, 42_000, 200)).tolist()
    for time_us in times_us:
        relay.frame(SLICE, False, time_us, None, False)
    assert [video.frame_number for video in sink.videos] == list(range(200))


def test_an_error_in_the_relay_is_told_once_and_raises_nothing():
    class Full(CollectingSink):
        def video(self, packet):
            raise MemoryError

    sink = Full()
    relay = PacketRelay(sink, 30, origin_us=lambda: 0)
    relay.frame(IDR, True, 0, None, False)
    relay.frame(IDR, True, 33_333, None, False)
    assert sink.failures == ["camera_unavailable"]


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("Raspberry Pi Zero 2 W Rev 1.0", EncoderKind.HARDWARE),
        ("Raspberry Pi 4 Model B Rev 1.5", EncoderKind.HARDWARE),
        ("Raspberry Pi 5 Model B Rev 1.0", EncoderKind.SOFTWARE),
        ("Raspberry Pi 500 Rev 1.0", EncoderKind.SOFTWARE),
        ("Raspberry Pi Compute Module 5 Rev 1.0", EncoderKind.SOFTWARE),
        ("", EncoderKind.SOFTWARE),
    ],
)
def test_only_older_pis_have_a_hardware_encoder(model, kind):
    assert encoder_kind(model) is kind


def test_a_software_encoder_is_capped_at_720p30_and_a_hardware_one_is_not():
    assert capped(FULL, EncoderKind.HARDWARE) == FULL
    small = capped(FULL, EncoderKind.SOFTWARE)
    assert (small.width, small.height, small.fps, small.bitrate) == (1280, 720, 30, 4_000_000)
    assert capped(SMALL, EncoderKind.SOFTWARE) == SMALL
