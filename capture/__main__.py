"""The capture daemon's program: picks real or simulated hardware, wires it to the daemon, and runs. Decides nothing else."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from capture.config import FILE_NAME, Config, load_config
from capture.daemon import Daemon, Hardware
from capture.errors import BoxUnusable, VigcamError
from capture.listening import inherited_listener, listen
from capture.log_lane import LogLane
from capture.start_up import keep_secrets_in_ram, own_box
from device.clock import SystemClock
from device.disk import SystemDisk
from device.errors import DeviceError
from device.film import FilmCamera
from device.finger import Finger
from device.panel import GpioPanel
from device.picamera import PiCamera
from device.pins import Pins, box_factory, mock_factory
from device.ports import Clock, Disk
from device.power import PiPowerGauge, UnknownPower
from device.simulated import SimulatedCamera

_ENDING = (signal.SIGTERM, signal.SIGINT)

_FIRST_INHERITED = 3
"""sd_listen_fds(3): where the service manager's sockets begin."""


def main(arguments: Sequence[str] | None = None, *, disk: Disk | None = None) -> int:
    """Run until the recorder has ended. Exit code 0 good, 1 refused, 2 wrong use, 3 damaged. `disk` is given by fault tests."""
    options = _parse(arguments)
    logging.basicConfig(
        level=logging.INFO, handlers=[LogLane(sys.stderr.fileno())], format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    signals = _signals()
    try:
        keep_secrets_in_ram()
        folder: Path = options.dir.resolve()
        config = load_config(folder / FILE_NAME)
        own_box(folder)
        hardware, close = _hardware(options, config, folder, disk or SystemDisk())
    except (VigcamError, DeviceError) as error:
        return _refuse(error)
    try:
        listener = inherited_listener(_FIRST_INHERITED) if _is_activated() else listen(config.socket.path_in(folder))
        daemon = Daemon(folder, config, hardware, listener)
        threading.Thread(target=_stop_on_signal, args=(signals, daemon), name="signals", daemon=True).start()
        daemon.run()
    except VigcamError as error:
        return _refuse(error)
    finally:
        close()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vigcam-capture", description="The capture daemon of one vigcam box.")
    parser.add_argument("--dir", type=Path, required=True, help="the box's folder")
    parser.add_argument("--simulated", action="store_true", help="a laptop: drawn camera, gpiozero's mock pins")
    parser.add_argument("--film", type=Path, help="with --simulated: a film file in place of the drawn scene")
    parser.add_argument("--finger-fd", type=int, help="with --simulated: a pipe that presses the buttons (d, u, m)")
    options = parser.parse_args(arguments)
    if not options.simulated and (options.film is not None or options.finger_fd is not None):
        parser.error("--film and --finger-fd need --simulated: a real box has no such doors")
    return options


def _hardware(options: argparse.Namespace, config: Config, folder: Path, disk: Disk) -> tuple[Hardware, Callable[[], None]]:
    clock = SystemClock()
    profile = config.camera.profile
    if not options.simulated:
        return _real_hardware(config, folder, clock, disk)
    # The film is probed before anything is opened: a wrong file is told at once.
    camera = SimulatedCamera(profile, clock) if options.film is None else FilmCamera(options.film, profile, clock)
    factory = mock_factory()
    panel = GpioPanel(Pins(), factory, clock)
    finger = None if options.finger_fd is None else Finger(options.finger_fd, Pins(), factory)

    def close() -> None:
        if finger is not None:
            finger.close()
        panel.close()

    return Hardware(camera, panel, clock, UnknownPower(), disk), close


def _real_hardware(config: Config, folder: Path, clock: Clock, disk: Disk) -> tuple[Hardware, Callable[[], None]]:
    try:
        # The camera's libraries first: they open nothing, and where they are missing no lamp has been touched.
        camera = PiCamera(config.camera.profile, config.camera.microphone or None)
        panel = GpioPanel(Pins(), box_factory(folder / "run"), clock)
    except (ImportError, OSError) as error:
        raise BoxUnusable(f"no camera or no GPIO here ({error}); on a laptop use --simulated") from error
    return Hardware(camera, panel, clock, PiPowerGauge(), disk), panel.close


def _signals() -> int:
    """The descriptor from which each SIGTERM and SIGINT can be read as a byte: caught from here on, acted upon once somebody
    reads. A Python handler would run in the midst of the control thread, so it does nothing."""
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for number in _ENDING:
        signal.signal(number, lambda *_: None)
    return read_end


def _stop_on_signal(signals: int, daemon: Daemon) -> None:
    while os.read(signals, 1):
        daemon.stop()


def _is_activated() -> bool:
    return os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1"


def _refuse(error: VigcamError | DeviceError) -> int:
    sys.stderr.write(f"vigcam-capture: {error.code}: {error}\n")
    return 3 if error.code in ("audit_broken", "catalogue_broken") else 1


if __name__ == "__main__":
    sys.exit(main())
