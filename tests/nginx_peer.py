"""nginx as an ordinary child process on loopback, to be measured against: serves one folder over TLS. Touches no service.

With the settings that Debian ships (`sendfile on; tcp_nopush on`, buffers as they are by default), and the same again with
`sendfile off`, which reads ahead in another way: the peer is the faster one. TLS 1.3 alone, as the page speaks it.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from types import TracebackType

from web_box import wait_for
from web_server import free_port

PEERS = Path(__file__).resolve().parent.parent / "build" / "peers"

_CONFIG = """
daemon off;
{user}
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    tcp_nopush on;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    default_type video/mp4;
    root {root};
    ssl_protocols TLSv1.3;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    server {{ listen 127.0.0.1:{ports[0]} ssl; sendfile on; }}
    server {{ listen 127.0.0.1:{ports[1]} ssl; sendfile off; }}
}}
"""


class Nginx:
    """Serves `root` while it is entered; `folder` is its own. `with_sendfile` and `without_sendfile` are its ports."""

    def __init__(self, folder: Path, root: Path, cert: Path, key: Path) -> None:
        self.program = _program()
        self.with_sendfile, self.without_sendfile = free_port(), free_port()
        self._folder = folder
        folder.mkdir()
        user = f"user {pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name};" if os.getuid() == 0 else ""
        ports = (self.with_sendfile, self.without_sendfile)
        config = _CONFIG.format(user=user, folder=folder, root=root, cert=cert, key=key, ports=ports)
        (folder / "nginx.conf").write_text(config)

    @property
    def version(self) -> str:
        said = subprocess.run([self.program, "-v"], env=_environment(), capture_output=True, text=True, check=True)
        return said.stderr.rpartition("/")[2].strip()

    def __enter__(self) -> Nginx:
        log = self._folder / "error.log"
        command = [self.program, "-p", str(self._folder), "-c", str(self._folder / "nginx.conf"), "-e", str(log)]
        # A session of its own, as the web process has: the scheduler shares the processors out between sessions.
        self._process = subprocess.Popen(command, env=_environment(), stdin=subprocess.DEVNULL, start_new_session=True)
        wait_for(lambda: (self._folder / "nginx.pid").exists() or self._process.poll() is not None, "nginx")
        assert self._process.poll() is None, log.read_text()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._process.terminate()  # its workers end with it
        self._process.wait(15)

    def worker_cpu_s(self) -> float:
        """Processor time of all its workers until now, in seconds."""
        pid = self._process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return sum(cpu_s(int(worker)) for worker in workers)


def cpu_s(pid: int) -> float:
    """Processor time of a process until now, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _program() -> str:
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", str(PEERS / "usr" / "sbin")])
    found = shutil.which("nginx", path=places)
    if found is None:
        raise SystemExit("nginx is missing: `make bench` fetches it")
    return found


def _environment() -> dict[str, str]:
    """Its libraries, where they were unpacked beside it."""
    folders = [str(path) for path in (*PEERS.glob("usr/lib/*-linux-gnu*"), *PEERS.glob("lib/*-linux-gnu*"))]
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(folders)} if folders else dict(os.environ)
