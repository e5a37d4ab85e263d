"""The stand-in as one object: seed it, call it, look inside, make it fail, serve it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provisioning.sandbox import control_paths, desk, pages
from provisioning.sandbox.actions import domains as domain_actions
from provisioning.sandbox.app import Application, Face, ReceivedCall
from provisioning.sandbox.clock import Clock, stamp
from provisioning.sandbox.dns import DnsServer, ask_texts
from provisioning.sandbox.faults import Faults
from provisioning.sandbox.rules import domain_name
from provisioning.sandbox.server import Served
from provisioning.sandbox.store import Row, Store, hidden, matches
from provisioning.sandbox.switches import Switches
from provisioning.sandbox.world import DEFAULT_WEBMAIL, World
from provisioning.sandbox.zone import ExpectedRecord, Zone

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

ALLOWANCES = {
    "maxemails": 100_000,
    "maxeemails": 100_000,
    "maxocemails": 0,
    "maxexemails": 0,
    "maxdomains": 10_000,
    "maxquota": 1_000_000_000,
}
_DOMAIN_TEXTS = (
    "domaintype",
    "dtzone",
    "catchall",
    "exchange_enabled",
    "footer",
    "dkim_enabled",
    "dkim_host",
    "dkim_key",
    "brandname",
    "supportemail",
    "brandcolor",
)
_SEEDED_PASSWORD = "Stand-in-1"  # noqa: S105 - for mailboxes that are seeded without one


class Sandbox:
    """
    A stand-in for the vendor, with a memory of its own.

    `wsgi` is the app for calls in process; `serve` listens on a port. `faults`, `clock` and
    `zone` are the knobs; `switches` may be exchanged at any time.

    :param database: a file, or `:memory:`
    :param control: whether the control desk and its JSON paths answer; 404 otherwise
    :param webmail_url: what getOTPassAndToken names, without scheme; follows `serve` if not given
    """

    def __init__(
        self,
        database: str | Path = ":memory:",
        switches: Switches | None = None,
        *,
        control: bool = True,
        webmail_url: str | None = None,
    ) -> None:
        store = Store(database)
        self.clock = Clock()
        self.zone = Zone(store)
        self.faults = Faults()
        self.world = World(
            store=store,
            clock=self.clock,
            zone=self.zone,
            switches=switches or Switches(),
            webmail_url=webmail_url or DEFAULT_WEBMAIL,
            texts=self.zone.texts,
        )
        self._follows_the_port = webmail_url is None
        faces: list[Face] = [pages.Pages(self.world)]
        if control:
            faces += [control_paths.ControlPaths(self), desk.Desk(self)]
        self._app = Application(self.world, self.faults, faces)

    @property
    def wsgi(self) -> WSGIApplication:
        """The WSGI app; it raises `ConnectionDropped` where a fault says so."""
        return self._app

    @property
    def switches(self) -> Switches:
        """The answers to the open questions; assign others at any time."""
        return self.world.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self.world.switches = switches

    def add_reseller(self, username: str, password: str, **allowances: int) -> None:
        """
        Add a reseller, or give an existing one this password and these allowances.

        :param allowances: `maxemails`, `maxeemails`, `maxdomains` and so on; `maxquota` in
            megabytes; -1 is unlimited, 0 is none
        :raises ValueError: for an unknown allowance
        """
        if unknown := set(allowances) - set(ALLOWANCES):
            raise ValueError(f"Unknown allowances: {', '.join(sorted(unknown))}")
        known = self.world.store.one("SELECT * FROM resellers WHERE username = ?", username)
        limits = ALLOWANCES if known is None else {name: known[name] for name in ALLOWANCES}
        self.world.store.run(
            "INSERT INTO resellers (username, password, maxemails, maxeemails, maxocemails,"
            " maxexemails, maxdomains, maxquota) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (username) DO UPDATE SET password = excluded.password,"
            " maxemails = excluded.maxemails, maxeemails = excluded.maxeemails,"
            " maxocemails = excluded.maxocemails, maxexemails = excluded.maxexemails,"
            " maxdomains = excluded.maxdomains, maxquota = excluded.maxquota",
            username,
            hidden(password),
            *({**limits, **allowances}[name] for name in ALLOWANCES),
        )

    def add_domain(
        self, domain: str, *, reseller: str, verified: bool = True, active: bool = True
    ) -> None:
        """
        Add a domain; one that exists stays as it is, but may become verified.

        :raises LookupError: if the reseller is unknown
        :raises ValueError: if it is no domain name, or held by another reseller
        """
        name = domain_name(domain)
        if name is None:
            raise ValueError(f"Not a domain name: {domain!r}")
        store = self.world.store
        with store.transaction():
            owner = store.one("SELECT id FROM resellers WHERE username = ?", reseller)
            if owner is None:
                raise LookupError(f"No reseller {reseller!r}")
            held_by = domain_actions.holder(self.world, name)
            if held_by not in (None, owner["id"]):
                raise ValueError(f"{name} is held by another reseller")
            if held_by is None:
                domain_actions.create(
                    self.world,
                    name,
                    reseller_id=owner["id"],
                    added_at=self.clock.seconds(),
                    verified=verified,
                )
                store.run("UPDATE domains SET active = ? WHERE domain = ?", int(active), name)
            elif verified:
                store.run("UPDATE domains SET verified = 1 WHERE domain = ?", name)

    def add_mailbox(
        self,
        domain: str,
        username: str,
        *,
        account_type: int = 1,
        quota_gb: float = 5,
        password: str = _SEEDED_PASSWORD,
        uname: str = "",
        usage_mb: int = 0,
        disabled: bool = False,
        last_login: float | None = None,
    ) -> None:
        """
        Add a mailbox past every rule; one that exists stays as it is.

        :param account_type: any number, also one that cannot be ordered
        :param last_login: seconds since 1970, or None for never
        :raises LookupError: if the domain is unknown
        """
        self.world.store.run(
            "INSERT OR IGNORE INTO mailboxes (domain_id, username, uname, account_type, quota_gb,"
            " usage_mb, password, disabled, lastauth, timezone, dateformat, language,"
            " twofa_allowed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'America/New_York', 'yyyy-mm-dd', 'en', '1')",
            self._domain(domain)["id"],
            username.lower(),
            uname,
            account_type,
            quota_gb,
            usage_mb,
            hidden(password),
            int(disabled),
            last_login,
        )

    def resellers(self) -> dict[str, dict[str, Any]]:
        """Return the resellers by user name, with allowances and without passwords."""
        rows = self.world.store.all("SELECT * FROM resellers ORDER BY username")
        return {
            row["username"]: {"email": row["email"], **{name: row[name] for name in ALLOWANCES}}
            for row in rows
        }

    def domains(self) -> dict[str, dict[str, Any]]:
        """
        Return the domains by name: reseller, verified, active, settings, DKIM and brand.

        `dropped_at` is when an unverified one will be dropped, None for the others.
        """
        self.world.purge()
        rows = self.world.store.all(
            "SELECT domains.*, username AS reseller FROM domains"
            " JOIN resellers ON resellers.id = reseller_id ORDER BY domain"
        )
        return {
            row["domain"]: {
                "id": row["id"],
                "reseller": row["reseller"],
                "verified": bool(row["verified"]),
                "active": bool(row["active"]),
                "added_at": stamp(row["added_at"]),
                "dropped_at": self._drop_time(row),
                **{name: row[name] for name in _DOMAIN_TEXTS},
                "logo_bytes": len(row["logo"] or b""),
            }
            for row in rows
        }

    def mailboxes(self, domain: str) -> dict[str, dict[str, Any]]:
        """Return a domain's mailboxes by user name; quota in GB, usage in MB."""
        rows = self._rows("SELECT * FROM mailboxes WHERE domain_id = ? ORDER BY username", domain)
        return {
            row["username"]: {
                "id": row["id"],
                "email": f"{row['username']}@{domain_name(domain)}",
                "uname": row["uname"],
                "account_type": row["account_type"],
                "quota_gb": row["quota_gb"],
                "usage_mb": row["usage_mb"],
                "disabled": bool(row["disabled"]),
                "last_login": stamp(row["lastauth"]) if row["lastauth"] else None,
                "timezone": row["timezone"],
                "language": row["language"],
                "twofa_allowed": row["twofa_allowed"],
            }
            for row in rows
        }

    def aliases(self, domain: str) -> dict[str, str]:
        """Return a domain's aliases with their targets."""
        rows = self._rows("SELECT * FROM aliases WHERE domain_id = ? ORDER BY alias", domain)
        return {row["alias"]: row["forward"] for row in rows}

    def alias_domains(self, domain: str) -> list[str]:
        """Return the names that mirror a domain."""
        rows = self._rows("SELECT * FROM alias_domains WHERE domain_id = ?", domain)
        return sorted(row["alias_domain"] for row in rows)

    def lists(self, domain: str) -> dict[str, list[str]]:
        """Return a domain's lists with their members."""
        rows = self._rows(
            "SELECT lname, member FROM lists LEFT JOIN members ON members.list_id = lists.id"
            " WHERE domain_id = ? ORDER BY lname, members.id",
            domain,
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["lname"], []).extend([row["member"]] if row["member"] else [])
        return found

    def forwards(self, domain: str) -> dict[str, list[str]]:
        """Return the targets of a domain's mailboxes, for those that have any."""
        rows = self._rows(
            "SELECT username, forward FROM forwards JOIN mailboxes ON mailboxes.id = mailbox_id"
            " WHERE domain_id = ? ORDER BY username, forward",
            domain,
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["username"], []).append(row["forward"])
        return found

    def accepts_password(self, domain: str, username: str, password: str) -> bool:
        """Tell whether this is a mailbox's own password."""
        rows = self._rows("SELECT * FROM mailboxes WHERE domain_id = ?", domain)
        return any(
            row["username"] == username and matches(password, row["password"]) for row in rows
        )

    def expected_records(self, domain: str) -> list[ExpectedRecord]:
        """
        Return the DNS records a domain should have.

        :raises LookupError: if the domain is unknown
        """
        return self.zone.expected(domain)

    def calls(self, action: str | None = None) -> list[ReceivedCall]:
        """Return the calls received, oldest first: of one action, or all."""
        return self._app.calls(action)

    def forget_calls(self) -> None:
        """Start the log of received calls afresh."""
        self._app.forget_calls()

    def expire_sessions(self) -> None:
        """End every session of resellers and mailboxes now."""
        self.world.store.run("DELETE FROM sessions")

    def serve(
        self, port: int = 0, dns_port: int | None = None, *, host: str = "127.0.0.1"
    ) -> Served:
        """
        Listen on a port (0: any free one), with a DNS server beside it unless `dns_port` is None.

        While the DNS server runs, ownership is looked up over the wire. The object returned has
        `url`, `port`, `dns_port` and `close`, and closes itself as a context manager.

        :raises OSError: if a port is taken
        """
        dns = None if dns_port is None else DnsServer(self.zone, host=host, port=dns_port)
        try:
            served = Served(self._app, host=host, port=port, dns=dns, on_close=self._unserved)
        except BaseException:
            if dns:
                dns.close()
            raise
        if dns:
            self.world.texts = partial(ask_texts, host=host, port=dns.port)
        if self._follows_the_port:
            self.world.webmail_url = f"{host}:{served.port}/webmail"
        return served

    def close(self) -> None:
        """Close the database; the stand-in cannot be used afterwards."""
        self.world.store.close()

    def _drop_time(self, domain: Row) -> str | None:
        after = self.switches.purge_after_seconds
        return None if domain["verified"] or not after else stamp(domain["added_at"] + after)

    def _unserved(self) -> None:
        self.world.texts = self.zone.texts

    def _domain(self, domain: str) -> Row:
        row = self.world.store.one("SELECT * FROM domains WHERE domain = ?", domain_name(domain))
        if row is None:
            raise LookupError(f"The stand-in holds no domain {domain!r}")
        return row

    def _rows(self, sql: str, domain: str) -> list[Row]:
        return self.world.store.all(sql, self._domain(domain)["id"])
