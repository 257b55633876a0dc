"""Figures of the page's downloads: as fast as nginx over the same TLS, and how much memory they take. Both processes are real.

Client, TLS and unsealing share the machine's processors; on two of them a download by one client already fills both. Ours and
nginx take turns, with the same client, certificate and negotiated cipher. For an idle machine: where others want the processors
too, only processor time is compared, of which unsealing takes its part whatever runs beside it.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from figures import Figure
from lean_client import Offer, Seen, seen
from nginx_peer import Nginx, cpu_s
from served_films import film_moments, replace_film, share_film
from whole_box import WholeBox

from capture.ids import RecordingId
from webui.leaf import current_leaf

ROUNDS = 13
FILM_S = 600.0
SMALL_S, LARGE_S = 210.0, 2_100.0
"""Seconds of film in 200 MB and in 2 GB."""
CLIENTS = 4
UNREAD = 8
ROOM_BYTES = 5_000_000_000
_TMPFS = Path("/dev/shm")
MB = 1_000_000
GIB = 1 << 30


def web_figures(folder: Path) -> Iterator[Figure]:
    with _in_memory(folder) as place:
        box = WholeBox(place / "box")
        try:
            box.ready()
            recordings = film_moments(box, CLIENTS)
            yield from _speed(box, recordings[0], place)
            yield from _memory(box, recordings)
        finally:
            box.close()


@contextmanager
def _in_memory(folder: Path) -> Iterator[Path]:
    """A folder in tmpfs where that has room for the films: a disk that is still writing them would be measured too."""
    if _TMPFS.is_dir() and shutil.disk_usage(_TMPFS).free > ROOM_BYTES:
        with tempfile.TemporaryDirectory(dir=_TMPFS) as name:
            yield Path(name)
    else:
        yield folder


@dataclass(slots=True)
class _Side:
    """One server's offer, and what its client saw of it in each round. `cpu_s` is the server's processor time until now."""

    offer: Offer
    cpu_s: Callable[[], float]
    taken: list[Seen] = field(default_factory=list)
    spent_s: float = 0.0

    def take(self) -> None:
        before_s = self.cpu_s()
        self.taken.append(self.offer.take())
        self.spent_s += self.cpu_s() - before_s

    @property
    def mib_s(self) -> float:
        return statistics.median(one.mib_s for one in self.taken)

    @property
    def server_s_per_gib(self) -> float:
        return self.spent_s / sum(one.size for one in self.taken) * GIB

    @property
    def client_s_per_gib(self) -> float:
        return statistics.median(one.cpu_s / one.size for one in self.taken) * GIB


def _speed(box: WholeBox, recording: RecordingId, folder: Path) -> Iterator[Figure]:
    replace_film(box, recording, FILM_S)
    film = offer(box, recording, "video.mp4?download=1")
    plain = folder / "plain"
    plain.mkdir()
    with box.laptop.stream(film.path, 0) as whole, (plain / "film.mp4").open("wb") as file:
        shutil.copyfileobj(whole, file)
    leaf = current_leaf(box.capture.folder / "tls", datetime.now(UTC))
    with Nginx(folder / "nginx", plain, leaf.cert_path, leaf.key_path) as nginx:
        worker = partial(cpu_s, box.web_pids()[-1])
        ours, sealed = _Side(film, worker), _Side(offer(box, recording, "sealed.age"), worker)
        by_sendfile, by_reading = (
            _Side(Offer(film.ca, port, "/film.mp4"), nginx.worker_cpu_s) for port in (nginx.with_sendfile, nginx.without_sendfile)
        )
        for _ in range(ROUNDS):
            for side in (ours, by_sendfile, by_reading, sealed):
                side.take()
        program = f"nginx {nginx.version}"
    spoken = {(one.tls, one.cipher) for side in (ours, by_sendfile, by_reading, sealed) for one in side.taken}
    assert len(spoken) == 1, f"not the same was spoken: {spoken}"
    peer = max(by_sendfile, by_reading, key=lambda side: side.mib_s)
    ratio = ours.mib_s / peer.mib_s
    note = (
        f"{ours.taken[0].size / MB:.0f} MB, one client, {' '.join(spoken.pop())} on both, {ROUNDS} rounds; nginx as Debian sets "
        f"it, sendfile {'on' if peer is by_sendfile else 'off'}, the faster; processor s/GiB: ours {ours.server_s_per_gib:.2f}, "
        f"nginx {peer.server_s_per_gib:.2f}, the client beside them {ours.client_s_per_gib:.2f}; goal for the ratio"
    )
    name = "download a sealed film over HTTPS"
    yield Figure(name, ours.mib_s, "MiB/s", program, peer.mib_s, ratio, goal_min=0.9, met=ratio >= 0.9, note=note)
    ratio = sealed.mib_s / peer.mib_s
    note = "the same film as it lies in the vault: no unsealing; no goal"
    yield Figure("download the sealed file over HTTPS", sealed.mib_s, "MiB/s", program, peer.mib_s, ratio, note=note)


def _memory(box: WholeBox, recordings: list[RecordingId]) -> Iterator[Figure]:
    """The web worker's resident memory while its clients download, each another recording; from a new process each time."""
    peaks = {}
    for seconds in (SMALL_S, LARGE_S):
        replace_film(box, recordings[0], seconds)
        for other in recordings[1:]:
            share_film(box, recordings[0], other)
        worker = fresh_worker(box)
        size, peak, share = _downloads(box, recordings, worker)
        peaks[seconds] = peak
        note = f"{CLIENTS} recordings at once, {size / MB:.0f} MB each; proportional share at most {share / MB:.0f} MB"
        name = f"web process, {CLIENTS} downloads of {size / 1e9:.1f} GB"
        goal = 120 if seconds == LARGE_S else None
        yield Figure(name, peak / MB, "MB", goal_max=goal, met=peak / MB <= goal if goal else None, note=note)
    growth = (peaks[LARGE_S] - peaks[SMALL_S]) / MB
    note = "peak with 2 GB less peak with 200 MB, of which the sample tables are some; goal: a hundredth of the sizes' difference"
    yield Figure("web process, more for ten times the film", growth, "MB", goal_max=18, met=growth <= 18, note=note)
    worker = fresh_worker(box)
    idle = resident(worker)
    peak = _unread(box, recordings[0], worker)
    note = f"{UNREAD} clients that read nothing of 2 GB; {idle / MB:.0f} MB before them"
    yield Figure("web process, unread downloads", peak / MB, "MB", goal_max=120, met=peak / MB <= 120, note=note)


def _downloads(box: WholeBox, recordings: list[RecordingId], worker: int) -> tuple[int, int, int]:
    """Bytes of one download; peak of resident memory and of its proportional share, in bytes."""
    forget_peak(worker)
    clients = [offer(box, recording, "video.mp4?download=1").begin() for recording in recordings]
    share = 0
    while any(client.poll() is None for client in clients):
        share = max(share, proportional(worker))
        time.sleep(0.1)
    return seen(clients[0]).size, peak_resident(worker), share


def _unread(box: WholeBox, recording: RecordingId, worker: int) -> int:
    forget_peak(worker)
    clients: list[subprocess.Popen[str]] = []
    try:
        for _ in range(UNREAD):
            client = offer(box, recording, "video.mp4?download=1").begin("--unread")
            clients.append(client)
            assert client.stdout is not None
            assert client.stdout.readline() == "asked\n"
        time.sleep(3)  # until the server has taken all it ever takes
        return peak_resident(worker)
    finally:
        for client in clients:
            client.communicate("")


def offer(box: WholeBox, recording: RecordingId, what: str) -> Offer:
    return Offer(box.capture.folder / "tls" / "ca.pem", box.port, f"/recordings/{recording}/{what}", box.laptop.cookie_header)


def fresh_worker(box: WholeBox) -> int:
    """Start the web process anew and sign in; its worker's number."""
    box.stop_web()
    box.start_web()
    box.laptop = box.new_laptop()
    box.sign_in()
    return box.web_pids()[-1]


def resident(pid: int) -> int:
    """Bytes now."""
    return _status(pid, "VmRSS")


def peak_resident(pid: int) -> int:
    """The most bytes since `forget_peak`, as the kernel kept it."""
    return _status(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # proc(5): sets VmHWM back to what is resident now


def proportional(pid: int) -> int:
    """Bytes now, of shared pages this process's share."""
    return int(Path(f"/proc/{pid}/smaps_rollup").read_text().partition("\nPss:")[2].split()[0]) * 1024


def _status(pid: int, field: str) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().partition(f"{field}:")[2].split()[0]) * 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for figure in web_figures(Path(name)):
            print(figure.line(), flush=True)  # noqa: T201  (this is what it is for)
