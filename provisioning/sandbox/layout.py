"""The look of the stand-in's pages: one self-contained HTML frame, light and dark."""

from __future__ import annotations

from html import escape

from provisioning.sandbox.exchange import Headers, Response

_STYLE = """
:root { color-scheme: light dark; --ground:#f3f5f9; --card:#fff; --ink:#1a2233; --soft:#5b667d;
  --line:#dde3ee; --accent:#3455d1; --on-accent:#fff; --good:#0f7a4f; --good-ground:#dff5ea;
  --warn:#8a5a00; --warn-ground:#fff1d4; --bad:#b3261e; --bad-ground:#fde5e3; --code:#f5f7fb; }
@media (prefers-color-scheme: dark) { :root { --ground:#10141d; --card:#181e2a; --ink:#e8ecf4;
  --soft:#9da8bd; --line:#2a3344; --accent:#8aa2ff; --on-accent:#0d1430; --good:#6fdcaa;
  --good-ground:#12372a; --warn:#f2c264; --warn-ground:#3a2c0e; --bad:#ff9b93;
  --bad-ground:#43191a; --code:#121824; } }
* { box-sizing:border-box } html { -webkit-text-size-adjust:100% }
body { margin:0; background:var(--ground); color:var(--ink);
  font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif }
a { color:var(--accent) } h1,h2,h3 { line-height:1.25; margin:0 }
h1 { font-size:1.45rem; letter-spacing:-.01em; overflow-wrap:anywhere }
h2 { font-size:1.05rem; overflow-wrap:anywhere }
p { margin:.4rem 0 } small,.soft { color:var(--soft) } code { font:13px/1.45 ui-monospace,
  SFMono-Regular,Menlo,Consolas,monospace; overflow-wrap:anywhere }
.bar { background:var(--card); border-bottom:1px solid var(--line) }
.bar>div { max-width:1200px; margin:auto; padding:.7rem 1rem; display:flex; gap:.75rem;
  align-items:center; flex-wrap:wrap }
.mark { width:30px; height:30px; border-radius:9px; flex:none; display:grid; place-items:center;
  background:var(--accent); color:var(--on-accent); font-weight:700 }
.bar .note { margin-left:auto }
main { max-width:1200px; margin:auto; padding:1.1rem 1rem 3rem; display:grid; gap:1rem }
.card { background:var(--card); border:1px solid var(--line); border-radius:14px;
  padding:1rem 1.1rem; min-width:0 }
.head { display:flex; gap:.5rem .75rem; align-items:center; flex-wrap:wrap; margin-bottom:.6rem }
.head form { margin-left:auto }
.badge { font-size:.78rem; font-weight:600; border-radius:99px; padding:.12rem .6rem;
  background:var(--code); color:var(--soft); white-space:nowrap }
.good { background:var(--good-ground); color:var(--good) }
.warn { background:var(--warn-ground); color:var(--warn) }
.bad { background:var(--bad-ground); color:var(--bad) }
button,.button { font:inherit; font-weight:600; border:1px solid var(--line); border-radius:9px;
  background:var(--card); color:var(--ink); padding:.38rem .8rem; cursor:pointer; min-height:36px }
button:hover { border-color:var(--accent) } button.main { background:var(--accent);
  border-color:var(--accent); color:var(--on-accent) }
:focus-visible { outline:3px solid var(--accent); outline-offset:2px }
input,select { font:inherit; width:100%; min-height:36px; padding:.3rem .55rem; color:inherit;
  background:var(--code); border:1px solid var(--line); border-radius:9px }
label { display:block; font-size:.82rem; font-weight:600; color:var(--soft) }
ul.plain { list-style:none; margin:0; padding:0 } ul.plain>li+li {
  border-top:1px solid var(--line) }
.notice { border-left:4px solid var(--warn); background:var(--warn-ground); color:var(--warn);
  border-radius:8px; padding:.6rem .8rem }
summary { cursor:pointer; font-weight:600 } form { margin:0 }
"""

_HEADERS: Headers = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    # Not no-referrer: a browser would then hide the origin of the desk's own forms.
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        (
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self';"
            " frame-ancestors 'none'; base-uri 'none'"
        ),
    ),
)


def page(*, title: str, body: str, style: str = "", note: str = "", status: int = 200) -> Response:
    """Return a whole page; `body` and `note` are HTML, `title` is text."""
    html = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)} · EmailArray stand-in</title>
<style>{_STYLE}{style}</style>
</head>
<body>
<header class="bar"><div><span class="mark" aria-hidden="true">@</span>
<strong>{escape(title)}</strong><span class="note">{note}</span></div></header>
<main>{body}</main>
</body>
</html>
"""
    return Response(status, html.encode(), _HEADERS)


def badge(text: str, kind: str = "") -> str:
    """Return a small label; `kind` is good, warn, bad or nothing."""
    return f'<span class="badge {kind}">{escape(text)}</span>'
