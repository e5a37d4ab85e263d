"""The vendor's domain actions."""

from __future__ import annotations

import builtins

from provisioning.emailarray import errors, readers, wire
from provisioning.emailarray.resources.base import Resource
from provisioning.emailarray.types import (
    AliasDomain,
    Availability,
    DomainInfo,
    DomainVerification,
    RemoteDomain,
    VerificationState,
)


class Domains(Resource):
    """Domains of the reseller; names may be given in any case and script."""

    def list(self) -> list[RemoteDomain]:
        """Return all domains of the reseller."""
        action = "getAllDomains"
        rows = self._rows(action, self._transport.ask(action))
        domains = [self._parse(action, RemoteDomain, row) for row in rows]
        if not all(row.domain for row in domains):
            raise errors.Unreadable(action, detail="a domain without a name")
        return domains

    def available(self, domain: str) -> Availability:
        """Ask whether the domain may be added; a "no" comes with the vendor's sentence."""
        answer = self._transport.ask("isDomainAvailable", domain=wire.domain(domain))
        return Availability(is_available=bool(answer.success), message=answer.text)

    def add(self, domain: str) -> None:
        """
        Add a domain; it starts unverified and is dropped after 24 hours unless verified.

        :raises AlreadyExists: it is here or elsewhere already
        :raises LimitReached: the reseller has none left
        :raises OutcomeUnknown: ask `list` before you try again
        """
        self._transport.write("addDomain", newdomain=wire.domain(domain))

    def remove(self, domain: str) -> None:
        """
        Remove the domain with all its mailboxes and mail, for good.

        :raises NotFound: there is no such domain
        """
        self._transport.write("removeDomain", domain=wire.domain(domain))

    def set_active(self, domain: str, active: bool) -> None:  # noqa: FBT001
        """Let the domain work, or stop it without losing anything."""
        self._transport.write(
            "updateDomain", domain=wire.domain(domain), editdomainactive=bool(active)
        )

    def update(
        self,
        domain: str,
        *,
        catch_all: str | None = None,
        time_zone: str | None = None,
        exchange_enabled: bool | None = None,
    ) -> None:
        """
        Change settings; None leaves one alone, an empty `catch_all` switches it off.

        The vendor does not say what it accepts as catch-all: read it back with `info`.

        :raises InvalidInput: nothing to change, or a catch-all that is no full address
        """
        if catch_all is None and time_zone is None and exchange_enabled is None:
            raise errors.InvalidInput("", detail="nothing to change")
        self._transport.write(
            "updateDomain",
            domain=wire.domain(domain),
            editcatchall=wire.address(catch_all) if catch_all else catch_all,
            editdtzone=time_zone,
            editexchangeenabled=exchange_enabled,
        )

    def info(self, domain: str) -> DomainInfo:
        """
        Return settings and counters.

        :raises NotFound: there is no such domain
        """
        action = "getDomainInfo"
        answer = self._transport.read(action, domain=wire.domain(domain))
        return self._parse(action, DomainInfo, answer.data)

    def verification(self, domain: str) -> DomainVerification:
        """
        Return whether the domain's ownership is proven; UNKNOWN whenever that is not certain.

        The vendor answers code 1 while the proof is pending and code 0 both for "verified" and
        for every error. So "verified" takes an answer that reads like it and the domain's
        presence in the reseller's list.

        :raises AuthenticationFailed: the credentials were refused
        """
        name = wire.domain(domain)
        try:
            answer = self._transport.ask("getDomainVerification", domain=name)
            if answer.success:
                return DomainVerification(
                    VerificationState.PENDING,
                    record=_record(answer.data),
                    reason=answer.message or None,
                )
            is_listed = any(_is_same(row.domain, name) for row in self.list())
        except errors.AuthenticationFailed:
            raise
        except errors.EmailArrayError as error:
            return DomainVerification(VerificationState.UNKNOWN, reason=str(error))
        is_verified = is_listed and not errors.looks_like_trouble(answer.text)
        return DomainVerification(
            VerificationState.VERIFIED if is_verified else VerificationState.UNKNOWN,
            reason=answer.text or None,
            domain_listed=is_listed,
        )

    def assigned_quota(self, domain: str) -> int | None:
        """Return the sum of the mailboxes' quotas in MB, None when the vendor does not tell."""
        answer = self._transport.read("getDomainAssignedQuota", domain=wire.domain(domain))
        data = answer.data
        if isinstance(data, dict):
            data = next(
                (value for key, value in data.items() if str(key).lower() == "totalquota"), None
            )
        if isinstance(data, list):
            data = data[0] if len(data) == 1 else None
        return readers.megabytes(data, self._transport.config.mb_per_gb)

    def footer(self, domain: str) -> str:
        """Return the HTML put under every outgoing message, "" when there is none."""
        answer = self._transport.read("getFooterDomain", domain=wire.domain(domain))
        return answer.data if isinstance(answer.data, str) else ""

    def set_footer(self, domain: str, text: str) -> None:
        """Put this HTML under every outgoing message."""
        self._transport.write("setFooterDomain", domain=wire.domain(domain), footertxt=text)

    def alias_domains(self, domain: str) -> builtins.list[AliasDomain]:
        """Return the domains that mirror this one."""
        action = "getAliasDomains"
        rows = self._rows(action, self._transport.ask(action, domain=wire.domain(domain)))
        return [self._parse(action, AliasDomain, row) for row in rows]

    def add_alias_domain(self, domain: str, alias_domain: str) -> None:
        """
        Let another domain mirror this one.

        :raises AlreadyExists: it is in use
        """
        self._transport.write(
            "addAliasDomain", domain=wire.domain(domain), adomain=wire.domain(alias_domain)
        )

    def remove_alias_domain(self, domain: str, alias_domain: str) -> None:
        """
        Stop another domain from mirroring this one.

        :raises NotFound: it does not
        """
        self._transport.write(
            "removeAliasDomain", domain=wire.domain(domain), adomain=wire.domain(alias_domain)
        )


def _is_same(listed: str, name: str) -> bool:
    try:
        return wire.domain(listed) == name
    except errors.InvalidInput:
        # One strange row must not hide the others.
        return False


def _record(payload: object) -> str | None:
    """Return the TXT value, which may come alone or inside an object."""
    if isinstance(payload, dict):
        payload = payload.get("value")
    return readers.text(payload) or None
