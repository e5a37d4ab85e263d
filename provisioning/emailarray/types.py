"""What the client returns: sizes in MB, times in UTC, None for what the vendor does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from provisioning.emailarray.readers import (
    AccountType,
    Color,
    Megabytes,
    Moment,
    Switch,
    Text,
    Whole,
)


class Wire(BaseModel):
    """A row as the vendor sends it: unknown fields ignored, values read tolerantly."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )


class RemoteMailbox(Wire):
    """
    A mailbox; `account_type` 1 is Basic, 2 Enhanced, other numbers are unknown families.

    The last three fields are only filled by `get`.
    """

    username: Text
    email: Text = ""
    display_name: Text = Field("", validation_alias="uname")
    account_type: AccountType = 1
    quota_mb: Megabytes = Field(None, validation_alias="quota")
    usage_mb: Megabytes = Field(None, validation_alias="usage")
    is_disabled: Switch = Field(default=False, validation_alias="disabled")
    last_login_at: Moment = Field(None, validation_alias="lastauth_timestamp")
    remote_id: Text = Field("", validation_alias="id")
    mb_per_gb: int = Field(1000, repr=False)
    time_zone: Text = Field("", validation_alias="timezone")
    date_format: Text = Field("", validation_alias="dateformat")
    is_local_smtp_only: Switch = Field(default=False, validation_alias="localsmtponly")

    @property
    def quota_gb(self) -> Decimal | None:
        """The quota in GB, the unit in which it is written."""
        return None if self.quota_mb is None else Decimal(self.quota_mb) / self.mb_per_gb


@dataclass(frozen=True)
class MailboxPage:
    """One page of mailboxes; `total` is the number before paging, when the vendor tells it."""

    rows: tuple[RemoteMailbox, ...]
    total: int | None


@dataclass(frozen=True)
class MailboxCounts:
    """The vendor's own count by type; prefer counting rows."""

    basic: int | None
    enhanced: int | None


class RemoteDomain(Wire):
    """One domain of the reseller."""

    domain: Text
    remote_id: Text = Field("", validation_alias="id")
    domain_type: Text = Field("", validation_alias="domaintype")
    is_active: Switch = Field(default=False, validation_alias="active")
    is_audit_domain: Switch = Field(default=False, validation_alias="isauditdomain")


class DomainInfo(Wire):
    """Settings and counters of one domain; `total_quota_mb` assumes MB."""

    time_zone: Text = Field("", validation_alias="dtzone")
    catch_all: Text = Field("", validation_alias="catchall")
    domain_type: Text = Field("", validation_alias="domaintype")
    home_country: Text = Field("", validation_alias="homecountry")
    mailbox_count: Whole = Field(None, validation_alias="vusers")
    alias_count: Whole = Field(None, validation_alias="aliases")
    list_count: Whole = Field(None, validation_alias="lists")
    total_quota_mb: Megabytes = Field(
        None, validation_alias=AliasChoices("totalQuota", "totalquota")
    )
    expiry_notifications: Whole = None
    is_active: Switch = Field(default=False, validation_alias="active")
    has_webmail: Switch = Field(default=False, validation_alias="webmail")
    has_exchange: Switch = Field(default=False, validation_alias="exchange_enabled")
    has_audit: Switch = Field(default=False, validation_alias="audit_enabled")
    has_local_delivery: Switch = Field(default=False, validation_alias="localdelivery")


@dataclass(frozen=True)
class Availability:
    """Whether a domain may be added, and the vendor's sentence about it; usable as a boolean."""

    is_available: bool
    message: str

    def __bool__(self) -> bool:
        return self.is_available


class VerificationState(StrEnum):
    """Whether the ownership of a domain is proven; UNKNOWN means keep the last known state."""

    PENDING = "pending"
    VERIFIED = "verified"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class DomainVerification:
    """
    The proof of ownership of a domain.

    `record` is the value of the TXT record `mx-verification.<domain>` while pending, `reason`
    what the vendor (or the error) said. `domain_listed` says whether the vendor has the domain
    at all; None when that was not asked or could not be told.
    """

    state: VerificationState
    record: str | None = None
    reason: str | None = None
    domain_listed: bool | None = None


class AliasDomain(Wire):
    """A domain that mirrors every address of its primary domain."""

    domain: Text = Field(validation_alias="alias_domain")
    remote_id: Text = Field("", validation_alias="alias_domain_id")


@dataclass(frozen=True)
class RemoteAlias:
    """An extra address without mailbox: `name`@`domain` leads to `target`."""

    name: str
    domain: str
    target: str
    remote_id: str = ""


@dataclass(frozen=True)
class RemoteForward:
    """A copy rule on the mailbox `username`; the mailbox keeps its own copy."""

    username: str
    target: str


@dataclass(frozen=True)
class RemoteList:
    """A mailing list; type "1" is a distribution list."""

    name: str
    domain: str
    list_type: str


class DkimState(StrEnum):
    """Whether mail is signed; ISSUED means there is a key that is not in use."""

    DISABLED = "disabled"
    ISSUED = "issued"
    ENABLED = "enabled"


@dataclass(frozen=True)
class Dkim:
    """The signing of a domain's mail; host and key are published as one TXT record."""

    state: DkimState
    host: str = ""
    key: str = ""
    message: str = ""


class Branding(Wire):
    """Name, support address, color (six hex digits) and logo address shown in webmail."""

    name: Text = Field("", validation_alias="brandname")
    support_email: Text = Field("", validation_alias="supportemail")
    color: Color = Field("", validation_alias="brandcolor")
    logo_url: Text = Field("", validation_alias="basic_logo_href")
    logo: Text = Field("", validation_alias="basic_logo")
    link: Text = Field("", validation_alias="brandlink")


class ResellerStats(Wire):
    """
    Use and allowances of the reseller; `oc` and `ex` are two families of unknown kind.

    Whether an allowance of 0 or -1 means "unlimited" is not known.
    """

    basic_used: Whole = Field(None, validation_alias="curemails")
    enhanced_used: Whole = Field(None, validation_alias="cureemails")
    oc_used: Whole = Field(None, validation_alias="curocemails")
    ex_used: Whole = Field(None, validation_alias="curexemails")
    domains_used: Whole = Field(None, validation_alias="curdomains")
    quota_used_mb: Megabytes = Field(None, validation_alias="curquota")
    basic_allowed: Whole = Field(None, validation_alias="maxemails")
    enhanced_allowed: Whole = Field(None, validation_alias="maxeemails")
    oc_allowed: Whole = Field(None, validation_alias="maxocemails")
    ex_allowed: Whole = Field(None, validation_alias="maxexemails")
    domains_allowed: Whole = Field(None, validation_alias="maxdomains")
    quota_allowed_mb: Megabytes = Field(None, validation_alias="maxquota")
    autogrow_quota: Text = ""


class HistoryEntry(Wire):
    """One past action of the reseller's account; `at_text` is the time as the vendor wrote it."""

    action: Text = ""
    username: Text = ""
    remote_ip: Text = Field("", validation_alias="remoteip")
    at: Moment = Field(None, validation_alias="date1")
    at_text: Text = Field("", validation_alias="date1")


@dataclass(frozen=True)
class OneTimePassword:
    """Opens one mailbox once, for some minutes; fetch it at the click and never keep it."""

    value: str = field(repr=False)


@dataclass(frozen=True)
class UserSession:
    """A session of a mailbox user on the user API."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class WebmailLogin:
    """Where and with what to land in webmail: POST `form_fields` to `url`."""

    url: str
    token: str = field(repr=False)
    otp: str = field(repr=False)

    @property
    def form_fields(self) -> Mapping[str, str]:
        """The hidden fields of the form that opens webmail."""
        return {"accessToken": self.token, "password": self.otp}


@dataclass(frozen=True)
class ControlPanelLogin:
    """Where and with what to land in the mailbox's control panel: POST `fields` to `url`."""

    url: str
    fields: Mapping[str, str] = field(repr=False)
