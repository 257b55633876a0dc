"""What each scope is called in the exported documents' vocabularies. Words for machines and English readers; no page shows them.

Sources: W3C Data Privacy Vocabulary 2 (purposes, PD extension); HL7 Terminology v3-ActReason (purpose of use); HL7 FHIR R4
`consent-action`; BCP 13 for media types.
"""

from __future__ import annotations

from dataclasses import dataclass

from capture.model import Scope


@dataclass(frozen=True, slots=True)
class ScopeTerms:
    """`dpv_purpose` is the nearest broader term; `use`, `use_words` are v3-ActReason; `action`, `action_words` are FHIR's."""

    words: str
    recipients: str
    dpv_purpose: str
    dpv_processing: str
    use: str
    use_words: str
    action: str
    action_words: str
    media_type: str = "video/mp4"


_PRACTITIONER = "the practitioner"
_TREATMENT = ("TREAT", "treatment")
_QUALITY = ("HQUALIMP", "health quality improvement")
_COLLECT = ("collect", "Collect")
_ACCESS = ("access", "Access")
_DISCLOSE = ("disclose", "Disclose")

TERMS: dict[Scope, ScopeTerms] = {
    Scope.FILM: ScopeTerms(
        "to be filmed, with sound", _PRACTITIONER, "dpv:ServiceProvision", "dpv:Collect", *_TREATMENT, *_COLLECT
    ),
    Scope.PRACTITIONER_REVIEW: ScopeTerms(
        "the practitioner looks at the film alone to prepare",
        _PRACTITIONER,
        "dpv:ServiceProvision",
        "dpv:Use",
        *_TREATMENT,
        *_ACCESS,
    ),
    Scope.SUPERVISION: ScopeTerms(
        "the practitioner's supervisor looks at the film",
        "the practitioner's supervisor",
        "dpv:ImproveExistingProductsAndServices",
        "dpv:Share",
        *_QUALITY,
        *_DISCLOSE,
    ),
    Scope.INTERVISION: ScopeTerms(
        "colleagues look at the film to learn together",
        "colleagues of the practitioner",
        "dpv:ImproveExistingProductsAndServices",
        "dpv:Share",
        *_QUALITY,
        *_DISCLOSE,
    ),
    Scope.TRAINING_EVENT: ScopeTerms(
        "the film is shown when other people are trained",
        "people being trained",
        "dpv:Purpose",
        "dpv:Share",
        "TRAIN",
        "training",
        *_DISCLOSE,
    ),
    Scope.FAMILY_COPY: ScopeTerms(
        "the family gets a copy of the film",
        "the family",
        "dpv:RequestedServiceProvision",
        "dpv:Share",
        "PATRQT",
        "patient requested",
        *_DISCLOSE,
    ),
    Scope.STILLS_FOR_FAMILY: ScopeTerms(
        "the family gets still pictures to keep",
        "the family",
        "dpv:RequestedServiceProvision",
        "dpv:Share",
        "PATRQT",
        "patient requested",
        *_DISCLOSE,
        media_type="image/jpeg",
    ),
}
"""Every scope of the model. `dpv:Purpose` where the vocabulary has no closer term."""
