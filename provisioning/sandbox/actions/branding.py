"""A domain's brand: name, support address, color and logo."""

from __future__ import annotations

import base64
import binascii
import re

from provisioning.sandbox import sentences
from provisioning.sandbox.calls import Call, registry
from provisioning.sandbox.rules import color, is_address
from provisioning.sandbox.sentences import Refused
from provisioning.sandbox.wire import Answer, as_text

LARGEST_LOGO = 512_000
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"\xff\xd8\xff", "jpg"),
)
_SVG_WITHIN = 1000
_DATA_URL = re.compile(rb"data:[\w.+/-]*;base64,")


@registry.action("getDomainBrandInfo", requires=("domain",), domain_field="domain")
def brand(call: Call) -> Answer:
    """Answer the brand, all text; the logo as a URL that the stand-in serves."""
    domain = call.domain
    href = ""
    if domain["logo"] is not None:
        kind = logo_kind(domain["logo"]) or "png"
        href = f"http://{call.host}/brand/domain-{domain['id']}.{kind}"
    return Answer(
        {
            "basic_logo": "",
            "basic_logo_href": href,
            "supportemail": domain["supportemail"],
            "brandname": domain["brandname"],
            "brandlink": domain["brandlink"],
            "brandcolor": domain["brandcolor"],
        }
    )


@registry.action("setDomainBrandingV2", requires=("domain",), domain_field="domain", writes=True)
def set_brand(call: Call) -> Answer:
    """Set what the nested fields carry; an empty logo keeps the one there is."""
    sent = call.fields.nested("brand")
    texts = {name: as_text(value).strip() for name, value in sent.items() if name != "newlogo"}
    domain = call.domain
    support = texts.get("supportemail", domain["supportemail"])
    if support and not is_address(support):
        raise Refused(sentences.INVALID_ADDRESS)
    shade = texts.get("brandcolor", domain["brandcolor"])
    if shade:
        found = color(shade)
        if found is None:
            raise Refused(sentences.INVALID_COLOR)
        shade = found
    logo = domain["logo"]
    if sent.get("newlogo"):
        logo = _logo(sent["newlogo"], call.world.switches.logo_encoding)
    call.world.store.run(
        "UPDATE domains SET brandname = ?, supportemail = ?, brandcolor = ?, brandlink = ?,"
        " logo = ? WHERE id = ?",
        texts.get("brandname", domain["brandname"]),
        support,
        shade,
        texts.get("brandlink", domain["brandlink"]),
        logo,
        domain["id"],
    )
    return Answer("Branding saved")


@registry.action("resetDomainBranding", requires=("domain",), domain_field="domain", writes=True)
def reset(call: Call) -> Answer:
    """Go back to the reseller's defaults."""
    call.world.store.run(
        "UPDATE domains SET brandname = '', supportemail = '', brandcolor = '', brandlink = '',"
        " logo = NULL WHERE id = ?",
        call.domain["id"],
    )
    return Answer("Branding reset")


def logo_kind(logo: bytes) -> str | None:
    """Return the file ending for an image's first bytes; None where it is no known image."""
    for signature, kind in _SIGNATURES:
        if logo.startswith(signature):
            return kind
    return "svg" if b"<svg" in logo[:_SVG_WITHIN].lower() else None


def _logo(sent: bytes, encoding: str) -> bytes:
    logo: bytes | None = sent if encoding in ("any", "raw") else None
    if logo is None or logo_kind(logo) is None:
        logo = _decoded(sent) if encoding in ("any", "base64") else None
    if logo is None or logo_kind(logo) is None:
        raise Refused(sentences.INVALID_LOGO)
    if len(logo) > LARGEST_LOGO:
        raise Refused(sentences.LOGO_TOO_LARGE)
    return logo


def _decoded(sent: bytes) -> bytes | None:
    # A plus sign that was not escaped arrives as a space.
    text = _DATA_URL.sub(b"", sent, count=1).replace(b" ", b"+")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
