"""The vendor's branding actions."""

from __future__ import annotations

import base64

from provisioning.emailarray import errors, readers, wire
from provisioning.emailarray.resources.base import Resource
from provisioning.emailarray.types import Branding


class DomainBranding(Resource):
    """How webmail looks for one domain."""

    def get(self, domain: str) -> Branding:
        """Return the domain's branding; empty fields fall back to the reseller's."""
        action = "getDomainBrandInfo"
        answer = self._transport.read(action, domain=wire.domain(domain))
        return self._parse(action, Branding, answer.data or {})

    def set(
        self,
        *,
        domain: str,
        name: str,
        support_email: str,
        color: str,
        logo: bytes | None = None,
    ) -> None:
        """
        Change the branding; without `logo` the present one stays.

        `color` are six hex digits, with or without "#".

        :raises InvalidInput: the logo is too large, or the vendor refuses a value
        """
        config = self._transport.config
        picture: str | bytes = ""
        if logo:
            if len(logo) > config.max_logo_bytes:
                limit = config.max_logo_bytes
                raise errors.InvalidInput("", detail=f"the logo is larger than {limit} bytes")
            is_raw = config.logo_encoding == "raw"
            picture = logo if is_raw else base64.b64encode(logo).decode("ascii")
        fields: dict[str, wire.FormValue] = {
            "domain": wire.domain(domain),
            "brand[brandname]": name,
            "brand[supportemail]": support_email,
            "brand[brandcolor]": readers.color(color),
            "brand[newlogo]": picture,
        }
        self._transport.write("setDomainBrandingV2", **fields)

    def reset(self, domain: str) -> None:
        """Go back to the reseller's branding."""
        self._transport.write("resetDomainBranding", domain=wire.domain(domain))
