"""What a `moov` says of its tracks, read strictly: headers, edit lists, sample entries. Part of the strict reading of MP4.

Source: ISO/IEC 14496-12, 8.2 to 8.5; 14496-14, 4.1.2 and 5.6; 14496-15, 5.3.3; 14496-1, 7.2.6; 14496-3, 1.6.2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from strict_boxes import Box, Fields, Illegal, inner_boxes

_UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_HIGH_PROFILES = (100, 110, 122, 144)


@dataclass(frozen=True, slots=True)
class Pictures:
    """What `avc1` says: size, and the whole `avcC` with what is in it."""

    width: int
    height: int
    record: bytes
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    depth: tuple[int, int, int]
    """Chroma format and bits of luma and chroma."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What `mp4a` says."""

    rate: int
    channels: int
    config: bytes


@dataclass(frozen=True, slots=True)
class StrictTrack:
    track_id: int
    ticks: int
    duration: int
    """In the movie's ticks."""
    media_duration: int
    edits: tuple[tuple[int, int], ...]
    """Duration in the movie's ticks, media time in the track's (-1: nothing)."""
    entry: Pictures | Sound
    table: Box


@dataclass(frozen=True, slots=True)
class StrictMovie:
    ticks: int
    duration: int
    tracks: tuple[StrictTrack, ...]


def read_movie(moov: Box) -> StrictMovie:
    """Everything but the sample tables. Raises Illegal."""
    fields = Fields(moov.one("mvhd"))
    ticks, duration = _clock(fields)
    rate, volume = fields.take(">IH")
    fields.must((rate, volume) == (0x10000, 0x100), "rate and volume")
    fields.zeros(10)
    fields.must(fields.take_bytes(36) == _UNITY, "matrix")
    fields.zeros(24)
    (next_id,) = fields.take(">I")
    fields.end()
    tracks = tuple(_track(trak) for trak in moov.all("trak"))
    ids = [track.track_id for track in tracks]
    fields.must(len(set(ids)) == len(ids) and all(0 < one < next_id for one in ids), "next_track_ID")
    fields.must([type(track.entry) for track in tracks] in ([Pictures], [Pictures, Sound]), "tracks")
    return StrictMovie(ticks, duration, tracks)


def _clock(fields: Fields) -> tuple[int, int]:
    """Time-scale and duration behind the times of making, which no file of ours tells."""
    wide = "Q" if fields.version else "I"
    made, changed, ticks, duration = fields.take(f">{wide}{wide}I{wide}")
    fields.must((made, changed) == (0, 0), "tells when it was made")
    fields.must(ticks > 0, "time-scale")
    return ticks, duration


def _track(trak: Box) -> StrictTrack:
    media = trak.one("mdia")
    handler = _handler(media.one("hdlr"))
    track_id, duration, size = _track_header(trak.one("tkhd"), handler)
    fields = Fields(media.one("mdhd"))
    ticks, media_duration = _clock(fields)
    (language,) = fields.take(">H")
    fields.zeros(2)
    fields.must(language >> 15 == 0 and all(1 <= language >> shift & 0x1F <= 26 for shift in (10, 5, 0)), "language")
    fields.end()
    information = media.one("minf")
    _media_header(information, handler)
    _data_reference(information.one("dinf", "dref"))
    table = information.one("stbl")
    entry = _sample_entry(table.one("stsd"), handler)
    wanted = (entry.width << 16, entry.height << 16) if isinstance(entry, Pictures) else (0, 0)
    if size != wanted:
        raise Illegal("tkhd: another size than the sample entry's")
    if isinstance(entry, Sound) and ticks != entry.rate:
        raise Illegal("mdhd: the sound's time-scale is not its rate")
    edits = _edits(trak.one("edts", "elst")) if trak.all("edts") else ()
    return StrictTrack(track_id, ticks, duration, media_duration, edits, entry, table)


def _track_header(box: Box, handler: bytes) -> tuple[int, int, tuple[int, ...]]:
    fields = Fields(box)
    wide = "Q" if fields.version else "I"
    made, changed, track_id = fields.take(f">{wide}{wide}I")
    fields.must((made, changed) == (0, 0), "tells when it was made")
    fields.zeros(4)
    (duration,) = fields.take(f">{wide}")
    fields.zeros(8)
    layer, _, volume = fields.take(">hHH")
    fields.must(layer == 0 and volume == (0x100 if handler == b"soun" else 0), "layer and volume")
    fields.zeros(2)
    fields.must(fields.take_bytes(36) == _UNITY, "matrix")
    size = fields.take(">II")
    fields.end()
    return track_id, duration, size


def _handler(box: Box) -> bytes:
    fields = Fields(box)
    fields.zeros(4)
    handler = fields.take_bytes(4)
    fields.must(handler in (b"vide", b"soun"), "handler")
    fields.zeros(12)
    name = fields.rest()
    fields.must(name.endswith(b"\0") and name.count(0) == 1 and name.isascii(), "name")
    return handler


def _media_header(information: Box, handler: bytes) -> None:
    kinds = [box.kind for box in information.children if box.kind in ("vmhd", "smhd")]
    if kinds != ["vmhd" if handler == b"vide" else "smhd"]:
        raise Illegal("minf: another media header than the handler's")
    fields = Fields(information.one(kinds[0]))
    fields.zeros(8 if handler == b"vide" else 4)
    fields.end()


def _data_reference(box: Box) -> None:
    fields = Fields(box)
    fields.must(fields.take(">I") == (1,), "entry count")
    (url,) = inner_boxes(fields.rest(), box.content + 8, "url ")
    Fields(url).end()


def _edits(box: Box) -> tuple[tuple[int, int], ...]:
    fields = Fields(box)
    (count,) = fields.take(">I")
    fields.must(1 <= count <= 2, "entry count")
    edits = []
    for _ in range(count):
        duration, time, rate, fraction = fields.take(">Qqhh" if fields.version else ">Iihh")
        fields.must((rate, fraction) == (1, 0), "rate")
        fields.must(time >= -1, "media time")
        edits.append((duration, time))
    fields.end()
    fields.must(edits[-1][1] >= 0, "an empty edit at the end")
    fields.must(all(time == -1 and duration for duration, time in edits[:-1]), "an edit before the last that is not empty")
    return tuple(edits)


def _sample_entry(box: Box, handler: bytes) -> Pictures | Sound:
    fields = Fields(box)
    fields.must(fields.take(">I") == (1,), "entry count")
    is_picture = handler == b"vide"
    (entry,) = inner_boxes(fields.rest(), box.content + 8, "avc1" if is_picture else "mp4a")
    fields = Fields(entry)
    fields.zeros(6)
    fields.must(fields.take(">H") == (1,), "data reference index")
    return _pictures(fields, entry) if is_picture else _sound(fields, entry)


def _pictures(fields: Fields, entry: Box) -> Pictures:
    fields.zeros(16)
    width, height = fields.take(">HH")
    fields.must(width > 0 < height, "size")
    fields.must(fields.take(">IIIH") == (0x480000, 0x480000, 0, 1), "resolution and frame count")
    name = fields.take_bytes(32)
    fields.must(name[0] < 32 and not any(name[1 + name[0] :]), "compressor name")
    fields.must(fields.take(">Hh") == (0x18, -1), "depth")
    (config,) = inner_boxes(fields.rest(), entry.content + 78, "avcC")
    return _decoder_record(Fields(config), config.data, width, height)


def _decoder_record(fields: Fields, record: bytes, width: int, height: int) -> Pictures:
    version, profile, compatibility, level, lengths, count = fields.take(">6B")
    fields.must(version == 1 and lengths == 0xFF and count >> 5 == 7, "version or reserved bits")
    sps = tuple(fields.take_bytes(*fields.take(">H")) for _ in range(count & 0x1F))
    pps = tuple(fields.take_bytes(*fields.take(">H")) for _ in range(*fields.take(">B")))
    fields.must(bool(sps and pps), "no parameter sets")
    fields.must(all(unit[0] & 0x9F == 7 and unit[1:4] == bytes((profile, compatibility, level)) for unit in sps), "SPS")
    fields.must(all(unit[0] & 0x9F == 8 for unit in pps), "PPS")
    depth = (1, 8, 8)
    if profile in _HIGH_PROFILES:
        chroma, luma_bits, chroma_bits, extensions = fields.take(">4B")
        fields.must(chroma >> 2 == 0x3F and luma_bits >> 3 == chroma_bits >> 3 == 0x1F and not extensions, "reserved bits")
        depth = (chroma & 3, 8 + (luma_bits & 7), 8 + (chroma_bits & 7))
    fields.end()
    return Pictures(width, height, record, sps, pps, depth)


def _sound(fields: Fields, entry: Box) -> Sound:
    fields.zeros(8)
    channels, bits = fields.take(">HH")
    fields.must(bits == 16, "sample size")
    fields.zeros(4)
    (rate,) = fields.take(">I")
    (esds,) = inner_boxes(fields.rest(), entry.content + 28, "esds")
    config = _stream_descriptor(Fields(esds))
    found_rate, found_channels = _audio_config(config)
    fields.must((rate, channels) == (found_rate << 16, found_channels), "other channels or rate than the configuration's")
    return Sound(found_rate, found_channels, config)


def _stream_descriptor(fields: Fields) -> bytes:
    _descriptor(fields, 3)
    fields.must(fields.take(">HB") == (0, 0), "ES_ID and flags, 0 in a file")
    size = _descriptor(fields, 4)
    kind, stream, _, _, _ = fields.take(">BB3sII")
    fields.must((kind, stream) == (0x40, 0x15), "no AAC")
    config_size = _descriptor(fields, 5)
    fields.must(size == 13 + 5 + config_size, "decoder configuration's length")
    config = fields.take_bytes(config_size)
    fields.must(_descriptor(fields, 6) == 1 and fields.take(">B") == (2,), "sync layer, 2 in a file")
    fields.end()
    return config


def _descriptor(fields: Fields, tag: int) -> int:
    """Enter a descriptor: its length, which for the outermost must reach the end of the box."""
    fields.must(fields.take(">B") == (tag,), f"descriptor {tag}")
    one, two, three, four = fields.take(">4B")
    fields.must(all(byte & 0x80 for byte in (one, two, three)) and not four & 0x80, "descriptor length")
    size = (one & 0x7F) << 21 | (two & 0x7F) << 14 | (three & 0x7F) << 7 | four
    if tag == 3:
        fields.must(size == fields.left, "the descriptor does not fill its box")
    return size


def _audio_config(config: bytes) -> tuple[int, int]:
    """Rate and channels of an AudioSpecificConfig of AAC-LC, 1,024 samples a packet; an extension may follow that says no SBR."""
    value = int.from_bytes(config[:2])
    kind, rate, channels, rest = value >> 11, value >> 7 & 0xF, value >> 3 & 0xF, value & 7
    is_right = len(config) >= 2 and kind == 2 and rate < len(_RATES) and 1 <= channels <= 7 and not rest
    if not is_right or config[2:] not in (b"", b"\x56\xe5\x00"):
        raise Illegal("esds: AudioSpecificConfig")
    return _RATES[rate], channels
