"""The fragmented form, read strictly: every fragment, the random access table, and the trailer as docs/sealed-format.md has it.

Source: ISO/IEC 14496-12, 8.8.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from itertools import groupby, pairwise

from strict_boxes import Box, Fields, Illegal, Readable, parse
from strict_movies import Sample, Strict, check_fragmented_brands, check_tiling
from strict_tracks import Pictures, StrictMovie, StrictTrack, read_movie

_SYNC, _NO_SYNC = 0x0200_0000, 0x0101_0000
"""Depends on no other; depends on others and is no sync sample. All other bits are for what H.264 without B-frames has not."""

_TRAILER_ID = bytes.fromhex("5c42bc86327b4c6ab12bce073a904d1b")


def read_fragmented(reader: Readable) -> Strict:
    """A fragmented MP4, closed or cut between two boxes. Raises Illegal."""
    root = parse(reader, "fragmented")
    if [box.kind for box in root.children[:2]] != ["ftyp", "moov"]:
        raise Illegal("what the tracks are does not come first")
    check_fragmented_brands(root.one("ftyp"))
    moov = root.one("moov")
    movie = read_movie(moov)
    _announcement(moov, movie)
    samples: dict[int, list[Sample]] = defaultdict(list)
    fragments: list[dict[int, list[Sample]]] = []
    for box, following in pairwise([*root.children[2:], None]):
        assert box is not None
        if box.kind == "moof":
            if following is None or following.kind != "mdat":
                raise Illegal("moof: no mdat behind it")
            fragments.append(_fragment(box, following, movie, samples, len(fragments) + 1))
        if following is not None and following.kind == "mdat" and box.kind != "moof":
            raise Illegal("mdat: no moof before it")
    strict = Strict(movie, tuple(tuple(samples[track.track_id]) for track in movie.tracks), root)
    _ending(reader, strict, fragments)
    return strict


def _announcement(moov: Box, movie: StrictMovie) -> None:
    ids = []
    for box in moov.one("mvex").all("trex"):
        fields = Fields(box)
        track_id, description, *defaults = fields.take(">IIIII")
        fields.must(description == 1 and not any(defaults), "defaults")
        fields.end()
        ids.append(track_id)
    if ids != [track.track_id for track in movie.tracks]:
        raise Illegal("trex: other tracks than there are")
    if movie.ticks != 90_000 or movie.tracks[0].ticks != 90_000:
        raise Illegal("moov: another time-scale than the page's")
    if movie.duration or any(track.duration or track.media_duration for track in movie.tracks):
        raise Illegal("moov: a duration, but no samples")
    for track in movie.tracks:
        if track.edits and track.edits[-1][0]:
            raise Illegal("elst: an end, where the end is not known")
        for kind in ("stts", "stsc", "stco"):
            fields = Fields(track.table.one(kind))
            fields.must(fields.take(">I") == (0,), "samples in the moov")
            fields.end()
        fields = Fields(track.table.one("stsz"))
        fields.must(fields.take(">II") == (0, 0), "samples in the moov")
        fields.end()
        if track.table.all("stss") or track.table.all("co64"):
            raise Illegal("stbl: tables of no samples")


def _fragment(moof: Box, data: Box, movie: StrictMovie, samples: dict[int, list[Sample]], number: int) -> dict[int, list[Sample]]:
    fields = Fields(moof.one("mfhd"))
    fields.must(fields.take(">I") == (number,), "sequence number")
    fields.end()
    if data.content - data.start != 8:
        raise Illegal("mdat: a large head")
    found: dict[int, list[Sample]] = {}
    for traf in moof.all("traf"):
        track, default = _track_of(traf, movie)
        if track.track_id in found:
            raise Illegal("traf: a track twice")
        before = samples[track.track_id]
        fields = Fields(traf.one("tfdt"))
        fields.must(fields.version == 1, "32 bits wide")
        (time,) = fields.take(">Q")
        fields.end()
        if before or isinstance(track.entry, Pictures):
            fields.must(time == (before[-1].time + before[-1].ticks if before else 0), "decode time")
        found[track.track_id] = _run(Fields(traf.one("trun")), moof.start, time, default)
        before += found[track.track_id]
    check_tiling(data, [sample for run in found.values() for sample in run])
    kinds = [track_id for track_id, _ in sorted(found.items(), key=lambda run: run[1][0].offset)]
    if kinds != sorted(kinds, reverse=True) or list(found) != kinds:
        raise Illegal("mdat: pictures before the sound")
    return found


def _track_of(traf: Box, movie: StrictMovie) -> tuple[StrictTrack, int | None]:
    fields = Fields(traf.one("tfhd"))
    (track_id,) = fields.take(">I")
    fields.must(fields.flags in (0x02_0000, 0x02_0020), "flags")
    default = fields.take(">I")[0] if fields.flags & 0x20 else None
    fields.end()
    tracks = [track for track in movie.tracks if track.track_id == track_id]
    fields.must(len(tracks) == 1, "no such track")
    fields.must(default in (None, _SYNC), "default sample flags")
    fields.must((default is None) == isinstance(tracks[0].entry, Pictures), "default sample flags")
    return tracks[0], default


def _run(fields: Fields, base: int, time: int, default: int | None) -> list[Sample]:
    fields.must(fields.version == 0, "version")
    fields.must(fields.flags == (0x701 if default is None else 0x301), "flags")
    count, offset = fields.take(">Ii")
    fields.must(count > 0, "no samples")
    offset += base
    found = []
    for _ in range(count):
        ticks, size, *flags = fields.take(">III" if default is None else ">II")
        word = flags[0] if flags else default
        fields.must(ticks > 0 < size, "a sample without time or bytes")
        fields.must(word in (_SYNC, _NO_SYNC), "sample flags")
        found.append(Sample(offset, size, time, ticks, word == _SYNC))
        offset, time = offset + size, time + ticks
    fields.end()
    return found


def _ending(reader: Readable, strict: Strict, fragments: list[dict[int, list[Sample]]]) -> None:
    kinds = [box.kind for box in strict.root.children]
    if "uuid" not in kinds and "mfra" not in kinds:
        return
    if kinds[-2:] != ["uuid", "mfra"]:
        raise Illegal("trailer: not at the end, or only half of it")
    _trailer(reader, strict, fragments)
    access = strict.root.one("mfra")
    if [box.kind for box in access.children] != ["tfra", "mfro"]:
        raise Illegal("mfra: mfro is not its last box")
    fields = Fields(access.one("mfro"))
    fields.must(fields.take(">I") == (access.stop - access.start,), "size")
    fields.end()
    fields = Fields(access.one("tfra"))
    fields.must(fields.version == 1, "version")
    track_id, lengths, count = fields.take(">III")
    fields.must(strict.movie.tracks[0].track_id == track_id and lengths == 3, "track or widths")
    entries = [fields.take(">QQBBI") for _ in range(count)]
    fields.end()
    wanted = []
    for moof, runs in zip(strict.root.all("moof"), fragments, strict=True):
        pictures = runs.get(track_id, [])
        syncs = [number for number, sample in enumerate(pictures) if sample.is_sync]
        if syncs:
            traf = list(runs).index(track_id) + 1
            wanted.append((pictures[syncs[0]].time, moof.start, traf, 1, syncs[0] + 1))
    fields.must(entries == wanted, "entries")


def _trailer(reader: Readable, strict: Strict, fragments: list[dict[int, list[Sample]]]) -> None:
    """The `uuid` box by the page's table of offsets, held against what the fragments themselves say."""
    box = strict.root.one("uuid")
    data = reader.read_at(box.start, box.stop - box.start)
    if len(data) < 88:
        raise Illegal("uuid: is too short")
    pictures = list(strict.samples[0])
    sound = list(strict.samples[1]) if len(strict.samples) == 2 else []
    fixed = struct.unpack_from(">16sBBHQIIIIQ7I", data, 8)
    name, version, state, flags, duration, generated, kept, lost, _, sound_start, marks, *counts = fixed
    runs = [(len(list(same)), ticks) for ticks, same in groupby(sample.ticks for sample in pictures)]
    packet_runs = [(len(list(same)), ticks) for ticks, same in groupby(sample.ticks for sample in sound)]
    keyframes = [number for number, sample in enumerate(pictures) if sample.is_sync]
    is_right = (
        (name, version, state, flags) == (_TRAILER_ID, 1, 1, len(strict.samples) - 1)
        and duration == sum(sample.ticks for sample in pictures)
        and generated - lost >= kept == len(pictures)
        and sound_start == (sound[0].time if sound else 0)
        and counts == [len(fragments), len(pictures), len(runs), len(keyframes), len(sound), len(packet_runs)]
    )
    if not is_right:
        raise Illegal("uuid: fixed fields")
    ids = [track.track_id for track in strict.movie.tracks]
    tables = [
        *((box.content, "Q") for box in strict.root.all("mdat")),
        *((len(run.get(ids[1], [])) if len(ids) == 2 else 0, "I") for run in fragments),
        *((len(run.get(ids[0], [])), "I") for run in fragments),
        *((count, "I") for count, _ in runs),
        *((ticks, "I") for _, ticks in runs),
        *((number, "I") for number in keyframes),
        *((sample.size, "I") for sample in pictures),
        *((count, "I") for count, _ in packet_runs),
        *((ticks, "I") for _, ticks in packet_runs),
        *((sample.size, "I") for sample in sound),
        (len(data), "I"),
    ]
    wanted = b"".join(struct.pack(f">{code}", number) for number, code in tables)
    if data[88 + 4 * marks :] != wanted:
        raise Illegal("uuid: tables")
