"""An ordinary MP4, read strictly to the last sample: where each lies, when it is shown, whether decoding may begin there.

Part of the strict reading of MP4. Source: ISO/IEC 14496-12, 8.6 (times, edits), 8.7 (places).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

from strict_boxes import Box, Fields, Illegal, Readable, parse
from strict_tracks import Pictures, StrictMovie, StrictTrack, read_movie


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: its bytes' place in the file, its decode time and duration in the track's ticks."""

    offset: int
    size: int
    time: int
    ticks: int
    is_sync: bool


@dataclass(frozen=True, slots=True)
class Strict:
    """A file that broke no rule: what it says, and of each track every sample in order."""

    movie: StrictMovie
    samples: tuple[tuple[Sample, ...], ...]
    root: Box

    def heard_s(self, sample: Sample) -> float:
        """When a sample of the sound begins in the movie, in seconds."""
        track = self.movie.tracks[1]
        empty = sum(duration for duration, time in track.edits if time == -1)
        return empty / self.movie.ticks + (sample.time - (track.edits[-1][1] if track.edits else 0)) / track.ticks


def read_progressive(reader: Readable) -> Strict:
    """An ordinary MP4. Raises Illegal."""
    root = parse(reader, "progressive")
    if [box.kind for box in root.children] != ["ftyp", "moov", "mdat"]:
        raise Illegal("the index does not come before the samples")
    _brands(root.one("ftyp"), {b"isom", b"avc1", b"mp41"})
    movie = read_movie(root.one("moov"))
    samples = tuple(_table(track) for track in movie.tracks)
    for track, found in zip(movie.tracks, samples, strict=True):
        _times(movie, track, found)
    if movie.duration != max(track.duration for track in movie.tracks):
        raise Illegal("mvhd: duration")
    data = root.one("mdat")
    check_tiling(data, [sample for track in samples for sample in track])
    return Strict(movie, samples, root)


def check_tiling(data: Box, samples: list[Sample]) -> None:
    """The samples fill the `mdat` exactly: nothing twice, nothing between."""
    at = data.content
    for sample in sorted(samples, key=lambda sample: sample.offset):
        if sample.offset != at:
            raise Illegal(f"mdat: a sample at {sample.offset} where {at} is free")
        at += sample.size
    if at != data.stop:
        raise Illegal("mdat: bytes of no sample")


def _brands(box: Box, needed: set[bytes]) -> None:
    fields = Fields(box)
    major = fields.take_bytes(4)
    fields.take(">I")
    rest = fields.rest()
    brands = {rest[at : at + 4] for at in range(0, len(rest), 4)}
    fields.must(len(rest) % 4 == 0 and major in brands, "the major brand is no compatible one")
    fields.must(needed <= brands, "brands")


def check_fragmented_brands(box: Box) -> None:
    # iso5 is the first brand that knows default-base-is-moof; iso6 the first that knows tfdt.
    _brands(box, {b"iso5", b"iso6", b"mp41"})


def _table(track: StrictTrack) -> tuple[Sample, ...]:
    table = track.table
    fields = Fields(table.one("stsz"))
    all_size, count = fields.take(">II")
    fields.must(all_size == 0 and count > 0, "every size alike, or no sample")
    sizes = fields.take(f">{count}I")
    fields.end()
    fields.must(all(sizes), "a sample without a byte")
    ticks = _durations(Fields(table.one("stts")))
    per_chunk = _chunks(table)
    if not len(ticks) == count == sum(len_ for _, len_ in per_chunk):
        raise Illegal("stsz, stts and stsc count differently")
    syncs = _sync_numbers(track, count)
    times = accumulate(ticks, initial=0)
    offsets: list[int] = []
    for offset, length in per_chunk:
        first = len(offsets)
        offsets += accumulate(sizes[first : first + length - 1], initial=offset)
    found = zip(offsets, sizes, times, ticks, strict=False)
    return tuple(Sample(*fact, number in syncs) for number, fact in enumerate(found, 1))


def _durations(fields: Fields) -> list[int]:
    (runs,) = fields.take(">I")
    ticks: list[int] = []
    for _ in range(runs):
        count, delta = fields.take(">II")
        fields.must(count > 0 < delta, "a run of none, or a sample that lasts no time")
        ticks += [delta] * count
    fields.end()
    return ticks


def _chunks(table: Box) -> list[tuple[int, int]]:
    """Of each chunk its place and how many samples it holds."""
    kinds = [box.kind for box in table.children if box.kind in ("stco", "co64")]
    if len(kinds) != 1:
        raise Illegal("stbl: chunk offsets once")
    fields = Fields(table.one(kinds[0]))
    (count,) = fields.take(">I")
    offsets = fields.take(f">{count}{'Q' if kinds == ['co64'] else 'I'}")
    fields.end()
    fields = Fields(table.one("stsc"))
    (runs,) = fields.take(">I")
    entries = [fields.take(">III") for _ in range(runs)]
    fields.end()
    firsts = [first for first, _, _ in entries]
    fields.must(firsts[:1] == [1] and all(one < two for one, two in pairwise(firsts)) and firsts[-1] <= count, "first chunks")
    fields.must(all(samples > 0 and description == 1 for _, samples, description in entries), "samples or description")
    lengths = []
    for (first, samples, _), stop in zip(entries, [*firsts[1:], count + 1], strict=True):
        lengths += [samples] * (stop - first)
    return list(zip(offsets, lengths, strict=True))


def _sync_numbers(track: StrictTrack, count: int) -> set[int]:
    if not track.table.all("stss"):
        return set(range(1, count + 1))
    fields = Fields(track.table.one("stss"))
    (syncs,) = fields.take(">I")
    numbers = fields.take(f">{syncs}I")
    fields.end()
    fields.must(isinstance(track.entry, Pictures), "every packet of sound is one to begin with")
    fields.must(numbers[:1] == (1,) and all(one < two for one, two in pairwise(numbers)) and numbers[-1] <= count, "numbers")
    return set(numbers)


def _times(movie: StrictMovie, track: StrictTrack, samples: tuple[Sample, ...]) -> None:
    """`mdhd`, `tkhd` and `elst` say the same of the track's length, within one tick of rounding."""
    if track.media_duration != sum(sample.ticks for sample in samples):
        raise Illegal("mdhd: duration")
    scale = movie.ticks / track.ticks
    if not track.edits:
        if abs(track.duration - track.media_duration * scale) >= 1:
            raise Illegal("tkhd: duration")
        return
    if track.duration != sum(duration for duration, _ in track.edits):
        raise Illegal("tkhd: another duration than the edits'")
    duration, start = track.edits[-1]
    if duration == 0 or abs(start * scale + duration - track.media_duration * scale) >= 1:
        raise Illegal("elst: the edit does not reach from its time to the end of the media")
