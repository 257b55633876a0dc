"""The box's own certificates, made once at provisioning: one name-constrained CA, five leaves. Never keeps the CA's key.

The CA may vouch for this box's names and addresses alone (critical name constraints), signs five leaves of 800 days that
follow one another by two years, and then nobody has its key any more: a stolen box can impersonate itself until its leaves
end, and nobody else ever. In the folder lie `ca.pem` and, named by the day on which each begins, `leaf-YYYYMMDD.pem` with
`leaf-YYYYMMDD.key` (0600). Keys are EC P-256. Source: RFC 5280 4.2.1.10 (name constraints), CA/Browser Forum's limit of 825 days
as phones enforce it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from capture.durable import write_new
from capture.errors import BoxUnusable
from device.ports import Disk

LEAVES = 5
LEAF_DAYS = 800
STAGGER_DAYS = 730
"""Two years: neighbours overlap by 70 days, so a box that is switched on now and then always finds one."""
BACKDATED_DAYS = 30
"""A phone or a box whose clock runs behind must not find the first leaf "not yet valid"."""

CA_FILE = "ca.pem"

_LEAF_NAME = "vigcam page"
"""For people who look at the certificate; no host name, which some clients would take for a further one (RFC 9525 section 2)."""


@dataclass(frozen=True, slots=True)
class _Authority:
    """Lives in RAM, within `make_leaves` only."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def make_leaves(folder: Path, names: Sequence[str], addresses: Sequence[str], *, now_ms: int, disk: Disk) -> None:
    """Make the CA and its leaves for these host names and IP addresses, in an existing empty folder.

    Durable when it returns. Raises OSError, and ValueError without a name and an address
    (a category left out of the constraints would be open to all).
    """
    if not names or not addresses:
        raise ValueError("a certificate needs a name and an address")
    begin = datetime.fromtimestamp(now_ms / 1000, UTC).replace(microsecond=0) - timedelta(days=BACKDATED_DAYS)
    subjects: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    subjects += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    authority = make_authority(subjects, begin)
    write_new(disk, folder / CA_FILE, authority.certificate.public_bytes(serialization.Encoding.PEM))
    for number in range(LEAVES):
        start = begin + timedelta(days=STAGGER_DAYS * number)
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = make_leaf(authority, subjects, key.public_key(), start)
        stem = f"leaf-{start:%Y%m%d}"
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        write_new(disk, folder / f"{stem}.key", pem)
        write_new(disk, folder / f"{stem}.pem", leaf.public_bytes(serialization.Encoding.PEM))


def make_authority(subjects: Sequence[x509.GeneralName], begin: datetime) -> _Authority:
    """A CA for these names and addresses alone, valid until its last leaf ends."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"vigcam {subjects[0].value}"[:64])])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=STAGGER_DAYS * (LEAVES - 1) + LEAF_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(is_authority=True), critical=True)
        .add_extension(x509.NameConstraints([_constraint(each) for each in subjects], None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _Authority(key, builder.sign(key, hashes.SHA256()))


def make_leaf(
    authority: _Authority, subjects: Sequence[x509.GeneralName], public_key: ec.EllipticCurvePublicKey, begin: datetime
) -> x509.Certificate:
    """One server certificate of 800 days."""
    issuer = authority.certificate
    issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _LEAF_NAME)]))
        .issuer_name(issuer.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=LEAF_DAYS))
        .add_extension(x509.SubjectAlternativeName(subjects), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False)
    )
    return builder.sign(authority.key, hashes.SHA256())


def ca_fingerprint(folder: Path) -> str:
    """SHA-256 of the CA certificate as browsers and phones show it: pairs of capital hex digits with colons."""
    return _load(folder / CA_FILE).fingerprint(hashes.SHA256()).hex(":").upper()


def _load(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BoxUnusable(f"tls/{path.name} cannot be read") from error


def _constraint(subject: x509.GeneralName) -> x509.GeneralName:
    if isinstance(subject, x509.IPAddress):
        return x509.IPAddress(ipaddress.ip_network(str(subject.value)))  # exactly this one address
    return subject


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
