"""What exists at the vendor, as we last knew it, and what is wanted of it."""

from __future__ import annotations

from provisioning.models.alias import Alias, CatchAll
from provisioning.models.alias_domain import AliasDomain
from provisioning.models.batch import MailboxBatch, MailboxBatchItem
from provisioning.models.branding import Branding
from provisioning.models.closing_snapshot import ClosingSnapshot
from provisioning.models.distribution_list import DistributionList, DistributionListMember
from provisioning.models.dkim import Dkim
from provisioning.models.dns_reading import DnsReading
from provisioning.models.domain_settings import DomainSettings
from provisioning.models.drift import Drift
from provisioning.models.element import Element
from provisioning.models.forward import Forward
from provisioning.models.job import ModuleJob
from provisioning.models.mail_domain import Entitlement, Feature, MailDomain
from provisioning.models.mailbox import Mailbox
from provisioning.models.mailbox_import import MailboxImport, MailboxImportRow
from provisioning.models.module_log import ModuleLog
from provisioning.models.server import Server
from provisioning.models.setting import Setting

__all__ = [
    "Alias",
    "AliasDomain",
    "Branding",
    "CatchAll",
    "ClosingSnapshot",
    "DistributionList",
    "DistributionListMember",
    "Dkim",
    "DnsReading",
    "DomainSettings",
    "Drift",
    "Element",
    "Entitlement",
    "Feature",
    "Forward",
    "MailDomain",
    "Mailbox",
    "MailboxBatch",
    "MailboxBatchItem",
    "MailboxImport",
    "MailboxImportRow",
    "ModuleJob",
    "ModuleLog",
    "Server",
    "Setting",
]
