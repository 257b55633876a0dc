"""What Debian's ffmpeg sees in a file, packet by packet and decoded, as hashes and times. Knows nothing of our container.

Pictures are compared as their NAL units in Annex-B form without parameter sets, which MP4 keeps aside: ffmpeg itself brings both
sides there. `framemd5` is documented in ffmpeg's formats manual.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device.ports import AudioFormat, AudioPacket, VideoPacket

_NO_PARAMETER_SETS = "filter_units=remove_types=7-9"
_RAW_STREAMS_SAY = ("Timestamps are unset in a packet", "Estimating duration from bitrate")


@dataclass(frozen=True, slots=True)
class Frame:
    """One packet or decoded frame: its time and duration in the stream's ticks, the MD5 of its bytes."""

    time: int
    duration: int
    md5: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Packets in `packets` and `sound`, decoded in `pictures` and `heard`; `parameters` is the MD5 of SPS and PPS."""

    parameters: str
    packets: tuple[Frame, ...]
    pictures: tuple[Frame, ...]
    sound: tuple[Frame, ...]
    heard: tuple[Frame, ...]


def run(program: str, *arguments: str | Path) -> str:
    """What the program had to complain of; it must succeed."""
    command = [f"/usr/bin/{program}", "-v", "warning", *map(str, arguments)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True).stderr


def see_film(path: Path, *, has_sound: bool) -> Seen:
    """A film file. Opening and decoding it must bring no warning."""
    strict = ("-xerror", "-threads", "1", "-err_detect", "explode", "-copyts")
    # What an edit list cuts off is still a packet that went in.
    whole = ("-ignore_editlist", "1")
    said, seen = _see((*strict, "-i", path, *strict, *whole, "-i", path), "0:v", "0:a" if has_sound else "", "1:a")
    assert not said, said
    return seen


def see_packets(packets: Sequence[VideoPacket | AudioPacket], audio: AudioFormat | None, folder: Path) -> Seen:
    """The packets themselves, as raw H.264 and, behind headers of their own, raw AAC."""
    pictures, sound = folder / "in.h264", folder / "in.aac"
    pictures.write_bytes(b"".join(packet.data for packet in packets if isinstance(packet, VideoPacket)))
    heard = [packet.data for packet in packets if isinstance(packet, AudioPacket)] if audio else []
    inputs: tuple[str | Path, ...] = ("-f", "h264", "-framerate", "30", "-i", pictures)
    if heard and audio:
        sound.write_bytes(b"".join(_adts(audio, len(data)) + data for data in heard))
        inputs = (*inputs, "-f", "aac", "-i", sound)
    said, seen = _see(inputs, "0:v", "1:a" if heard else "", "1:a", adts="aac_adtstoasc")
    assert all(any(words in line for words in _RAW_STREAMS_SAY) for line in said.splitlines()), said
    return seen


def _see(inputs: Sequence[str | Path], video: str, audio: str, whole_audio: str, adts: str = "null") -> tuple[str, Seen]:
    folder = Path(str(inputs[-1])).parent
    names = ["packets", "pictures", "sound", "heard"] if audio else ["packets", "pictures"]
    places = [folder / f"{name}.md5" for name in names]
    options: list[list[str | Path]] = [
        ["-map", video, "-c", "copy", "-bsf:v", f"h264_mp4toannexb,{_NO_PARAMETER_SETS}", "-f", "framemd5"],
        ["-map", video, "-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-f", "framemd5"],
        ["-map", audio, "-c", "copy", "-bsf:a", adts, "-f", "framemd5"],
        ["-map", whole_audio, "-f", "framemd5"],
    ]
    outputs = [word for option, place in zip(options, places, strict=False) for word in (*option, place)]
    said = run("ffmpeg", "-y", *inputs, *outputs)
    texts = [place.read_text() for place in places]
    found = [tuple(_frames(text)) for text in texts]
    parameters = next(line.rsplit(", ", 1)[1] for line in texts[0].splitlines() if line.startswith("#extradata"))
    return said, Seen(parameters, found[0], found[1], *(found[2:] or ((), ())))


def _frames(text: str) -> list[Frame]:
    lines = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    return [Frame(int(words[2]), int(words[3]), words[5].strip()) for words in lines]


def _adts(audio: AudioFormat, size: int) -> bytes:
    """The header before one packet in a raw stream (ISO/IEC 14496-3, 1.A.2): no CRC, AAC-LC, one packet."""
    rate = int.from_bytes(audio.config[:2]) >> 7 & 0xF
    word = 0xFFF1 << 40 | 1 << 38 | rate << 34 | audio.channels << 30 | (size + 7) << 13 | 0x7FF << 2
    return word.to_bytes(7)
