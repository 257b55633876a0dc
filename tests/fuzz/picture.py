"""Fuzz target: what an encoder delivers. The muxer refuses it, or what it writes can be read again: there is no third way."""

from __future__ import annotations

import random
import struct

import factory
from fuzz import movie
from fuzz.mutation import vary_bytes
from fuzz.target import Target
from movies import BytesReader

from capture.container.h264 import Nal, access_unit
from capture.container.index import load_index
from capture.container.muxer import FragmentMuxer
from capture.container.progressive import ProgressiveMp4
from capture.container.sps import picture_format
from capture.errors import FormatUnsupported
from device.ports import Profile, VideoPacket

_PROFILE = Profile(320, 180, 30, 500_000)
_NEXT = b"\x00\x00\x01\x41\x9a\x80\x80"


def seeds() -> list[bytes]:
    real = factory.encode(has_sound=False).video[0].data
    small = movie.parameter_sets() + b"\x00\x00\x01\x65\x88\x80\x80"
    filler = b"\x00\x00\x00\x01\x09\xf0" + small + b"\x00\x00\x01\x0c\xff\xff\x80"
    return [real[:300], small, filler, small.replace(b"\x00\x00\x01\x67", b"\x00\x00\x01\x67\x64"), _NEXT, b""]


def check(data: bytes) -> None:
    _check_size(data)
    try:
        unit = access_unit(data)
    except FormatUnsupported:
        return
    kinds = [piece[0] & 0x1F for piece in _pieces(unit.data)]
    assert Nal.SLICE in kinds or Nal.IDR_SLICE in kinds
    assert not {Nal.SPS, Nal.PPS, Nal.ACCESS_UNIT_DELIMITER, Nal.FILLER} & set(kinds)
    _film(data)


def _check_size(sps: bytes) -> None:
    try:
        picture = picture_format(sps)
    except FormatUnsupported:
        return
    assert 0 < picture.width <= 8192
    assert 0 < picture.height <= 8192


def _pieces(sample: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(sample):
        (size,) = struct.unpack_from(">I", sample, at)
        found.append(sample[at + 4 : at + 4 + size])
        assert len(found[-1]) == size > 0
        at += 4 + size
    return found


def _film(data: bytes) -> None:
    muxer = FragmentMuxer(_PROFILE)
    try:
        muxer.video(VideoPacket(data, 0, 0, is_keyframe=True))
        muxer.video(VideoPacket(_NEXT, 33_333, 1, is_keyframe=False))
        muxer.video(VideoPacket(data, 66_666, 2, is_keyframe=True))
    except FormatUnsupported:
        pass
    if not muxer.has_pictures:
        return
    kept = muxer.frames_kept
    buffers, trailer = muxer.close(kept, 0, ())
    film = b"".join((*buffers, trailer))
    reader = BytesReader(film)
    view = ProgressiveMp4(reader, load_index(reader))
    assert view.index.frames == kept
    assert len(view.read_at(0, view.size)) == view.size
    assert (view.index.video.setup.width, view.index.video.setup.height) == muxer.picture_size
    torn = load_index(BytesReader(b"".join(buffers)))
    assert list(torn.video.samples.sizes) == list(view.index.video.samples.sizes)


def vary(data: bytes, chance: random.Random) -> bytes:
    """NAL units doubled, moved or left out, or bytes anywhere."""
    if chance.random() < 0.7:
        return vary_bytes(data, chance)
    units = data.split(b"\x00\x00\x01")
    place, other = chance.randrange(len(units)), chance.randrange(len(units))
    match chance.randrange(3):
        case 0:
            units[place:place] = [units[other]] * chance.choice((1, 2, 40, 300))
        case 1:
            del units[place]
        case _:
            units[place] += units[place][-40:] * chance.choice((1, 100, 2_000))
    return b"\x00\x00\x01".join(units)


TARGET = Target(seeds, check, vary, most_bytes=4096)
