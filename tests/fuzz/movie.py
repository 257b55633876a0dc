"""Fuzz target: the box parser, the sample index and the virtual MP4, over a plaintext that anybody may have written.

What is accepted lies within the file, and the ordinary MP4 made of it, read by its own tables, gives exactly those bytes.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, islice, pairwise

import factory
from fuzz.mutation import vary_boxes
from fuzz.target import Target
from movies import BytesReader

from capture.container.index import SampleIndex, Track, load_index
from capture.container.muxer import FragmentMuxer
from capture.container.parse import children
from capture.container.progressive import ProgressiveMp4
from capture.container.tracks import LONGEST_S
from capture.errors import SealBroken, Truncated
from device.ports import AudioFormat, AudioPacket, Profile, VideoPacket

_SOUND = AudioFormat(48_000, 1, b"\x11\x88", 1024)
_PROFILE = Profile(320, 180, 30, 500_000, audio_bitrate=48_000)
_IDR, _PICTURE = b"\x00\x00\x01\x65\x88", b"\x00\x00\x01\x41\x9a"


class MeteredReader(BytesReader):
    """Counts what reading costs."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reads = self.read_bytes = 0

    def read_at(self, offset: int, length: int) -> bytes:
        assert offset >= 0 <= length
        found = super().read_at(offset, length)
        self.reads += 1
        self.read_bytes += len(found)
        return found


@cache
def parameter_sets() -> bytes:
    """SPS and PPS of a real encoder's stream, as it gives them."""
    data = factory.encode(has_sound=False).video[0].data
    return data[: data.index(b"\x00\x00\x01\x65")]


def muxed(seconds: float, sound_from_s: float | None, *, padding: int = 0, closes: bool = True) -> bytes:
    """A film of tiny pictures, in the form in which it is sealed."""
    muxer, parts = FragmentMuxer(_PROFILE), []
    if sound_from_s is not None:
        muxer.audio_format(_SOUND)
    for packet in _packets(seconds, sound_from_s):
        if isinstance(packet, AudioPacket):
            muxer.audio(packet)
        elif muxer.video(packet):
            parts += muxer.fragment()
            if padding:
                parts.append(muxer.padding(padding))
    if closes:
        last, trailer = muxer.close(muxer.frames_kept + 2, 1, (100, 200))
        parts += [*last, trailer]
    return b"".join(parts)


def _packets(seconds: float, sound_from_s: float | None) -> Iterator[VideoPacket | AudioPacket]:
    fill = random.Random(1)
    for number in range(round(seconds * 10)):  # ten pictures a second
        if sound_from_s is not None and number / 10 >= sound_from_s:
            for part in range(4):
                yield AudioPacket(fill.randbytes(6), number * 100_000 + part * 21_333, 1024)
        is_key = number % 10 == 0
        picture = (parameter_sets() + _IDR if is_key else _PICTURE) + fill.randbytes(number % 5 + 4) + b"\x80"
        yield VideoPacket(picture, number * 100_000, number, is_key)


@cache
def finished() -> tuple[bytes, ...]:
    return (muxed(1.2, 0), muxed(0.8, None), muxed(2.2, 1.3, padding=24), muxed(0.1, 0))


def seeds() -> list[bytes]:
    torn = muxed(2.2, 0, padding=8, closes=False)
    cut = [torn[: len(torn) * part // 9] for part in (3, 5, 7, 8)]
    return [*finished(), muxed(1.2, None, closes=False), torn, *cut]


def check(data: bytes) -> None:
    reader = MeteredReader(data)
    try:
        index = load_index(reader)
    except (SealBroken, Truncated):
        assert reader.reads <= 20 + len(data) // 4
        return
    assert reader.read_bytes <= 3 * len(data) + 1_000
    _check_index(index, data)
    movie = ProgressiveMp4(reader, index)  # what was accepted once is not refused afterwards
    whole = movie.read_at(0, movie.size)
    assert len(whole) == movie.size
    _check_movie(whole, index, data)
    chance = random.Random(data)
    for _ in range(4):
        offset, length = chance.randrange(movie.size + 9), chance.choice((1, 2, 50, 4_000))
        assert movie.read_at(offset, length) == whole[offset : offset + length]
    assert b"".join(movie.through(reader).blocks(0, movie.size, 1_000)) == whole


def samples_of(index: SampleIndex) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Where each picture and each packet of sound lies in the plaintext: offset and size."""
    pictures: list[tuple[int, int]] = []
    sound: list[tuple[int, int]] = []
    fragments = index.fragments
    for at, packets, frames in zip(fragments.payload_offsets, fragments.audio_counts, fragments.video_counts, strict=True):
        for found, track, count in ((sound, index.audio, packets), (pictures, index.video, frames)):
            for _ in range(count):
                assert track is not None
                size = track.samples.sizes[len(found)]
                found.append((at, size))
                at += size  # noqa: PLW2901 - the fragment's samples follow each other
    return pictures, sound


def _check_index(index: SampleIndex, data: bytes) -> None:
    pictures, sound = samples_of(index)
    assert len(pictures) == index.frames > 0
    assert len(sound) == (len(index.audio.samples) if index.audio else 0)
    places = sorted((at, at + size) for at, size in pictures + sound if size)
    assert all(stop <= start for (_, stop), (start, _) in pairwise(places)), "two samples in one place"
    assert not places or (places[0][0] > 8 and places[-1][1] <= len(data)), "a sample outside the file"
    assert 0 <= index.duration_ms <= LONGEST_S * 1_000
    assert 0 <= index.frames_lost < 1 << 33
    keyframes = list(index.video.samples.keyframes)
    assert keyframes == sorted(set(keyframes))
    assert not keyframes or keyframes[-1] < index.frames


def _check_movie(whole: bytes, index: SampleIndex, data: bytes) -> None:
    boxes = list(children(whole))
    assert [kind for kind, _ in boxes] == [b"ftyp", b"moov", b"mdat"]
    pictures, sound = samples_of(index)
    assert len(boxes[2][1]) == sum(size for _, size in pictures + sound)
    tracks = [content for kind, content in children(boxes[1][1]) if kind == b"trak"]
    wanted = [(index.video, pictures)] + ([(index.audio, sound)] if index.audio else [])
    assert len(tracks) == len(wanted)
    for content, (track, places) in zip(tracks, wanted, strict=True):
        found = [whole[at : at + size] for at, size in _placed(_tables(content), track)]
        assert found == [data[at : at + size] for at, size in places], "a sample of the virtual MP4 is another"


def _tables(track: bytes) -> dict[bytes, bytes]:
    for step in (b"mdia", b"minf", b"stbl"):
        track = dict(children(track))[step]
    return dict(children(track))


def _placed(tables: dict[bytes, bytes], track: Track) -> Iterator[tuple[int, int]]:
    """Offset and size of each sample as a player finds it: ISO/IEC 14496-12, 8.7."""
    (count,) = struct.unpack_from(">I", tables[b"stsz"], 8)
    sizes = iter(struct.unpack_from(f">{count}I", tables[b"stsz"], 12))
    offsets = _numbers(tables[b"stco"], "I") if b"stco" in tables else _numbers(tables[b"co64"], "Q")
    runs = list(zip(*[iter(_numbers(tables[b"stsc"], "III"))] * 3, strict=True))
    by_chunk = {first: samples for first, samples, _ in runs}
    samples = 0
    for number, offset in enumerate(offsets, 1):
        samples = by_chunk.get(number, samples)
        taken = list(islice(sizes, samples))
        yield from zip((offset + before for before in accumulate(taken, initial=0)), taken, strict=False)
    times = _numbers(tables[b"stts"], "II")
    assert sum(times[::2]) == count == len(track.samples)
    assert sum(a * b for a, b in zip(times[::2], times[1::2], strict=True)) == track.samples.duration_ticks
    keyframes = [number - 1 for number in _numbers(tables[b"stss"], "I")] if b"stss" in tables else []
    assert keyframes == list(track.samples.keyframes)


def _numbers(table: bytes, entry: str) -> tuple[int, ...]:
    (count,) = struct.unpack_from(">I", table, 4)
    assert len(table) == 8 + count * struct.calcsize(">" + entry)
    return struct.unpack_from(">" + entry * count, table, 8)


TARGET = Target(seeds, check, vary_boxes, most_bytes=8192)
