"""Packets in, buffers of a fragmented MP4 out, and its sample index on the way. Never touches a disk or a key.

Media time begins with the first picture. A picture lasts until the next, so what was lost shows as a longer one before it.
Source: ISO/IEC 14496-12, 8.8 (fragments).
"""

from __future__ import annotations

from capture.container.boxes import free_box
from capture.container.contents import Closing, Contents, FragmentTable
from capture.container.fragment import fragment, init_segment
from capture.container.pictures import PictureTrack
from capture.container.sound import SoundTrack
from capture.container.tracks import Edit, TrackSetup
from capture.container.trailer import write_trailer
from device.ports import AudioFormat, AudioPacket, Profile, VideoPacket

FRAGMENT_US = 440_000
"""How much a fragment holds. A killed process costs the fragment that is being filled, the pictures that the encoder still has,
and what waits in the open chunk, at low rates a whole fragment more: all of it within 0.6 s at 8 Mbit/s, 1.0 s at 0.5."""

_FRAGMENT_HEAD_BYTES = 180
"""At most what a fragment has besides its samples and their entries."""

_FAR_AHEAD_US = 10_000_000
"""More than any queue holds, and than a camera may stay without a picture."""


class FragmentMuxer:
    """One take. Not for several threads at once. Every buffer it returns must be written, in order."""

    def __init__(self, profile: Profile) -> None:
        self._pictures = PictureTrack(profile.fps)
        self._sound = SoundTrack(profile.audio_bitrate)
        self._fragments = FragmentTable()
        self._position = 0
        self._fragment_start_us = 0
        self._is_begun = False
        self._has_sound = False

    @property
    def has_pictures(self) -> bool:
        """Whether a first keyframe has come; without one there is nothing to close."""
        return self._pictures.setup is not None

    @property
    def has_sound(self) -> bool:
        """Whether the file has a track of sound: settled with the first fragment."""
        return self._has_sound

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height in pixels, as the pictures' own parameter sets say; 0 before the first."""
        setup = self._pictures.setup
        return (setup.width, setup.height) if setup else (0, 0)

    @property
    def frames_kept(self) -> int:
        return self._pictures.count

    @property
    def audio_packets_lost(self) -> int:
        return self._sound.packets_lost

    @property
    def duration_us(self) -> int:
        """From the first picture to the end of the newest, which lasts the nominal time."""
        return self._pictures.duration_us

    @property
    def due_us(self) -> int:
        """The time, on the sensor's clock, from which on a picture makes a fragment due; 0 before the first picture."""
        if not self.has_pictures:
            return 0
        # Half a picture of grace: whichever number of pictures comes nearest.
        return self._fragment_start_us + FRAGMENT_US - self._pictures.nominal_us // 2

    @property
    def ripe_bytes(self) -> int:
        """How large a fragment cut now would be, to a few dozen bytes; 0 while it would be shorter than half a fragment."""
        if not self._is_begun or self._pictures.newest_us - self._fragment_start_us < FRAGMENT_US // 2:
            return 0
        return _FRAGMENT_HEAD_BYTES + self._sound.run_bytes + self._pictures.run_bytes

    @property
    def newest_bytes(self) -> int:
        """Size of the newest picture, which is in no fragment yet."""
        return self._pictures.newest_bytes

    def media_us(self, time_us: int) -> int:
        """A time of the sensor's clock as media time, within the take as it is so far."""
        return min(max(0, time_us - self._pictures.zero_us), self.duration_us)

    def audio_format(self, audio: AudioFormat) -> None:
        """How the sound is coded. What is announced after the first fragment finds no track: its packets count as lost."""
        if not self._is_begun:
            self._sound.announce(audio)

    def audio(self, packet: AudioPacket) -> None:
        """Take one packet. One that is far ahead of the pictures counts as lost: what follows would find its place taken."""
        if self.has_pictures and packet.time_us > self._pictures.newest_us + _FAR_AHEAD_US:
            self._sound.packets_lost += 1
        else:
            self._sound.add(packet)

    def video(self, packet: VideoPacket) -> bool:
        """Take one picture; True when a fragment is due. What comes before the first keyframe is left out.

        Raises FormatUnsupported for B-frames, time running back and changed parameter sets (a new resolution): the picture is
        then not taken, and the take can still be closed with what came before.
        """
        was_empty = not self.has_pictures
        if not self._pictures.add(packet):
            return False
        if was_empty:
            self._fragment_start_us = packet.time_us
        return packet.time_us >= self.due_us

    def fragment(self) -> list[bytes]:
        """Everything whose duration is known, as `moof` and `mdat`; before the first of them `ftyp` and `moov`."""
        self._fragment_start_us = self._pictures.newest_us
        buffers: list[bytes] = []
        if not self._is_begun:
            buffers.append(self._begin())
        # The sound before the pictures: of a torn fragment more whole samples are left that way.
        runs = [run for run in (self._sound.take_run(), self._pictures.take_run()) if run is not None and run.samples]
        if not runs:
            return buffers
        parts = fragment(len(self._fragments.payload_offsets) + 1, runs)
        self._fragments.moof_offsets.append(self._position)
        self._fragments.payload_offsets.append(self._position + len(parts[0]))
        sound_count = sum(len(run.samples) for run in runs if not run.flags)
        self._fragments.audio_counts.append(sound_count)
        self._fragments.video_counts.append(sum(len(run.samples) for run in runs) - sound_count)
        self._position += sum(map(len, parts))
        return buffers + parts

    def padding(self, size: int) -> bytes:
        """A `free` box of `size` bytes (at least 8), to be written where a fragment has ended."""
        self._position += size
        return free_box(size)

    def close(self, frames_generated: int, audio_packets_lost: int, marks_ms: tuple[int, ...]) -> tuple[list[bytes], bytes]:
        """The last fragment, and the trailer, which must be the file's last bytes. Only once, and only if `has_pictures`.

        `audio_packets_lost` are those that never came here; the muxer adds its own.
        """
        start = [] if self._is_begun else [self._begin()]
        self._pictures.settle_last()
        self._sound.settle_last()
        buffers = start + self.fragment()
        closing = Closing(frames_generated, self._pictures.lost_between, audio_packets_lost + self._sound.packets_lost, marks_ms)
        sound = self._sound
        return buffers, write_trailer(
            Contents(closing, self._pictures.table, sound.table, sound.start, self._has_sound, self._fragments)
        )

    def _begin(self) -> bytes:
        assert self._pictures.setup is not None
        tracks: list[tuple[TrackSetup, Edit | None]] = [(self._pictures.setup, None)]
        sound = self._sound.begin(self._pictures.zero_us)
        if sound is not None:
            tracks.append(sound)
        self._has_sound = sound is not None
        self._is_begun = True
        start = init_segment(tracks)
        self._position += len(start)
        return start
