"""What a family may take away of its case: one address for each document. Makes none itself and keeps none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.dates import format_date, format_datetime
from flask import Blueprint, Response, make_response, render_template, stream_with_context
from flask_babel import get_locale
from markupsafe import Markup

from capture.ids import case_code
from capture.messages.exports import ExportKind
from webui.exports import bundle
from webui.exports.case_export import CaseExport
from webui.exports.consent_record import consent_json
from webui.exports.fhir import fhir_json
from webui.exports.gather import Asker
from webui.exports.instants import moment
from webui.exports.receipt import receipt
from webui.parts import parts
from webui.sessions import signed_in

exports = Blueprint("exports", __name__)

_STYLE = Path(__file__).parents[1] / "static" / "css" / "receipt.css"


@exports.app_template_filter("receipt_day")
def _day(ms: int) -> str:
    return str(format_date(moment(ms), "d MMMM y", locale=get_locale()))


@exports.app_template_filter("receipt_moment")
def _moment(ms: int) -> str:
    return str(format_datetime(moment(ms), "d MMMM y, HH:mm 'UTC'", locale=get_locale()))


@exports.get("/cases/<code>/receipt")
def show_receipt(code: str) -> str:
    return render_template("receipt.html", shown=receipt(_gather(code, ExportKind.RECEIPT)))


@exports.get("/cases/<code>/consent.json")
def consent_record(code: str) -> Response:
    return _file(code, "consent.json", "application/ld+json", consent_json(_gather(code, ExportKind.CONSENT_RECORD)))


@exports.get("/cases/<code>/consent.fhir.json")
def consent_fhir(code: str) -> Response:
    return _file(code, "consent.fhir.json", "application/fhir+json", fhir_json(_gather(code, ExportKind.FHIR)))


@exports.get("/cases/<code>/audit-extract.jsonl")
def audit_extract(code: str) -> Response:
    return _file(code, "audit-extract.jsonl", "application/jsonl", b"".join(_gather(code, ExportKind.AUDIT).log))


@exports.get("/cases/<code>/everything.zip")
def everything(code: str) -> Response:
    """Streamed as it is made: no file of it ever lies anywhere on the box."""
    export = _gather(code, ExportKind.EVERYTHING)
    files = bundle.members(export, _receipt_file(export))
    return _file(code, "everything.zip", "application/zip", stream_with_context(bundle.stream(files, export.made.ms)))


def _gather(code: str, kind: ExportKind) -> CaseExport:
    """Raises SignInNeeded, BadRequest, NotFound, TooManyAttempts."""
    who, found = signed_in(), parts()
    return Asker(found.client, who, case_code(code)).export(kind, found.texts.all, found.config.service)


def _receipt_file(export: CaseExport) -> bytes:
    style = Markup(_STYLE.read_text("utf-8"))  # noqa: S704 - the page's own style sheet
    return render_template("receipt_file.html", shown=receipt(export), style=style).encode()


def _file(code: str, name: str, kind: str, data: bytes | Iterator[bytes]) -> Response:
    """To be kept, under a name that says the case's code and nothing else."""
    response = make_response(data)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="{case_code(code)}-{name}"'
    return response
