"""What provisioning tells the packages above it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AccountCreated:
    """The vendor holds the domain (verified or waiting for its record)."""

    mail_domain_id: int


@dataclass(frozen=True)
class DomainVerified:
    """The vendor has accepted the domain's ownership record."""

    mail_domain_id: int


@dataclass(frozen=True)
class DomainUnverified:
    """So many hours after it was added, a domain's ownership record is still missing."""

    mail_domain_id: int
    hours: int


@dataclass(frozen=True)
class DomainDropped:
    """The vendor has let go of an unverified domain; it may be added again by itself."""

    mail_domain_id: int
    is_added_again: bool


@dataclass(frozen=True)
class AccountSuspended:
    """Nobody can use the domain's mail until it is unsuspended; `code` is the asker's own."""

    mail_domain_id: int
    code: str = ""


@dataclass(frozen=True)
class AccountUnsuspended:
    """The domain's mail works again."""

    mail_domain_id: int


@dataclass(frozen=True)
class AccountClosed:
    """The domain is switched off with all that is in it; it can be restored."""

    mail_domain_id: int


@dataclass(frozen=True)
class AccountRestored:
    """A closed domain's mail works again."""

    mail_domain_id: int


@dataclass(frozen=True)
class PackageChanging:
    """
    What a package change came to is about to be recorded; nothing of the domain is locked yet.

    Who reacts to `PackageChanged`, or to its failure, with rows that are locked before a domain
    locks them now.
    """

    mail_domain_id: int


@dataclass(frozen=True)
class PackageChanged:
    """The domain has a new entitlement."""

    mail_domain_id: int


@dataclass(frozen=True)
class MailboxAdded:
    """A mailbox can be used; `user_id` is who wanted it, None where it was nobody who logs in."""

    mailbox_id: int
    user_id: int | None


@dataclass(frozen=True)
class MailboxesFilling:
    """A reading has found these mailboxes of a domain fuller than was told before."""

    mail_domain_id: int
    mailbox_ids: tuple[int, ...]


@dataclass(frozen=True)
class MailboxSettling:
    """
    The outcome of a change to a mailbox is about to be recorded; nothing is locked yet.

    Who reacts to `MailboxSettled` with rows that are locked before a domain locks them now.
    """

    mailbox_id: int


@dataclass(frozen=True)
class MailboxSettled:
    """
    A change to a mailbox has been made or not: what its row says now is confirmed.

    `asked_type` is the account type that the change asked for; None where it asked for none.
    """

    mailbox_id: int
    asked_type: int | None


@dataclass(frozen=True)
class AccountTerminated:
    """The domain and its mail are gone from the vendor."""

    mail_domain_id: int


@dataclass(frozen=True)
class JobFailed:
    """A module job needs a person."""

    job_id: int


@dataclass(frozen=True)
class JobSuperseded:
    """A module job was dropped, as what was asked for later or has happened leaves it no point."""

    job_id: int


@dataclass(frozen=True)
class AccountTerminating:
    """
    That an account is gone is about to be recorded; nothing of the domain is locked yet.

    Who reacts to `AccountTerminated` with rows that are locked before a domain locks them now.
    """

    mail_domain_id: int
