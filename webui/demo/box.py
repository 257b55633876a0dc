"""A throw-away box, provisioned as a service's IT lead would do it: by the command line, the recovery identity kept elsewhere."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from webui.demo.folders import ADDRESS, Folders
from webui.demo.trouble import DemoFailed
from webui.demo.verbs import vigcam, vigcam_object


@dataclass(frozen=True, slots=True)
class DemoBox:
    """What the IT lead holds after provisioning. The set-up code stands on the box's card."""

    box_id: str
    setup_code: str
    ca_fingerprint: str
    recovery_fingerprint: str
    port: int

    @property
    def base_url(self) -> str:
        return f"https://{ADDRESS}:{self.port}"


def provision(folders: Folders) -> DemoBox:
    """Make the recovery identity on the "laptop", then the box sealed to it. Raises DemoFailed."""
    vigcam("keygen", "-o", str(folders.recovery_identity))
    recipient = re.search(r"age1[a-z0-9]+", folders.recovery_identity.read_text("ascii"))
    if recipient is None:
        raise DemoFailed("the recovery identity does not show its recipient")
    port = free_port()
    answer = vigcam_object(
        "provision",
        *("--dir", str(folders.box)),
        *("--recovery", recipient.group()),
        *("--recovery-identity", str(folders.recovery_identity)),
        *("--name", "localhost"),
        *("--address", ADDRESS),
        *("--port", str(port)),
        "--json",
    )
    return DemoBox(
        box_id=str(answer["box_id"]),
        setup_code=str(answer["setup_code"]),
        ca_fingerprint=str(answer["ca_fingerprint"]),
        recovery_fingerprint=str(answer["recovery_fingerprint"]),
        port=port,
    )


def take_ca_certificate(folders: Folders, box: DemoBox) -> Path:
    """The box's CA certificate, copied to the laptop once its fingerprint is the one on the card. Raises DemoFailed."""
    pem = (folders.tls / "ca.pem").read_text("ascii")
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    if fingerprint != re.sub("[^0-9a-f]", "", box.ca_fingerprint.lower()):
        raise DemoFailed("the CA certificate is not the one whose fingerprint was given at provisioning")
    copy = folders.out / "ca.pem"
    copy.write_text(pem, "ascii")
    return copy


def free_port() -> int:
    """A TCP port that nobody listens on just now."""
    with socket.create_server((ADDRESS, 0)) as server:
        port = server.getsockname()[1]
        assert isinstance(port, int)
        return port


def keyring_path(folders: Folders, username: str) -> Path:
    """The practitioner's passphrase-wrapped keyring in the box's folder. Raises DemoFailed."""
    path = folders.box / "keyrings" / f"{username}.age"
    if not os.access(path, os.R_OK):
        raise DemoFailed(f"there is no keyring at {path}")
    return path
