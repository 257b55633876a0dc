"""Figures of a whole box on simulated hardware: what a press costs, what a film keeps, how far sound lies from picture."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from capture_box import CaptureBox, wait_until
from figures import Figure, at_most

from capture import messages as m
from capture.container.movie import open_movie
from device.witness import examine

TAKES = 5
FILM_S = 4.0


def box_figures(folder: Path) -> Iterator[Figure]:
    box = CaptureBox(folder / "box")
    try:
        yield from _filmed(box, folder)
    finally:
        box.close()


def _filmed(box: CaptureBox, folder: Path) -> Iterator[Figure]:
    box.ready()
    box.arm(*box.family())
    opening, stopping, sealing, lost, offsets, syncs = [], [], [], [], [], []
    for _ in range(TAKES):
        time.sleep(1.1)  # a new hold counts from a second after the stop
        began = time.perf_counter()
        box.down()
        recording_id = wait_until(lambda: box.status().recording_id)
        opening.append(time.perf_counter() - began - 1.0)
        box.up()
        time.sleep(FILM_S)
        began = time.perf_counter()
        box.down()
        wait_until(lambda: not box.status().is_sensor_open)
        stopping.append(time.perf_counter() - began)
        box.wait_for("armed")
        sealing.append(time.perf_counter() - began)
        box.up()
        opened = _take_over(box, recording_id, folder / "film.mp4")
        seen = examine(folder / "film.mp4")
        lost.append(float(opened.frames_generated - seen.frames) + (0.0 if seen.counters_ok else 1e6))
        offsets.append(abs(seen.av_offset_ms or 1e6) / 1e3)
        syncs.append(opened.longest_sync_ms / 1e3)
    note = f"{TAKES} takes of {FILM_S:.0f} s, 720p30"
    yield at_most("hold complete to sensor open", opening, "ms", 500, f"{note}; gate, header and log line on disk between")
    yield at_most("contact to sensor off", stopping, "ms", 300, f"{note}; as the socket shows it")
    yield at_most("contact to sealed", sealing, "ms", 2000, note)
    yield at_most("longest sync of a take", syncs, "ms", 500, note)
    yield at_most("flash against beep", offsets, "ms", 40, f"{note}; median over each film, after its first second")
    worst = max(lost)
    yield Figure(
        "pictures lost of a take", worst, "", goal_max=0, met=worst == 0, note=f"{note}; the worst take, every counter read"
    )


def _take_over(box: CaptureBox, recording_id: str, copy: Path) -> m.Recording:
    verb = m.OpenRecording(session=box.session, recording_id=recording_id, purpose="download")
    opened, descriptor = box.client.call_with_descriptor(verb, m.Opened)
    movie = open_movie(descriptor, opened.file_key, opened.payload_offset, opened.is_sealed)
    copy.write_bytes(movie.read_at(0, movie.size))
    os.close(descriptor)
    return opened.recording


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for figure in box_figures(Path(name)):
            print(figure.line())  # noqa: T201  (this is what it is for)
