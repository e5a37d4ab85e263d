"""Domains: availability, life cycle, ownership and settings."""

from __future__ import annotations

import secrets

from provisioning.sandbox import sentences
from provisioning.sandbox.actions.reseller import UNLIMITED, domains_held
from provisioning.sandbox.calls import Call, registry
from provisioning.sandbox.rules import is_address, is_time_zone
from provisioning.sandbox.sentences import Refused
from provisioning.sandbox.store import Row
from provisioning.sandbox.wire import Answer
from provisioning.sandbox.world import World

_FLAGS = ("0", "1")
_FLAG_COLUMNS = {"editdomainactive": "active", "editexchangeenabled": "exchange_enabled"}
_EDITABLE = ("editdomainactive", "editcatchall", "editdtzone", "editexchangeenabled")


@registry.action("getAllDomains")
def all_domains(call: Call) -> Answer:
    """Answer the caller's domains, every field text."""
    rows = call.world.store.all(
        "SELECT * FROM domains WHERE reseller_id = ? ORDER BY domain", call.caller["id"]
    )
    return call.collection(
        [
            {
                "id": str(row["id"]),
                "domain": row["domain"],
                "isauditdomain": "0",
                "domaintype": row["domaintype"],
                "active": str(row["active"]),
            }
            for row in rows
        ]
    )


@registry.action("isDomainAvailable", requires=("domain",))
def is_available(call: Call) -> Answer:
    """Answer code 1 if the domain may be added."""
    if holder(call.world, call.domain_in("domain")) is not None:
        raise Refused(sentences.DOMAIN_IN_USE)
    return Answer("Domain is available")


@registry.action("addDomain", requires=("newdomain",), writes=True)
def add(call: Call) -> Answer:
    """Add a domain, unverified: it stays only if its ownership is proven in time."""
    name = call.domain_in("newdomain")
    held_by = holder(call.world, name)
    if held_by is not None:
        mine = held_by == call.caller["id"]
        raise Refused(sentences.DOMAIN_EXISTS if mine else sentences.DOMAIN_IN_USE)
    allowed = call.caller["maxdomains"]
    if allowed != UNLIMITED and domains_held(call) >= allowed:
        raise Refused(sentences.ACCOUNT_LIMIT)
    create(call.world, name, reseller_id=call.caller["id"], added_at=call.now)
    return Answer("Domain added")


@registry.action("removeDomain", requires=("domain",), domain_field="domain", writes=True)
def remove(call: Call) -> Answer:
    """Remove a domain with its mailboxes, aliases, lists and preferences."""
    call.world.store.run("DELETE FROM domains WHERE id = ?", call.domain["id"])
    return Answer("Domain removed")


@registry.action("updateDomain", requires=("domain",), domain_field="domain", writes=True)
def update(call: Call) -> Answer:
    """Change the settings that the call carries; the others stay."""
    sent = [name for name in _EDITABLE if name in call.fields]
    if not sent:
        status = call.world.switches.refusal_status
        raise Refused(sentences.MISSING_PARAMETER.format(_EDITABLE[0]), status=status)
    changes: dict[str, str] = {}
    for field, column in _FLAG_COLUMNS.items():
        if field in sent:
            if call.text(field) not in _FLAGS:
                raise Refused(sentences.INVALID_VALUE.format(field))
            changes[column] = call.text(field)
    if "editcatchall" in sent:
        changes["catchall"] = _catchall(call)
    if "editdtzone" in sent:
        if not is_time_zone(call.text("editdtzone")):
            raise Refused(sentences.INVALID_VALUE.format("editdtzone"))
        changes["dtzone"] = call.text("editdtzone")
    current = {**dict(call.domain), **changes}
    call.world.store.run(
        "UPDATE domains SET active = ?, exchange_enabled = ?, catchall = ?, dtzone = ?"
        " WHERE id = ?",
        int(current["active"]),
        current["exchange_enabled"],
        current["catchall"],
        current["dtzone"],
        call.domain["id"],
    )
    return Answer("Domain updated")


def _catchall(call: Call) -> str:
    value, takes = call.text("editcatchall"), call.world.switches.catchall
    if value in ("", "0"):
        return ""
    if (takes == "address" and not is_address(value)) or (takes == "flag" and value != "1"):
        raise Refused(sentences.INVALID_VALUE.format("editcatchall"))
    return value


@registry.action("getDomainInfo", requires=("domain",), domain_field="domain")
def info(call: Call) -> Answer:
    """Answer a domain's settings and counts: five numbers, the others text."""
    domain = call.domain
    return Answer(
        {
            "dtzone": domain["dtzone"],
            "expiry_notifications": 0,
            "catchall": domain["catchall"],
            "domaintype": domain["domaintype"],
            "webmail": "1",
            "vusers": _count(call, "SELECT count(*) FROM mailboxes WHERE domain_id = ?"),
            "aliases": _count(call, "SELECT count(*) FROM aliases WHERE domain_id = ?"),
            "lists": _count(call, "SELECT count(*) FROM lists WHERE domain_id = ?"),
            "active": str(domain["active"]),
            "exchange_enabled": domain["exchange_enabled"],
            "audit_enabled": "0",
            "localdelivery": "1",
            "totalQuota": assigned_quota_mb(call),
            "homecountry": "US",
        }
    )


@registry.action("getDomainVerification", requires=("domain",), domain_field="domain")
def verification(call: Call) -> Answer:
    """Look at the zone now. Code 1 means that the proof is still missing."""
    domain = call.domain
    if call.world.check_ownership(domain):
        raise Refused(sentences.DOMAIN_VERIFIED)
    value: object = domain["verification"]
    if call.world.switches.verification_payload == "object":
        value = {"type": "TXT", "host": "mx-verification", "value": value}
    return Answer(value, beside={"message": sentences.NO_TXT_RECORD})


@registry.action("getDomainAssignedQuota", requires=("domain",), domain_field="domain")
def assigned_quota(call: Call) -> Answer:
    """Answer the sum of the domain's quotas in megabytes."""
    total = str(assigned_quota_mb(call))
    as_object = call.world.switches.assigned_quota == "object"
    return Answer({"totalquota": total} if as_object else total)


@registry.action("getFooterDomain", requires=("domain",), domain_field="domain")
def footer(call: Call) -> Answer:
    """Answer the footer under outgoing mail; empty where there is none."""
    return Answer(call.domain["footer"])


@registry.action(
    "setFooterDomain",
    requires=("domain",),
    present=("footertxt",),
    domain_field="domain",
    writes=True,
)
def set_footer(call: Call) -> Answer:
    """Set the footer, HTML as it is; an empty one removes it."""
    call.world.store.run(
        "UPDATE domains SET footer = ? WHERE id = ?",
        call.fields.text("footertxt"),
        call.domain["id"],
    )
    return Answer("Footer saved")


@registry.action("getAliasDomains", requires=("domain",), domain_field="domain")
def alias_domains(call: Call) -> Answer:
    """Answer the names that mirror this domain; the id is a number."""
    rows = call.world.store.all(
        "SELECT id, alias_domain FROM alias_domains WHERE domain_id = ? ORDER BY alias_domain",
        call.domain["id"],
    )
    return call.collection(
        [{"alias_domain_id": row["id"], "alias_domain": row["alias_domain"]} for row in rows]
    )


@registry.action(
    "addAliasDomain", requires=("domain", "adomain"), domain_field="domain", writes=True
)
def add_alias_domain(call: Call) -> Answer:
    """Let another name mirror this domain."""
    name = call.domain_in("adomain")
    if holder(call.world, name) is not None:
        raise Refused(sentences.DOMAIN_IN_USE)
    call.world.store.run(
        "INSERT INTO alias_domains (domain_id, alias_domain) VALUES (?, ?)",
        call.domain["id"],
        name,
    )
    return Answer("Alias domain added")


@registry.action(
    "removeAliasDomain", requires=("domain", "adomain"), domain_field="domain", writes=True
)
def remove_alias_domain(call: Call) -> Answer:
    """Stop mirroring under another name."""
    gone = call.world.store.run(
        "DELETE FROM alias_domains WHERE domain_id = ? AND alias_domain = ?",
        call.domain["id"],
        call.domain_in("adomain"),
    )
    if not gone:
        raise Refused(sentences.ALIAS_DOMAIN_MISSING)
    return Answer("Alias domain removed")


def holder(world: World, name: str) -> int | None:
    """Return the id of the reseller who holds a name, as a domain or as an alias domain."""
    row: Row | None = world.store.one(
        "SELECT reseller_id FROM domains WHERE domain = ?"
        " UNION SELECT reseller_id FROM alias_domains JOIN domains ON domains.id = domain_id"
        " WHERE alias_domain = ?",
        name,
        name,
    )
    return row["reseller_id"] if row is not None else None


def create(
    world: World, name: str, *, reseller_id: int, added_at: float, verified: bool = False
) -> int:
    """Write a new domain with a fresh ownership value, hold its zone, and return its id."""
    domain_id = world.store.insert(
        "INSERT INTO domains (reseller_id, domain, domaintype, added_at, verification, verified)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        reseller_id,
        name,
        world.switches.new_domain_type,
        added_at,
        f"ea-verify={secrets.token_hex(8)}",
        int(verified),
    )
    world.zone.hold(name)
    return domain_id


def assigned_quota_mb(call: Call) -> int:
    """Add up the quotas of the domain's mailboxes, in megabytes."""
    gigabytes = call.world.store.number(
        "SELECT sum(quota_gb) FROM mailboxes WHERE domain_id = ?", call.domain["id"]
    )
    return round(gigabytes * call.world.switches.gb_factor)


def _count(call: Call, sql: str) -> int:
    return int(call.world.store.number(sql, call.domain["id"]))
