"""How to make every action of the vendor happen, one call of the client each."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from provisioning.emailarray import EmailArrayClient
from provisioning.emailarray.types import OneTimePassword
from tests.provisioning.emailarray.scripted import Vendor

GOLDEN: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "contract" / "golden.json").read_text()
)
DOMAIN = "acme.example"
Run = Callable[[EmailArrayClient], Any]


def _update_domain(request: dict[str, str]) -> Run:
    if "editdomainactive" in request:
        return lambda c: c.domains.set_active(DOMAIN, request["editdomainactive"] == "1")
    if "editcatchall" in request:
        return lambda c: c.domains.update(DOMAIN, catch_all=request["editcatchall"])
    if "editdtzone" in request:
        return lambda c: c.domains.update(DOMAIN, time_zone=request["editdtzone"])
    return lambda c: c.domains.update(DOMAIN, exchange_enabled=True)


RUNS: dict[tuple[str, str], Run] = {
    ("admin", "login"): lambda c: c.reseller.check_login(),
    ("admin", "getAdminStats"): lambda c: c.reseller.stats(),
    ("admin", "getAdminBrandInfo"): lambda c: c.reseller.brand_info(),
    ("admin", "getAccountStats"): lambda c: c.reseller.action_history(),
    ("admin", "changePassword"): lambda c: c.reseller.change_password(
        current="Reseller#2031", new="Reseller#2032"
    ),
    ("admin", "changeEmail"): lambda c: c.reseller.change_email("ops@acme.example"),
    ("admin", "getAllDomains"): lambda c: c.domains.list(),
    ("admin", "isDomainAvailable"): lambda c: c.domains.available(DOMAIN),
    ("admin", "addDomain"): lambda c: c.domains.add(DOMAIN),
    ("admin", "removeDomain"): lambda c: c.domains.remove(DOMAIN),
    ("admin", "getDomainInfo"): lambda c: c.domains.info(DOMAIN),
    ("admin", "getDomainVerification"): lambda c: c.domains.verification(DOMAIN),
    ("admin", "getDomainAssignedQuota"): lambda c: c.domains.assigned_quota(DOMAIN),
    ("admin", "getFooterDomain"): lambda c: c.domains.footer(DOMAIN),
    ("admin", "setFooterDomain"): lambda c: c.domains.set_footer(DOMAIN, "<p>Acme GmbH</p>"),
    ("admin", "getAliasDomains"): lambda c: c.domains.alias_domains(DOMAIN),
    ("admin", "addAliasDomain"): lambda c: c.domains.add_alias_domain(DOMAIN, "acme-mail.example"),
    ("admin", "removeAliasDomain"): lambda c: c.domains.remove_alias_domain(
        DOMAIN, "acme-mail.example"
    ),
    ("admin", "getAllUsersDomain"): lambda c: c.mailboxes.page(DOMAIN, 0, 25),
    ("admin", "searchUsers"): lambda c: c.mailboxes.search(DOMAIN, "nor", 0, 25),
    ("admin", "getTotalUsersDomain"): lambda c: c.mailboxes.counts(DOMAIN),
    ("admin", "addUser"): lambda c: c.mailboxes.add(
        domain=DOMAIN,
        username="nora",
        password="Lumen-4471!x",
        quota_gb=Decimal(10),
        account_type=1,
        display_name="Nora Quist",
    ),
    ("admin", "updateUser"): lambda c: c.mailboxes.update(
        domain=DOMAIN,
        username="nora",
        display_name="Nora Quist",
        quota_gb=Decimal("10.0"),
        account_type=2,
        password="Umber-9034!q",
    ),
    ("admin", "getUserInfo"): lambda c: c.mailboxes.get(DOMAIN, "nora"),
    ("admin", "disableUser"): lambda c: c.mailboxes.disable(DOMAIN, "nora"),
    ("admin", "enableUser"): lambda c: c.mailboxes.enable(DOMAIN, "nora"),
    ("admin", "removeUser"): lambda c: c.mailboxes.remove(DOMAIN, "nora"),
    ("admin", "getOTPass"): lambda c: c.sessions.one_time_password(DOMAIN, "nora"),
    ("admin", "getOTPassAndToken"): lambda c: c.sessions.webmail_login(DOMAIN, "nora"),
    ("admin", "addAlias"): lambda c: c.aliases.add(
        domain=DOMAIN, name="info", target="nora@acme.example"
    ),
    ("admin", "removeAlias"): lambda c: c.aliases.remove(domain=DOMAIN, name="info"),
    ("admin", "getAllAliasesDomain"): lambda c: c.aliases.list(DOMAIN),
    ("admin", "addList"): lambda c: c.lists.add(domain=DOMAIN, name="team"),
    ("admin", "getAllListsDomain"): lambda c: c.lists.list(DOMAIN),
    ("admin", "addListMember"): lambda c: c.lists.add_member(
        domain=DOMAIN, name="team", member="nora@acme.example"
    ),
    ("admin", "getListMembers"): lambda c: c.lists.members(DOMAIN, "team"),
    ("admin", "removeListMember"): lambda c: c.lists.remove_member(
        domain=DOMAIN, name="team", member="guest@partner.example"
    ),
    ("admin", "removeList"): lambda c: c.lists.remove(domain=DOMAIN, name="team"),
    ("admin", "getAllForwardsDomain"): lambda c: c.forwards.list(DOMAIN),
    ("admin", "getDKIM"): lambda c: c.dkim.get(DOMAIN),
    ("admin", "enableDKIM"): lambda c: c.dkim.enable(DOMAIN),
    ("admin", "disableDKIM"): lambda c: c.dkim.disable(DOMAIN),
    ("admin", "getDomainBrandInfo"): lambda c: c.branding.get(DOMAIN),
    ("admin", "setDomainBrandingV2"): lambda c: c.branding.set(
        domain=DOMAIN, name="Acme Mail", support_email="help@acme.example", color="#1b6ca8"
    ),
    ("admin", "resetDomainBranding"): lambda c: c.branding.reset(DOMAIN),
    ("user", "login"): lambda c: c.sessions.user_login(
        DOMAIN, "nora", OneTimePassword("K7tq-2Zfa-91Lm")
    ),
    ("user", "getForwards"): lambda c: c.forwards.of_mailbox(DOMAIN, "nora"),
    ("user", "addForward"): lambda c: c.forwards.add(DOMAIN, "nora", "nora.q@mail.example"),
    ("user", "removeForward"): lambda c: c.forwards.remove(DOMAIN, "nora", "nora.q@mail.example"),
}


def run_of(example: dict[str, Any]) -> Run:
    """Return the call that should produce the example."""
    if example["action"] == "updateDomain":
        return _update_domain(dict(example["request"]))
    return RUNS[example["api"], example["action"]]


def golden_vendor(*extra: dict[str, Any]) -> Vendor:
    """Return a vendor that gives the golden answers, `extra` ones first."""
    vendor = Vendor()
    for example in reversed([*extra, *GOLDEN]):
        vendor.will(example["action"], example["response"], api=example["api"])
    return vendor


def names(examples: list[dict[str, Any]]) -> list[str]:
    """Name the examples for the report."""
    return [f"{one['api']}-{one['action']}-{number}" for number, one in enumerate(examples, 1)]
