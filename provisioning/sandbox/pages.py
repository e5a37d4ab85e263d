"""What people see of the vendor: webmail, the control panel, and a domain's logo."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import threading
from html import escape

from provisioning.sandbox.actions.branding import logo_kind
from provisioning.sandbox.actions.sessions import open_mailbox, open_webmail
from provisioning.sandbox.calls import mailbox_by_address
from provisioning.sandbox.exchange import Request, Response, redirect
from provisioning.sandbox.layout import badge, page
from provisioning.sandbox.store import Row
from provisioning.sandbox.wire import Fields
from provisioning.sandbox.world import World

_TICKET_SECONDS = 900
_LOGO = re.compile(r"/brand/domain-(\d{1,18})\.(?:png|gif|jpg|svg)")
_LOGO_TYPES = {
    "png": "image/png",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "svg": "image/svg+xml",
}
_STAND_IN = '<span class="badge warn">Stand-in: no real mail</span>'
_INBOX_STYLE = """
.mail { display:grid; gap:1rem } .folders { display:flex; gap:.4rem; flex-wrap:wrap }
.folders span { padding:.35rem .75rem; border-radius:9px } .folders .on { background:var(--accent);
  color:var(--on-accent); font-weight:600 }
.mail li { padding:.7rem .2rem; display:grid; gap:0 .8rem; grid-template-columns:1fr auto }
.mail li.new strong::before { content:""; display:inline-block; width:.5rem; height:.5rem;
  border-radius:50%; background:var(--accent); margin-right:.5rem }
.mail li p { grid-column:1/-1; margin:0 }
@media (min-width:800px) { .mail { grid-template-columns:190px 1fr } .folders { display:block }
  .folders span { display:block } }
dl { display:grid; grid-template-columns:minmax(6rem,auto) 1fr; gap:.35rem 1rem; margin:0 }
dt { color:var(--soft) } dd { margin:0; overflow-wrap:anywhere }
"""


class Pages:
    """Answers the vendor's pages for people; they spend one-time passwords as the API does."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tickets: dict[str, tuple[str, str, float]] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response | None:
        """Answer a page request; None for paths not known here."""
        path = request.path.rstrip("/") or "/"
        landing = "/" + self._world.webmail_url.partition("/")[2].strip("/")
        if path in ("/webmail", landing):
            return self._webmail(request)
        if path == "/processlogin.php":
            return self._process_login(request)
        if path.startswith("/panel/"):
            return self._panel(path.removeprefix("/panel/"))
        if found := _LOGO.fullmatch(path):
            return self._logo(int(found[1]))
        return _front() if path == "/" else None

    def _webmail(self, request: Request) -> Response:
        if request.method != "POST":
            return _webmail_login()
        fields = request.fields()
        if "accessToken" in fields:
            mailbox = open_webmail(
                self._world,
                access_token=fields.text("accessToken"),
                password=fields.text("password"),
            )
        else:
            mailbox = self._opened(fields.text("email"), fields.text("password"))
        if mailbox is None:
            return _refused("Webmail")
        once = "accessToken" in fields
        return _inbox(mailbox, " The one-time password is spent." if once else "")

    def _process_login(self, request: Request) -> Response:
        fields = request.fields() if request.method == "POST" else request.asked()
        address, password = _decoded(fields, "u"), _decoded(fields, "p")
        mailbox = self._opened(address, password)
        if mailbox is None:
            return _refused("Control panel")
        ticket = secrets.token_urlsafe(16)
        expires = self._world.clock.seconds() + _TICKET_SECONDS
        with self._lock:
            self._tickets[ticket] = (mailbox["username"], mailbox["domain"], expires)
        return redirect(f"/panel/{ticket}", 302)

    def _panel(self, ticket: str) -> Response:
        with self._lock:
            username, domain, expires = self._tickets.get(ticket, ("", "", 0.0))
        mailbox = mailbox_by_address(self._world, username, domain)
        if mailbox is None or expires < self._world.clock.seconds():
            return _refused("Control panel")
        return _panel(self._world, mailbox)

    def _logo(self, domain_id: int) -> Response | None:
        row = self._world.store.one("SELECT logo FROM domains WHERE id = ?", domain_id)
        if row is None or row["logo"] is None:
            return None
        kind = logo_kind(row["logo"]) or "png"
        headers = (
            ("Content-Type", _LOGO_TYPES[kind]),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        )
        return Response(200, row["logo"], headers)

    def _opened(self, address: str, password: str) -> Row | None:
        username, _, domain = address.strip().rpartition("@")
        return open_mailbox(self._world, username=username, domain=domain, password=password)


def _decoded(fields: Fields, name: str) -> str:
    """Decode base64 in which a plus sign may have become a space and the padding been lost."""
    text = fields.text(name).replace(" ", "+")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _front() -> Response:
    body = """<section class="card"><h1>EmailArray stand-in</h1>
<p>This process answers the vendor's API so that the product can be tried without an account.
No mail is sent, received or kept here.</p>
<p><a href="/webmail">Webmail</a> · <a href="/__control/">Control desk</a></p></section>"""
    return page(title="Stand-in", body=body, note=_STAND_IN)


def _webmail_login() -> Response:
    body = """<section class="card" style="max-width:26rem;width:100%;margin:auto">
<h1 id="signin">Sign in to webmail</h1>
<p class="soft">A stand-in: it checks the password and opens an invented inbox.</p>
<form method="post" action="/webmail" style="display:grid;gap:.8rem">
<label>Email address <input type="email" name="email" autocomplete="username" required></label>
<label>Password <input type="password" name="password" autocomplete="current-password"
 required></label>
<button class="main">Sign in</button></form></section>"""
    return page(title="Webmail", body=body, note=_STAND_IN)


def _refused(title: str) -> Response:
    body = """<section class="card" style="max-width:32rem;width:100%;margin:auto">
<h1 id="refused">Invalid login</h1>
<p>The password is wrong, was already used, or is too old. One-time passwords work once and for
a few minutes only: open the mailbox again from where you came.</p></section>"""
    return page(title=title, body=body, note=_STAND_IN, status=401)


def _inbox(mailbox: Row, note: str) -> Response:
    address = escape(f"{mailbox['username']}@{mailbox['domain']}")
    name = escape(mailbox["uname"] or mailbox["username"])
    letters = (
        ("The stand-in", "Now", "This is not real webmail", "new",
         "It proves that the single sign-on reached the right mailbox. Nothing here is stored."),
        ("Postmaster", "Mon", f"Welcome, {name}", "",
         "In the real webmail your messages, calendar and contacts would be here."),
    )  # fmt: skip
    rows = "".join(
        f'<li class="{kind}"><strong>{subject}</strong><small>{when}</small>'
        f'<p class="soft">{sender} — {text}</p></li>'
        for sender, when, subject, kind, text in letters
    )
    body = f"""<section class="card"><div class="head">
<h1 id="mailbox-open">Mailbox open: {address}</h1></div>
<p class="soft">Signed in as <strong>{name}</strong>.{note}</p></section>
<div class="mail"><nav class="card folders" aria-label="Folders"><span class="on">Inbox</span>
<span>Drafts</span><span>Sent</span><span>Spam</span><span>Trash</span></nav>
<section class="card" aria-label="Messages"><ul class="plain">{rows}</ul></section></div>"""
    return page(title="Webmail", body=body, style=_INBOX_STYLE, note=_STAND_IN)


def _panel(world: World, mailbox: Row) -> Response:
    forwards = world.store.all(
        "SELECT forward FROM forwards WHERE mailbox_id = ? ORDER BY forward", mailbox["id"]
    )
    targets = ", ".join(escape(row["forward"]) for row in forwards) or "None"
    kind = {1: "Basic", 2: "Enhanced"}.get(mailbox["account_type"], "Other")
    body = f"""<section class="card"><div class="head">
<h1 id="mailbox-open">Mailbox open: {escape(mailbox["username"])}@{escape(mailbox["domain"])}</h1>
{badge(kind)}</div>
<dl><dt>Name</dt><dd>{escape(mailbox["uname"]) or "—"}</dd>
<dt>Quota</dt><dd>{mailbox["quota_gb"]:g} GB</dd><dt>Used</dt><dd>{mailbox["usage_mb"]} MB</dd>
<dt>Forwards to</dt><dd>{targets}</dd><dt>Time zone</dt><dd>{escape(mailbox["timezone"])}</dd></dl>
<p class="soft">In the real control panel the user would change filters, autoresponder and
password here.</p></section>"""
    return page(title="Control panel", body=body, style=_INBOX_STYLE, note=_STAND_IN)
