"""H.264 from the camera's form into MP4's: nothing lost, nothing that the container cannot hold let through."""

from __future__ import annotations

from fractions import Fraction

import av
import factory
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.container.h264 import ParameterSets, access_unit, avcc, split_annex_b
from capture.container.sps import PictureFormat, picture_format
from capture.errors import FormatUnsupported


def encode_frames(width: int, height: int, count: int = 3, **options: str) -> list[bytes]:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, options.pop("pix_fmt", "yuv420p")
    codec.framerate, codec.time_base = 30, Fraction(1, 30)
    codec.options = {
        "preset": "medium",
        "x264-params": "annexb=1:repeat-headers=1:keyint=30:scenecut=0:" + options.pop("params", ""),
    }
    codec.max_b_frames = int(options.get("bf", "0"))
    if "profile" in options:
        codec.profile = options["profile"]
    noise = np.random.default_rng(2)
    packets = []
    for number in range(count):
        picture = noise.integers(0, 255, (height, width, 3), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        packets += codec.encode(frame)
    packets += codec.encode(None)
    return [bytes(packet) for packet in packets]


@pytest.mark.parametrize(("width", "height"), [(320, 180), (640, 480), (1280, 720), (1920, 1080), (98, 50)])
def test_picture_size_is_read_from_the_stream_after_cropping(width: int, height: int) -> None:
    unit = access_unit(encode_frames(width, height, 1)[0])
    picture = picture_format(unit.parameters.sps[0])
    assert (picture.width, picture.height) == (width, height)


def test_baseline_stream_has_no_chroma_fields_in_its_configuration() -> None:
    unit = access_unit(encode_frames(320, 180, 1, profile="Baseline")[0])
    record = avcc(unit.parameters, picture_format(unit.parameters.sps[0]))
    assert record[1] == 66
    assert len(record) == 11 + len(unit.parameters.sps[0]) + len(unit.parameters.pps[0])


def test_configuration_is_what_an_independent_muxer_writes_for_the_same_stream() -> None:
    unit = access_unit(encode_frames(320, 180, 1)[0])
    record = avcc(unit.parameters, picture_format(unit.parameters.sps[0]))
    sps, pps = unit.parameters.sps[0], unit.parameters.pps[0]
    assert record[:6] == bytes((1, sps[1], sps[2], sps[3], 0xFF, 0xE1))
    assert record[6:] == len(sps).to_bytes(2) + sps + b"\x01" + len(pps).to_bytes(2) + pps + b"\xfd\xf8\xf8\x00"


def test_a_high_bit_depth_stream_says_so_in_its_configuration() -> None:
    unit = access_unit(encode_frames(320, 180, 1, pix_fmt="yuv422p10le")[0])
    picture = picture_format(unit.parameters.sps[0])
    assert (picture.chroma_format, picture.luma_bits, picture.chroma_bits) == (2, 10, 10)
    assert avcc(unit.parameters, picture)[-4:] == b"\xfe\xfa\xfa\x00"


def test_interlaced_picture_counts_both_fields() -> None:
    unit = access_unit(encode_frames(320, 192, 1, params="interlaced=1")[0])
    assert picture_format(unit.parameters.sps[0]).height == 192


def test_parameter_sets_do_not_stay_in_the_sample() -> None:
    unit = access_unit(encode_frames(320, 180, 1)[0])
    kinds, at = [], 0
    while at < len(unit.data):
        size = int.from_bytes(unit.data[at : at + 4])
        kinds.append(unit.data[at + 4] & 0x1F)
        at += 4 + size
    assert at == len(unit.data)
    assert 5 in kinds
    assert not {7, 8, 9} & set(kinds)


def test_only_a_keyframe_is_taken_for_one() -> None:
    units = [access_unit(data) for data in encode_frames(320, 180, 4)]
    assert [unit.is_idr for unit in units] == [True, False, False, False]


def test_b_frames_are_refused() -> None:
    frames = encode_frames(320, 180, 12, params="b-adapt=0", bf="2")
    with pytest.raises(FormatUnsupported):
        list(map(access_unit, frames))


def test_packet_without_a_picture_is_refused() -> None:
    with pytest.raises(FormatUnsupported):
        access_unit(b"\x00\x00\x00\x01\x09\xf0")


@pytest.mark.parametrize(
    ("sps", "pps"),
    [
        pytest.param(bytes(70_000), b"pps", id="an SPS longer than its length field"),
        pytest.param(b"sps", bytes(70_000), id="a PPS longer than its length field"),
        pytest.param([b"sps"] * 32, b"pps", id="more SPS than can be counted"),
        pytest.param(b"sps", [b"pps"] * 256, id="more PPS than can be counted"),
        pytest.param(bytes(50_000), [bytes(50_000)] * 20, id="too much for a movie header that is read again"),
    ],
)
def test_parameter_sets_that_no_configuration_holds_are_refused(sps: bytes | list[bytes], pps: bytes | list[bytes]) -> None:
    sets = [tuple(units) if isinstance(units, list) else (units,) for units in (sps, pps)]
    with pytest.raises(FormatUnsupported):
        avcc(ParameterSets(*sets), PictureFormat(320, 180, 1, 8, 8))


@given(st.lists(st.binary(min_size=1, max_size=40).filter(lambda unit: unit[-1] and b"\x00\x00" not in unit and unit[0])))
def test_every_unit_comes_back_from_its_start_codes(units: list[bytes]) -> None:
    stream = b"".join(b"\x00\x00\x00\x01" + unit for unit in units)
    assert list(split_annex_b(stream)) == units


@given(st.binary(max_size=200))
def test_garbage_as_a_parameter_set_is_a_clear_refusal(garbage: bytes) -> None:
    try:
        picture = picture_format(garbage)
    except FormatUnsupported:
        return
    assert picture.width > 0 < picture.height


@given(st.data())
def test_a_damaged_parameter_set_never_breaks_the_reader(data: st.DataObject) -> None:
    sps = bytearray(access_unit(factory.encode().video[0].data).parameters.sps[0])
    for _ in range(data.draw(st.integers(1, 4))):
        sps[data.draw(st.integers(0, len(sps) - 1))] = data.draw(st.integers(0, 255))
    test_garbage_as_a_parameter_set_is_a_clear_refusal.hypothesis.inner_test(bytes(sps))
