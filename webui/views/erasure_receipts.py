"""The receipts of films that are gone: a case's list of them, and each as a page to print for the family. Makes none."""

from __future__ import annotations

from flask import Blueprint, render_template

from capture.errors import NotFound
from capture.ids import case_code, erasure_id
from capture.model import ErasureReceipt
from webui.erasing import receipts_of
from webui.parts import parts
from webui.sessions import signed_in

erasure_receipts = Blueprint("erasure_receipts", __name__)


@erasure_receipts.get("/cases/<code>/erased")
def index(code: str) -> str:
    return render_template("erased.html", code=case_code(code), receipts=tuple(reversed(_receipts(code))))


@erasure_receipts.get("/cases/<code>/erased/<receipt_id>")
def show(code: str, receipt_id: str) -> str:
    wanted = erasure_id(receipt_id)
    found = [receipt for receipt in _receipts(code) if receipt.erasure_id == wanted]
    if not found:
        raise NotFound(wanted)
    return render_template("erasure_receipt.html", receipt=found[0])


def _receipts(code: str) -> tuple[ErasureReceipt, ...]:
    return receipts_of(parts().client, signed_in().session, case_code(code))
