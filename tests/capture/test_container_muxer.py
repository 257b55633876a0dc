"""What a take becomes: every picture in order, sound where it belongs, losses visible; as fragments and as an ordinary MP4."""

from __future__ import annotations

from dataclasses import replace

import factory
import pytest
from movies import BytesReader, decode, mux, take_of

from capture.container.index import load_index
from capture.container.muxer import FragmentMuxer
from capture.container.progressive import ProgressiveMp4
from capture.container.tracks import Edit
from capture.errors import FormatUnsupported
from device.ports import AudioFormat, AudioPacket, Profile, VideoPacket

ENCODED = factory.encode()
FORMAT = ENCODED.audio_format
assert FORMAT is not None


def both_forms(fragmented: bytes) -> tuple[bytes, bytes]:
    reader = BytesReader(fragmented)
    view = ProgressiveMp4(reader, load_index(reader))
    return fragmented, view.read_at(0, view.size)


def video_only(packets: list[VideoPacket | AudioPacket]) -> list[VideoPacket]:
    return [packet for packet in packets if isinstance(packet, VideoPacket)]


def test_both_forms_decode_with_every_picture_once_and_in_order() -> None:
    for mp4 in both_forms(mux(ENCODED, take_of(ENCODED, 7.3), FORMAT)):
        seen = decode(mp4)
        assert seen.numbers == [number % 60 for number in range(219)]
        assert seen.times == pytest.approx([number / 30 for number in range(219)], abs=0.001)


@pytest.mark.parametrize("offset_ms", [-1500, -400, -25, -21, -10, 0, 7, 22, 300, 1200], ids=lambda offset: f"sound_{offset}_ms")
def test_sound_keeps_its_place_beside_the_pictures(offset_ms: int) -> None:
    packets = take_of(ENCODED, 5, offset_ms * 1_000)
    for mp4 in both_forms(mux(ENCODED, packets, FORMAT)):
        seen = decode(mp4)
        assert seen.flashes[:5] == pytest.approx([0, 1, 2, 3, 4], abs=0.001)
        wanted = [second + offset_ms / 1000 for second in range(5)]
        # A beep that began before the first picture is cut, so it is not seen to begin.
        heard = [beep for beep in seen.beeps if beep > 0.15]
        assert heard[:3] == pytest.approx([time for time in wanted if time > 0.15][:3], abs=0.003)


@pytest.mark.parametrize(
    ("offset_ms", "edit"),
    [(-100, Edit(0, 1_024 + 4_800 - 4 * 1_024)), (0, Edit(0, 1_024)), (10, Edit(900, 1_024)), (500, Edit(45_000, 1_024))],
)
def test_the_encoders_priming_is_never_heard(offset_ms: int, edit: Edit) -> None:
    index = load_index(BytesReader(mux(ENCODED, take_of(ENCODED, 2, offset_ms * 1_000), FORMAT)))
    assert index.audio is not None
    assert index.audio.edit == edit


def test_sound_that_comes_late_in_a_running_take_keeps_its_place() -> None:
    packets = [packet for packet in take_of(ENCODED, 6) if isinstance(packet, VideoPacket) or packet.time_us > 2_200_000]
    for mp4 in both_forms(mux(ENCODED, packets, FORMAT)):
        assert decode(mp4).beeps[:3] == pytest.approx([3, 4, 5], abs=0.003)


@pytest.mark.promise("P8")
@pytest.mark.parametrize("announced", [FORMAT, None], ids=["slow_microphone", "no_microphone"])
def test_pictures_never_wait_for_sound(announced: AudioFormat | None) -> None:
    muxer = FragmentMuxer(ENCODED.profile)
    if announced is not None:
        muxer.audio_format(announced)
    due = [muxer.video(packet) for packet in video_only(take_of(ENCODED, 1))]
    assert due.index(True) == 13, "the first fragment is complete when the fourteenth picture comes"


def test_take_without_sound_works() -> None:
    silent = factory.encode(has_sound=False)
    for mp4 in both_forms(mux(silent, take_of(silent, 3), None)):
        seen = decode(mp4)
        assert len(seen.numbers) == 90
        assert seen.beeps == []


def test_sound_announced_after_the_first_fragment_is_counted_as_lost() -> None:
    muxer = FragmentMuxer(ENCODED.profile)
    for packet in video_only(take_of(ENCODED, 2)):
        if muxer.video(packet):
            muxer.fragment()
    muxer.audio_format(FORMAT)
    muxer.audio(ENCODED.audio[0])
    muxer.close(60, 0, ())
    assert (muxer.has_sound, muxer.audio_packets_lost) == (False, 1)


@pytest.mark.promise("P11")
def test_lost_pictures_lengthen_the_one_before_and_are_counted() -> None:
    # Lost before the encoder, as a sensor loses them: what is encoded goes on as if nothing had been between.
    packets = [
        replace(packet, time_us=packet.time_us + 233_333, frame_number=packet.frame_number + 7)
        if isinstance(packet, VideoPacket) and packet.frame_number >= 40
        else packet
        for packet in take_of(ENCODED, 3)
    ]
    fragmented = mux(ENCODED, packets, FORMAT)
    index = load_index(BytesReader(fragmented))
    assert index.closing is not None
    assert index.closing.frames_lost_between == 7
    assert index.duration_ms == 3_233
    for mp4 in both_forms(fragmented):
        seen = decode(mp4)
        assert seen.times[40] - seen.times[39] == pytest.approx(8 / 30, abs=0.001)
        assert len(seen.numbers) == 90


def test_last_picture_lasts_the_nominal_time() -> None:
    index = load_index(BytesReader(mux(ENCODED, take_of(ENCODED, 1.1), FORMAT)))
    assert index.video.samples.duration_ticks == 33 * 3_000


def test_pictures_before_the_first_keyframe_are_left_out() -> None:
    packets = video_only(take_of(ENCODED, 3))[10:]
    index = load_index(BytesReader(mux(ENCODED, packets, None)))
    assert index.frames == 60
    assert list(index.video.samples.keyframes) == [0, 30]


@pytest.mark.parametrize("drift", [0.01, -0.01])
def test_sound_that_drifts_is_brought_back_and_stays_within_a_few_milliseconds(drift: float) -> None:
    drifting = [
        replace(packet, time_us=round(packet.time_us * (1 + drift))) if isinstance(packet, AudioPacket) else packet
        for packet in take_of(ENCODED, 8)
    ]
    for mp4 in both_forms(mux(ENCODED, drifting, FORMAT)):
        beeps = decode(mp4).beeps
        assert beeps[7] == pytest.approx(7 * (1 + drift), abs=0.016)


def test_lost_sound_leaves_a_gap_and_what_follows_keeps_its_place() -> None:
    packets = [
        packet for packet in take_of(ENCODED, 6) if isinstance(packet, VideoPacket) or not 1_500_000 < packet.time_us < 2_500_000
    ]
    for mp4 in both_forms(mux(ENCODED, packets, FORMAT)):
        assert decode(mp4).beeps[:5] == pytest.approx([0, 1, 3, 4, 5], abs=0.02)


def test_time_running_back_is_refused_and_the_take_can_still_be_closed() -> None:
    muxer = FragmentMuxer(ENCODED.profile)
    first, second, third, *_ = video_only(take_of(ENCODED, 1))
    muxer.video(first)
    muxer.video(third)
    with pytest.raises(FormatUnsupported):
        muxer.video(second)
    parts, trailer = muxer.close(3, 0, ())
    assert load_index(BytesReader(b"".join(parts) + trailer)).frames == 2


def test_picture_that_comes_twice_is_refused() -> None:
    muxer = FragmentMuxer(ENCODED.profile)
    first, second, *_ = video_only(take_of(ENCODED, 1))
    muxer.video(first)
    with pytest.raises(FormatUnsupported):
        muxer.video(replace(second, frame_number=first.frame_number))


def test_change_of_resolution_is_refused() -> None:
    other = factory.encode(Profile(width=160, height=96, fps=30, bitrate=200_000))
    muxer = FragmentMuxer(ENCODED.profile)
    muxer.video(ENCODED.video[0])
    with pytest.raises(FormatUnsupported):
        muxer.video(replace(other.video[0], time_us=33_333, frame_number=1))


def test_index_from_the_trailer_is_the_index_from_the_fragments() -> None:
    fragmented = mux(ENCODED, take_of(ENCODED, 9.1, 4_000), FORMAT)
    whole = load_index(BytesReader(fragmented))
    torn = load_index(BytesReader(fragmented[:-1]))
    assert whole.is_complete
    assert not torn.is_complete
    assert whole.audio is not None
    assert torn.audio is not None
    for one, other in ((whole.video, torn.video), (whole.audio, torn.audio)):
        assert (one.setup, one.edit) == (other.setup, other.edit)
        assert (one.samples.sizes, one.samples.run_counts) == (other.samples.sizes, other.samples.run_counts)
        assert (one.samples.run_ticks, one.samples.keyframes) == (other.samples.run_ticks, other.samples.keyframes)
    assert whole.fragments.payload_offsets == torn.fragments.payload_offsets


def test_trailer_holds_the_counts_and_the_marks() -> None:
    muxer = FragmentMuxer(ENCODED.profile)
    for packet in video_only(take_of(ENCODED, 1)):
        muxer.video(packet)
    parts, trailer = muxer.close(44, 5, (120, 800))
    closing = load_index(BytesReader(b"".join(parts) + trailer)).closing
    assert closing is not None
    assert (closing.frames_generated, closing.audio_packets_lost, closing.marks_ms) == (44, 5, (120, 800))
