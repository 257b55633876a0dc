"""What the page needs to know of where it stands: names, port, limits. Reads no file, no environment, no secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from webui.service import Service

HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class WebConfig:
    """`names` are the host names and addresses (IPv6 without brackets) under which the page may be asked for, no other."""

    names: tuple[str, ...]
    port: int
    ca_path: Path | None = None
    """The box's own CA certificate, given out at /ca.pem; None where the organisation's CA signed the leaves."""
    locale: str = "en"
    idle_s: float = 900.0
    """A browser that is not signed in and asks nothing is forgotten after this long (boot time)."""
    body_limit_bytes: int = 65_536
    service: Service = field(default_factory=Service)
    """What the service says of itself on receipts and records; nothing, unless it was told."""

    def __post_init__(self) -> None:
        if not self.names or not all(self.names):
            raise ValueError("names: at least one host name or address")
        if not 1 <= self.port <= 65_535:
            raise ValueError("port: 1 to 65535")

    @property
    def hosts(self) -> frozenset[str]:
        """The exact `Host` values that are answered, in lower case."""
        bare = {f"[{name}]" if ":" in name else name.lower() for name in self.names}
        with_port = {f"{name}:{self.port}" for name in bare}
        return frozenset(bare | with_port if self.port == HTTPS_PORT else with_port)
