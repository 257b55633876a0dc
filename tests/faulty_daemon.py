"""The real capture daemon on a disk that obeys orders from outside: `python faulty_daemon.py ORDERS --dir BOX --simulated …`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from faults import FaultyDisk  # noqa: E402

from capture.__main__ import main  # noqa: E402
from device.disk import SystemDisk  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], disk=FaultyDisk(SystemDisk(), Path(sys.argv[1]))))
