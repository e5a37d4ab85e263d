"""The settings of one client: addresses, credentials, deadlines and the vendor's open questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

LONGEST_TOKEN_SECONDS = 240


@dataclass(frozen=True)
class ClientConfig:
    """
    How to reach one account at the vendor; times in seconds.

    `server_key` is the stable id of the server row and part of cache keys. `fallback_admin_url`
    may be empty. `total_timeout` bounds one call with its login, fail-over and repetitions;
    `retry_after_max` is the longest wait the vendor may ask for within it. `failover_memory` is
    how long a host that refused connections is tried last.
    """

    server_key: str
    username: str
    password: str = field(repr=False)
    admin_url: str = "https://cfcp.emailarray.com/admin/json.php"
    fallback_admin_url: str = "https://cp.emailarray.com/admin/json.php"
    user_url: str = "https://cp.emailarray.com/json.php"
    control_panel_url: str = "https://cp.emailarray.com/processlogin.php"

    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    pool_timeout: float = 5.0
    total_timeout: float = 45.0
    failover_memory: float = 30.0
    max_response_bytes: int = 64 * 1024 * 1024

    retry_attempts: int = 3
    retry_wait_initial: float = 0.1
    retry_wait_max: float = 2.0
    retry_wait_jitter: float = 0.5
    retry_after_max: float = 3.0

    # What the vendor leaves open; the package's docstring says what each of these is about.
    token_seconds: float = LONGEST_TOKEN_SECONDS
    mb_per_gb: int = 1000
    logo_encoding: Literal["base64", "raw"] = "base64"
    max_logo_bytes: int = 512_000
    page_size: int = 100
    vendor_time_zone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse what could only fail later and less clearly."""
        for name in ("admin_url", "fallback_admin_url", "user_url", "control_panel_url"):
            url = getattr(self, name)
            if name == "fallback_admin_url" and not url:
                continue
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError(f"{name} is not an http or https address")
            if parts.username or parts.password:
                raise ValueError(f"{name} must not contain credentials")
        if not 0 <= self.token_seconds <= LONGEST_TOKEN_SECONDS:
            raise ValueError(f"token_seconds must lie between 0 and {LONGEST_TOKEN_SECONDS}")
        for name in ("mb_per_gb", "page_size", "retry_attempts", "total_timeout"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive")
