"""The vendor's client: one object per account, its actions grouped by noun."""

from __future__ import annotations

import httpx

from provisioning.emailarray.breaker import Breaker
from provisioning.emailarray.channel import Observer
from provisioning.emailarray.resources.aliases import Aliases
from provisioning.emailarray.resources.branding import DomainBranding
from provisioning.emailarray.resources.dkim import DkimKeys
from provisioning.emailarray.resources.domains import Domains
from provisioning.emailarray.resources.forwards import Forwards
from provisioning.emailarray.resources.lists import Lists
from provisioning.emailarray.resources.mailboxes import Mailboxes
from provisioning.emailarray.resources.reseller import Reseller
from provisioning.emailarray.resources.sessions import Sessions
from provisioning.emailarray.settings import ClientConfig
from provisioning.emailarray.tokens import TokenStore
from provisioning.emailarray.transport import Transport

__all__ = ["ClientConfig", "EmailArrayClient"]


class EmailArrayClient:
    """
    All the vendor's actions: `client.mailboxes.add(...)`, `client.domains.list()` and so on.

    Cheap to build and safe to share between threads; `http` (see `build_http`), `tokens` and
    `breaker` are what should live long. `observer` is handed every HTTP exchange, masked.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        http: httpx.Client,
        tokens: TokenStore,
        breaker: Breaker | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.config = config
        transport = Transport(config, http=http, tokens=tokens, breaker=breaker, observer=observer)
        self.reseller = Reseller(transport)
        self.domains = Domains(transport)
        self.mailboxes = Mailboxes(transport)
        self.aliases = Aliases(transport)
        self.lists = Lists(transport)
        self.forwards = Forwards(transport)
        self.dkim = DkimKeys(transport)
        self.branding = DomainBranding(transport)
        self.sessions = Sessions(transport)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.config.server_key}>"
