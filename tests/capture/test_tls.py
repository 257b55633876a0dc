"""The box's certificates over real TLS on the loopback: right for this box, for nobody else, for ten years."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from capture.tls import LEAVES, ca_fingerprint, make_authority, make_leaf, make_leaves
from device.disk import SystemDisk

DAY_MS = 86_400_000
BEGIN = datetime.now(UTC) - timedelta(days=1)
NOW_MS = round(datetime.now(UTC).timestamp() * 1000)
NAME = "box-zh47am.local"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tls")
    make_leaves(made, [NAME, "localhost"], ["127.0.0.1", "10.42.0.1"], now_ms=NOW_MS, disk=SystemDisk())
    return made


def shake_hands(ca: Path, leaf: Path, key: Path, host: str) -> None:
    """One TLS connection over the loopback, the server with this leaf, the client trusting this CA alone and expecting `host`."""
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(leaf, key)
    trusting = ssl.create_default_context(cafile=str(ca))
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve_one, args=(listener, served))
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=10) as plain,
                trusting.wrap_socket(plain, server_hostname=host) as secure,
            ):
                assert secure.recv(2) == b"ok"
        finally:
            thread.join(timeout=10)


def _serve_one(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    connection.settimeout(10)
    try:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.sendall(b"ok")
    except (ssl.SSLError, OSError):
        connection.close()  # the client did not like it, which is what it is asked


def first_leaf(folder: Path) -> tuple[Path, Path]:
    """The leaf that is valid from provisioning on, and its key."""
    leaf = min(folder.glob("leaf-*.pem"))
    return leaf, leaf.with_suffix(".key")


@pytest.mark.parametrize("host", [NAME, "localhost", "127.0.0.1", "10.42.0.1"])
def test_leaf_is_accepted_for_the_boxs_names_and_addresses(folder: Path, host: str) -> None:
    shake_hands(folder / "ca.pem", *first_leaf(folder), host)


@pytest.mark.parametrize("host", ["bank.example", "127.0.0.2", "box-other2.local"])
def test_leaf_is_refused_for_any_other_name(folder: Path, host: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(folder / "ca.pem", *first_leaf(folder), host)


@pytest.mark.parametrize(
    ("subject", "host"),
    [
        (x509.DNSName("bank.example"), "bank.example"),
        (x509.DNSName("box-other2.local"), "box-other2.local"),
        (x509.IPAddress(ipaddress.ip_address("10.42.0.2")), "10.42.0.2"),
        (x509.IPAddress(ipaddress.ip_address("127.0.0.2")), "127.0.0.2"),
        (x509.IPAddress(ipaddress.ip_address("::1")), "::1"),
    ],
)
@pytest.mark.promise("P7")
def test_certificate_for_another_under_this_authority_would_be_refused(
    tmp_path: Path, subject: x509.GeneralName, host: str
) -> None:
    own = [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    authority = make_authority(own, BEGIN)
    key = ec.generate_private_key(ec.SECP256R1())
    forged = make_leaf(authority, [subject], key.public_key(), BEGIN)
    good = make_leaf(authority, own, key.public_key(), BEGIN)
    ca, leaf, honest, secret = (tmp_path / name for name in ("ca.pem", "leaf.pem", "honest.pem", "leaf.key"))
    ca.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    leaf.write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    honest.write_bytes(good.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    shake_hands(ca, honest, secret, NAME)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(ca, leaf, secret, host)


def test_name_constraints_are_critical_and_the_authority_signs_leaves_only(folder: Path) -> None:
    ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    assert ca.extensions.get_extension_for_class(x509.NameConstraints).critical
    basic = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)


@pytest.mark.promise("P7")
def test_authoritys_key_is_nowhere_on_the_disk(folder: Path) -> None:
    ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    keys = sorted(folder.glob("*.key"))
    assert len(keys) == LEAVES
    for path in keys:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        assert key.public_key() != ca.public_key()
    assert sorted(folder.iterdir()) == sorted([folder / "ca.pem", *keys, *(path.with_suffix(".pem") for path in keys)])
    assert not any(b"PRIVATE" in path.read_bytes() for path in folder.glob("*.pem"))


def test_keys_are_their_owners_alone_and_all_different(folder: Path) -> None:
    keys = list(folder.glob("*.key"))
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in keys)
    assert len({path.read_bytes() for path in keys}) == LEAVES


def test_no_leaf_is_longer_than_phones_allow_and_together_they_last_ten_years(folder: Path) -> None:
    leaves = [x509.load_pem_x509_certificate(path.read_bytes()) for path in sorted(folder.glob("leaf-*.pem"))]
    assert all(leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=800) for leaf in leaves)
    for earlier, later in pairwise(leaves):
        assert later.not_valid_before_utc < earlier.not_valid_after_utc
    assert leaves[0].not_valid_before_utc < datetime.now(UTC) - timedelta(days=20)
    assert leaves[-1].not_valid_after_utc > datetime.now(UTC) + timedelta(days=3_650)


def test_file_names_tell_the_day_on_which_a_leaf_begins(folder: Path) -> None:
    for path in folder.glob("leaf-*.pem"):
        begin = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_before_utc
        assert path.stem == f"leaf-{begin:%Y%m%d}"


@pytest.mark.parametrize("days", range(0, 3_650, 91))
def test_on_every_day_of_ten_years_some_leaf_is_valid_for_a_month_on_both_sides(folder: Path, days: int) -> None:
    at = datetime.fromtimestamp((NOW_MS + days * DAY_MS) / 1000, UTC)
    month = timedelta(days=29)
    leaves = [x509.load_pem_x509_certificate(path.read_bytes()) for path in folder.glob("leaf-*.pem")]
    assert any(leaf.not_valid_before_utc < at - month and at + month < leaf.not_valid_after_utc for leaf in leaves)


def test_fingerprint_is_what_browsers_show(folder: Path) -> None:
    der = ssl.PEM_cert_to_DER_cert((folder / "ca.pem").read_text("ascii"))
    digits = hashlib.sha256(der).hexdigest().upper()
    assert ca_fingerprint(folder) == ":".join(digits[at : at + 2] for at in range(0, 64, 2))


@pytest.mark.parametrize(("names", "addresses"), [([], ["127.0.0.1"]), ([NAME], [])])
def test_authority_left_open_for_a_kind_of_name_is_not_made(tmp_path: Path, names: list[str], addresses: list[str]) -> None:
    with pytest.raises(ValueError, match="a name and an address"):
        make_leaves(tmp_path, names, addresses, now_ms=NOW_MS, disk=SystemDisk())
    assert list(tmp_path.iterdir()) == []
