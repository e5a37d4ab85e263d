"""The vendor's stand-in as an httpx transport, in process."""

from __future__ import annotations

import httpx

from provisioning.sandbox import ConnectionDropped, Sandbox

USERNAME = "reseller"
PASSWORD = "S3cret!pw"
ADMIN_URL = "http://cfcp.stand-in.test/admin/json.php"
FALLBACK_ADMIN_URL = "http://cp.stand-in.test/admin/json.php"
USER_URL = "http://cp.stand-in.test/json.php"
CONTROL_PANEL_URL = "http://cp.stand-in.test/processlogin.php"


class InProcess(httpx.BaseTransport):
    """Calls the stand-in's WSGI app; a dropped connection becomes httpx's own error."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._wsgi = httpx.WSGITransport(app=sandbox.wsgi)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._wsgi.handle_request(request)
        except ConnectionDropped as dropped:
            if dropped.executed:
                raise httpx.ReadError("dropped", request=request) from dropped
            raise httpx.ConnectError("dropped", request=request) from dropped
