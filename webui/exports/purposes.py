"""For what, by whom and for how long: the part of a consent record that is the same for everybody. Infers no lawful basis.

The lawful basis is the service's own statement (`webui/service.py`), or it is left out, which ISO/IEC TS 27560 allows. That
somebody said yes does not make consent the basis; for health and social care it mostly is another one.
"""

from __future__ import annotations

from capture.model import RetentionClass, Scope
from webui.exports.case_export import CaseExport
from webui.exports.consent_fields import Information, Party, PurposeEntry
from webui.exports.scopes import TERMS
from webui.service import NOT_RECORDED

_PERIODS = {
    RetentionClass.THERAPEUTIC_TRANSIENT: "P{days}D after the end of the involvement, or sooner on request",
    RetentionClass.CLINICAL_RECORD: "on the box P{days}D after the end of the involvement; elsewhere by the health record",
}
_ON_THE_BOX = "sealed on the recording box, and on the devices to which its practitioner takes recordings over"
_COLLECTED = "filmed with sound by the recording box, after a press on its button"
_WITHDRAWAL = "say so to the practitioner, at any time, without a reason; while it films, any press of the button stops it"
_RIGHTS = "access, a copy, correction and erasure: ask the practitioner or the service"
_NO_NETWORK = "the box is connected to no network but its own"

_FILM = Information(pii_type="pd:Picture", pii_attribute_id="film", pii_optional=True, sensitive_pii_category=True)


def purpose(export: CaseExport, scope: Scope) -> PurposeEntry:
    """The entry of one scope."""
    terms, service = TERMS[scope], export.service
    return PurposeEntry(
        purpose=terms.words,
        purpose_type=terms.dpv_purpose,
        lawful_basis="; ".join(basis for basis in (service.lawful_basis, service.special_category_basis) if basis),
        pii_information=(_FILM,),
        pii_controllers=(_controller_id(export),),
        collection_method=_COLLECTED,
        processing_method=terms.dpv_processing,
        storage_locations=(_ON_THE_BOX,),
        retention_period=_PERIODS[export.case.retention].format(days=export.kept_days),
        processing_locations=(_ON_THE_BOX,),
        geographic_restrictions=_NO_NETWORK,
        jurisdiction=service.jurisdiction or NOT_RECORDED,
        recipient_third_parties=(terms.recipients,),
        withdrawal_method=_WITHDRAWAL,
        privacy_rights=_RIGHTS,
        service="Video Interaction Guidance",
        authority_party=service.authority,
        vigcam_scope=scope.value,
    )


def controller(export: CaseExport) -> Party:
    """The service, as it names itself."""
    service = export.service
    return Party(
        party_id=_controller_id(export),
        party_name=service.name or NOT_RECORDED,
        party_role="dpv:DataController",
        party_type="PII controller",
        party_address=service.address or NOT_RECORDED,
        party_contact=service.contact or NOT_RECORDED,
        party_url=service.web,
    )


def _controller_id(export: CaseExport) -> str:
    return export.service.name or f"the service that handed out {export.box_id}"
