"""Starts the page's server: reads the command line, wires, serves. Decides nothing else."""

from __future__ import annotations

import ipaddress
import logging
import sys
from pathlib import Path

import click

from capture.client import CaptureClient
from capture.errors import BoxUnusable
from webui.app import create_app
from webui.config import WebConfig
from webui.leaf import Leaf, claimed_time, current_leaf
from webui.service import Service, read_service
from webui.serving import serve
from webui.watch import PATIENCE_S


@click.command()
@click.option("--socket", "socket_path", type=click.Path(path_type=Path), required=True, help="The capture daemon's socket.")
@click.option(
    "--tls", "tls", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of leaf-*.pem and ca.pem."
)
@click.option("--cert", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A certificate, instead of --tls.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its PKCS#8 key.")
@click.option("--address", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(1, 65_535), default=443, show_default=True)
@click.option(
    "--service",
    "service",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with what the service says of itself: name, address, contact, web, lawful_basis, special_category_basis, "
    "jurisdiction, authority.",
)
@click.option("--name", "names", multiple=True, help="A host name or address under which the page may be asked for; repeat it.")
def main(
    *,
    socket_path: Path,
    tls: Path | None,
    cert: Path | None,
    key: Path | None,
    address: str,
    port: int,
    service: Path | None,
    names: tuple[str, ...],
) -> None:
    """The practitioner's page over HTTPS."""
    # SIGTERM and the like end us by granian's own handlers; nothing is written that would need an orderly end.
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    listening = ipaddress.ip_address(address)
    own = () if listening.is_unspecified else (address,)
    config = WebConfig(
        names=tuple(dict.fromkeys((*names, *own))) or ("localhost",),
        port=port,
        ca_path=tls and tls / "ca.pem",
        service=_service(service),
    )
    client = CaptureClient(socket_path)
    watcher = CaptureClient(socket_path, PATIENCE_S)
    serve(lambda: create_app(config, client, watcher=watcher), _leaf(tls, cert, key, watcher), address, port)


def _service(path: Path | None) -> Service:
    if path is None:
        return Service()
    try:
        return read_service(path)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path}: {error}") from error


def _leaf(tls: Path | None, cert: Path | None, key: Path | None, watcher: CaptureClient) -> Leaf:
    if cert and key:
        return Leaf(cert, key)
    if cert or key or tls is None:
        raise click.UsageError("give --tls, or --cert and --key")
    try:
        return current_leaf(tls, claimed_time(watcher))
    except BoxUnusable as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
