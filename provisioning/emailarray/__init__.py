"""
The vendor's API as typed calls: framework-free, synchronous, errors by cause.

    http = build_http()                       # once per process, after a fork
    client = EmailArrayClient(config, http=http, tokens=MemoryTokenStore())
    client.mailboxes.add(domain="acme.example", username="nora", ...)

What may be sent again is decided per action: reads are repeated with jitter, writes are sent
once. A write goes to the fallback host only when the first one provably did not run it. One
session per account is kept and renewed once when a refusal looks like an expired one.

Points the vendor leaves open are settings of `ClientConfig`:

=========================  =====================================================================
setting                    what it decides
=========================  =====================================================================
`token_seconds`            how long a session is reused; the vendor's own limit is not known, so
                           at most 240
`mb_per_gb`                sizes are written in GB and read in MB; 1000 by every reader known,
                           1024 by the vendor's prose
`logo_encoding`            whether a logo travels as base64 text or as raw bytes
`max_logo_bytes`           the largest logo that is sent
`page_size`                rows per request; the vendor's maximum is not known
`vendor_time_zone`         the zone of times, which come without one
`user_url`                 the mailbox user's API has one host and no fallback
=========================  =====================================================================

and the rest is read tolerantly:

- codes as number, text or boolean; a missing or null code is neither yes nor no
- answers behind a byte order mark, blanks or a printed notice; any content type
- numbers as text and texts as numbers; null and "" for both; unknown account types are kept
- empty lists as [], {}, "" or null or as a refusal that says "none found"; lists with gaps as
  objects; anything else in place of a list is an error, never "none"
- usage with or without a unit; what cannot be read is None, never a guess
- list names as local part or full address; the verification record as text or object
- an expired session as 401, 403 or any refusal that speaks of sessions, tokens or logging in
- `domains.verification` says "verified" only if the answer reads like it and the domain is in
  the reseller's list
- refusals are mapped by the closed table `errors.SENTENCES`; the vendor's sentence is kept
"""

from __future__ import annotations

from provisioning.emailarray import errors
from provisioning.emailarray.breaker import Breaker, ServerBreaker
from provisioning.emailarray.client import ClientConfig, EmailArrayClient
from provisioning.emailarray.connection import build_http
from provisioning.emailarray.errors import (
    AlreadyExists,
    AuthenticationFailed,
    Busy,
    CircuitOpen,
    EmailArrayError,
    InvalidInput,
    LimitReached,
    NotFound,
    NotVerified,
    OutcomeUnknown,
    Rejected,
    Unreachable,
    Unreadable,
)
from provisioning.emailarray.masking import Exchange
from provisioning.emailarray.tokens import MemoryTokenStore, TokenStore

__all__ = [
    "AlreadyExists",
    "AuthenticationFailed",
    "Breaker",
    "Busy",
    "CircuitOpen",
    "ClientConfig",
    "EmailArrayClient",
    "EmailArrayError",
    "Exchange",
    "InvalidInput",
    "LimitReached",
    "MemoryTokenStore",
    "NotFound",
    "NotVerified",
    "OutcomeUnknown",
    "Rejected",
    "ServerBreaker",
    "TokenStore",
    "Unreachable",
    "Unreadable",
    "build_http",
    "errors",
]
