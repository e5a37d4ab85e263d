"""The control desk: a page that publishes DNS records, moves the clock and makes calls fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from provisioning.sandbox import state
from provisioning.sandbox.calls import registry
from provisioning.sandbox.exchange import Request, Response, plain, redirect
from provisioning.sandbox.faults import KINDS
from provisioning.sandbox.layout import badge, page
from provisioning.sandbox.switches import Switches
from provisioning.sandbox.wire import Fields

if TYPE_CHECKING:
    from provisioning.sandbox.sandbox import Sandbox

PATH = "/__control"
_SHOWN_DOMAINS = 30
_TITLES = {
    "verification": "Ownership",
    "mx": "Mail (MX)",
    "spf": "SPF",
    "dkim": "DKIM",
    "dmarc": "DMARC",
    "autodiscover": "Autodiscover",
    "webmail": "Webmail",
    "imap": "IMAP",
    "smtp": "SMTP",
    "pop": "POP",
}
_STYLE = """
.desk { display:grid; gap:1rem; align-items:start } .stack { display:grid; gap:1rem; min-width:0 }
.record { display:grid; gap:.25rem .8rem; padding:.65rem 0; grid-template-columns:1fr auto;
  align-items:center } .record>* { min-width:0 } .record code { display:block }
.record .what { display:flex; gap:.4rem; align-items:center; flex-wrap:wrap }
.record .values { grid-column:1/-1; grid-row:2 }
.record form { grid-column:2; grid-row:1 }
.pair { display:grid; grid-template-columns:1fr 1fr; gap:.6rem; margin-bottom:.6rem }
.row { display:flex; gap:.5rem; flex-wrap:wrap } .guess dt { font-weight:600 }
.guess dd { margin:0 0 .55rem; color:var(--soft) }
@media (min-width:980px) { .desk { grid-template-columns:minmax(0,1fr) 340px }
  .record { grid-template-columns:12.5rem minmax(0,1fr) 6.5rem }
  .record .values { grid-column:2; grid-row:1 } .record form { grid-column:3; justify-self:end } }
"""


class Desk:
    """Answers `/__control/`: GET shows the page, POST works one of its plain forms."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._knobs: dict[str, Callable[[Fields], None]] = {
            "publish": self._publish,
            "withdraw": self._withdraw,
            "fault": self._add_fault,
            "clear-faults": lambda _: sandbox.faults.clear(),
            "clock": lambda form: sandbox.clock.advance(float(form.text("seconds"))),
            "expire": lambda _: sandbox.expire_sessions(),
        }

    def __call__(self, request: Request) -> Response | None:
        """Answer a request for the desk; None for other paths."""
        if request.path.rstrip("/") != PATH:
            return None
        if request.method == "POST":
            return self._turn(request)
        return self._page(request.asked().text("q").strip().lower())

    def _turn(self, request: Request) -> Response:
        # Another site's page must not be able to work these forms in a visitor's browser.
        if request.origin and request.origin.partition("://")[2] != request.host:
            return plain(403, "The form came from another site")
        form = request.fields()
        knob = self._knobs.get(form.text("knob"))
        if knob is None:
            return plain(400, "Unknown knob")
        try:
            knob(form)
        except (ValueError, LookupError) as error:
            return plain(400, str(error))
        anchor = f"#{quote(form.text('domain'))}" if form.text("domain") else ""
        return redirect(f"{PATH}/?q={quote(form.text('q'))}{anchor}")

    def _publish(self, form: Fields) -> None:
        purposes = [form.text("purpose")] if form.text("purpose") else []
        self._sandbox.zone.publish_expected(form.text("domain"), *purposes)

    def _withdraw(self, form: Fields) -> None:
        self._sandbox.zone.withdraw_expected(form.text("domain"), form.text("purpose"))

    def _add_fault(self, form: Fields) -> None:
        self._sandbox.faults.add(
            kind=form.text("kind"),
            action=form.text("action").strip() or "*",
            count=int(form.text("count") or 1),
            after=int(form.text("after") or 0),
            host=form.text("host").strip() or None,
            seconds=float(form.text("seconds") or 1),
        )

    def _page(self, search: str) -> Response:
        held = state.snapshot(self._sandbox)
        found = {name: domain for name, domain in held["domains"].items() if search in name}
        shown = list(found.items())[:_SHOWN_DOMAINS]
        cards = "".join(_domain_card(name, domain, search) for name, domain in shown)
        if not cards:
            cards = '<section class="card"><p class="soft">No domain here.</p></section>'
        more = len(found) - len(shown)
        rest = f'<p class="soft">{more} more: search for their names.</p>' if more > 0 else ""
        body = f"""<section><h1>Control desk</h1>
<p class="soft">Behind the scenes of the vendor's stand-in: publish the DNS records a customer
would, move its clock, and make its API misbehave.</p></section>
<div class="desk"><div class="stack">
<form class="row" method="get" action="{PATH}/" role="search">
<input name="q" value="{escape(search)}" placeholder="Search {len(held["domains"])} domains"
 aria-label="Search domains" style="flex:1"><button>Search</button></form>
{cards}{rest}</div>
<aside class="stack">{_clock(held)}{_faults(held["faults"])}{_resellers(held)}
{_guesses(self._sandbox.switches)}</aside></div>"""
        note = f"{badge('Stand-in', 'warn')}"
        return page(title="Control desk", body=body, style=_STYLE, note=note)


def _form(knob: str, label: str, *, main: bool = False, about: str = "", **hidden: str) -> str:
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in {"knob": knob, **hidden}.items()
    )
    kind = ' class="main"' if main else ""
    spoken = f' aria-label="{escape(about)}"' if about else ""
    return (
        f'<form method="post" action="{PATH}/">{inputs}'
        f"<button{kind}{spoken}>{escape(label)}</button></form>"
    )


def _domain_card(name: str, domain: dict[str, Any], search: str) -> str:
    verified = badge("Verified", "good") if domain["verified"] else badge("Unverified", "warn")
    dropped = f" · will be dropped {domain['dropped_at']} UTC" if domain["dropped_at"] else ""
    active = "" if domain["active"] else badge("Inactive", "bad")
    records = "".join(
        _record(name, purpose, list(records), search)
        for purpose, records in groupby(domain["records"], key=lambda record: record["purpose"])
    )
    return f"""<section class="card" id="{escape(name)}"><div class="head">
<h2>{escape(name)}</h2>{verified}{active}
{_form("publish", "Publish all", main=True, about=f"Publish all of {name}", domain=name, q=search)}
</div><p class="soft">Reseller {escape(domain["reseller"])} · {_counted(domain)}
 · added {domain["added_at"]} UTC{dropped}</p><ul class="plain">{records}</ul></section>"""


def _counted(domain: dict[str, Any]) -> str:
    count = len(domain["mailboxes"])
    return "1 mailbox" if count == 1 else f"{count} mailboxes"


def _record(domain: str, purpose: str, records: list[dict[str, Any]], search: str) -> str:
    published = all(record["published"] for record in records)
    knob, label = ("withdraw", "Withdraw") if published else ("publish", "Publish")
    state_badge = badge("Published", "good") if published else badge("Missing")
    guessed = badge("guessed", "warn") if records[0]["guessed"] else ""
    title = _TITLES.get(purpose, purpose)
    values = "".join(f"<code>{escape(record['value'])}</code>" for record in records)
    button = _form(
        knob, label, about=f"{label} {title} of {domain}", domain=domain, purpose=purpose, q=search
    )
    return f"""<li class="record" data-purpose="{purpose}"><div class="what">
<strong>{title}</strong>{state_badge}{guessed}</div>
<div class="values"><small>{records[0]["type"]} <code style="display:inline">{
        escape(records[0]["name"])
    }</code></small>{values}</div>{button}</li>"""


def _clock(held: dict[str, Any]) -> str:
    steps = (("+5 min", 300), ("+1 h", 3600), ("+24 h", 86400))
    buttons = "".join(_form("clock", label, seconds=str(seconds)) for label, seconds in steps)
    return f"""<section class="card"><div class="head"><h2>Clock</h2>
<span class="soft">{escape(held["now"][:19].replace("T", " "))} UTC</span></div>
<div class="row">{buttons}</div>
<p class="soft">Sessions, one-time passwords and unverified domains age by this clock.</p>
{_form("expire", "End all sessions")}</section>"""


def _faults(waiting: list[dict[str, Any]]) -> str:
    kinds = "".join(
        f'<option value="{kind}">{kind} — {escape(text)}</option>' for kind, text in KINDS.items()
    )
    names = sorted({*registry.names("admin"), *registry.names("user")})
    actions = "".join(f"<option>{name}</option>" for name in ["*", *names])
    rows = "".join(
        f"<li style='padding:.4rem 0'><strong>{escape(fault['kind'])}</strong> on "
        f"<code>{escape(fault['action'])}</code> <small>struck {fault['struck']} of "
        f"{fault['count'] or 'any number'}"
        f"{', after ' + str(fault['after']) if fault['after'] else ''}"
        f"{', host ' + escape(fault['host']) if fault['host'] else ''}</small></li>"
        for fault in waiting
    )
    listing = (
        f'<ul class="plain">{rows}</ul>{_form("clear-faults", "Clear all faults")}'
        if rows
        else '<p class="soft">None: the API behaves.</p>'
    )
    return f"""<section class="card" id="faults"><div class="head"><h2>Faults</h2></div>{listing}
<hr style="border:0;border-top:1px solid var(--line);margin:.9rem 0">
<form method="post" action="{PATH}/"><input type="hidden" name="knob" value="fault">
<label style="margin-bottom:.6rem">Kind <select name="kind">{kinds}</select></label>
<label style="margin-bottom:.6rem">Action <select name="action">{actions}</select></label>
<div class="pair"><label>Times (0: always)
<input name="count" type="number" min="0" value="1"></label>
<label>After calls <input name="after" type="number" min="0" value="0"></label></div>
<div class="pair"><label>Only Host <input name="host" placeholder="any"></label>
<label>Seconds (slow)
<input name="seconds" type="number" min="0" step="0.1" value="1"></label></div>
<button class="main">Add fault</button></form></section>"""


def _resellers(held: dict[str, Any]) -> str:
    rows = "".join(
        f"<li style='padding:.35rem 0'><strong>{escape(name)}</strong> <small>"
        f"{sum(domain['reseller'] == name for domain in held['domains'].values())} domains"
        f"</small></li>"
        for name in held["resellers"]
    )
    return f"""<section class="card"><div class="head"><h2>Resellers</h2></div>
<ul class="plain">{rows}</ul><p class="soft">{held["calls"]} API calls received.</p></section>"""


def _guesses(switches: Switches) -> str:
    rows = "".join(
        f"<dt><code>{switch.name}</code> = {escape(str(getattr(switches, switch.name)))}</dt>"
        f"<dd>{escape(switch.metadata['help'])}</dd>"
        for switch in fields(switches)
    )
    return f"""<section class="card"><div class="head"><h2>What is guessed</h2></div>
<p class="soft">The vendor's sentences, the value of the DMARC and autodiscover records, the form
of tokens, and the answers below are guesses. The answers are switches of the command line.</p>
<details><summary>All {len(fields(switches))} open answers</summary><dl class="guess">{rows}</dl>
</details></section>"""
