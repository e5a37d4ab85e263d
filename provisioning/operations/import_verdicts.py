"""The dry run of an import: what would become of each line, and of the plan's room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from core.sentences import sentence as _
from provisioning.models import Mailbox, MailDomain
from provisioning.operations.import_file import (
    DOMAIN,
    NAME,
    PASSWORD,
    QUOTA,
    TYPE,
    TYPES,
    USER,
    Line,
)
from provisioning.operations.mailboxes import (
    LONGEST_NAME,
    generate_password,
    listed,
    local_part_problem,
    password_problems,
)
from provisioning.queries import DomainUsage, Gauge
from provisioning.workers import room

GENERATE = {"", "generate"}
LONGEST_PASSWORD = 128
LARGEST_QUOTA_GB = Decimal(100_000)
STEP_GB = Decimal("0.1")
USUAL_QUOTA_GB = Decimal(10)


@dataclass(frozen=True)
class Verdict:
    """A line as a mailbox to be; `problem` says why there will be none, where it is not empty."""

    line: Line
    problem: str = ""
    local_part: str = ""
    account_type: int | None = None
    quota_mb: int | None = None
    display_name: str = ""
    password: str = field(default="", repr=False)
    is_password_generated: bool = False


class Refused(Exception):
    """A line has a problem; `problem` says which."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class DryRun:
    """Judges the lines of a file one after the other, counting along what they take up."""

    def __init__(
        self, mail_domain: MailDomain, *, usage: DomainUsage, taken: dict[str, str]
    ) -> None:
        self._domain = mail_domain
        self._usage = usage
        self._taken = taken
        self._line_of: dict[str, int] = {}

    def judge(self, lines: Sequence[Line]) -> list[Verdict]:
        """Return a verdict for each line, in order. A line with a problem takes up no room."""
        return [self._verdict(line) for line in lines]

    def _verdict(self, line: Line) -> Verdict:
        try:
            verdict = self._read(line)
        except Refused as refusal:
            return _refused(line, refusal.problem)
        account_type, quota_mb = verdict.account_type or 0, verdict.quota_mb or 0
        problem = room.for_address(
            self._domain, verdict.local_part, self._taken.get(verdict.local_part, "")
        ) or room.for_size(self._domain, self._usage, account_type=account_type, quota_mb=quota_mb)
        if problem:
            return _refused(line, problem.message)
        self._line_of[verdict.local_part] = line.number
        self._usage = with_more(self._usage, account_type=account_type, quota_mb=quota_mb)
        return verdict

    def _read(self, line: Line) -> Verdict:
        """
        Return the line as a mailbox to be.

        :raises Refused: the line is not right in itself, or repeats an earlier one
        """
        if line.has_extra_cells:
            raise Refused(
                _("There are more cells than columns. Put text with a separator in it in quotes.")
            )
        local_part = self._local_part(line)
        if local_part in self._line_of:
            raise Refused(
                _("Line %(number)d has the same user name.") % {"number": self._line_of[local_part]}
            )
        is_generated = _asks_for_password(line)
        return Verdict(
            line,
            local_part=local_part,
            account_type=self._account_type(line),
            quota_mb=self._quota_mb(line),
            display_name=_display_name(line),
            password=safe_password() if is_generated else _checked_password(line.cell(PASSWORD)),
            is_password_generated=is_generated,
        )

    def _local_part(self, line: Line) -> str:
        local_part, at, domain = line.cell(USER).lower().partition("@")
        expected = self._domain.domain.lower()
        for named in (domain if at else expected, line.cell(DOMAIN).lower() or expected):
            if named != expected:
                raise Refused(
                    _("Mailboxes of this service end in @%(domain)s.") % {"domain": expected}
                )
        if not local_part:
            raise Refused(_("The user name is missing."))
        problem = local_part_problem(local_part)
        if problem:
            raise Refused(problem)
        return local_part

    def _account_type(self, line: Line) -> int:
        typed = line.cell(TYPE).lower()
        if typed:
            if typed not in TYPES:
                raise Refused(_("The type is Basic or Enhanced (or 1 or 2)."))
            return TYPES[typed]
        offered = [kind for kind in Mailbox.Type if self._usage.gauge(kind).limit != 0]
        free = [kind for kind in offered if not self._usage.gauge(kind).is_full]
        return next((kind.value for kind in [*free, *offered]), Mailbox.Type.BASIC.value)

    def _quota_mb(self, line: Line) -> int:
        typed = line.cell(QUOTA).lower().removesuffix("gb").strip()
        if not typed:
            quota = min(USUAL_QUOTA_GB, self._domain.mailbox_quota_gb or USUAL_QUOTA_GB)
            return int(quota * self._domain.server.mb_per_gb)
        try:
            quota = Decimal(typed.replace(",", "."))
        except InvalidOperation:
            quota = Decimal("NaN")
        if not (quota.is_finite() and 0 < quota <= LARGEST_QUOTA_GB and quota % STEP_GB == 0):
            raise Refused(_("The quota is a number of GB such as 5 or 0.5."))
        return int(quota * self._domain.server.mb_per_gb)


def with_more(
    usage: DomainUsage, *, account_type: int, quota_mb: int, count: int = 1
) -> DomainUsage:
    """Return the usage as it is with more mailboxes of a type, `quota_mb` in all."""

    def counted(gauge: Gauge, kind: int) -> Gauge:
        return replace(gauge, used=gauge.used + count) if account_type == kind else gauge

    return replace(
        usage,
        basic=counted(usage.basic, Mailbox.Type.BASIC),
        enhanced=counted(usage.enhanced, Mailbox.Type.ENHANCED),
        quota=replace(usage.quota, promised_mb=usage.quota.promised_mb + quota_mb),
    )


def safe_password() -> str:
    """Return a random password that stays what it is in a cell of a spreadsheet."""
    while not (password := generate_password())[0].isalnum():
        continue
    return password


def _refused(line: Line, problem: str) -> Verdict:
    return Verdict(line, problem=problem, is_password_generated=_asks_for_password(line))


def _asks_for_password(line: Line) -> bool:
    return line.cell(PASSWORD).strip().lower() in GENERATE


def _display_name(line: Line) -> str:
    name = line.cell(NAME)
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused(
            _("A display name has up to %(most)d printable characters.") % {"most": LONGEST_NAME}
        )
    return name


def _checked_password(password: str) -> str:
    if password != password.strip():
        raise Refused(_("The password begins or ends with a space."))
    if len(password) > LONGEST_PASSWORD:
        raise Refused(_("A password has up to %(most)d characters.") % {"most": LONGEST_PASSWORD})
    problems = password_problems(password)
    if problems:
        raise Refused(_("The password needs %(problems)s.") % {"problems": listed(problems)})
    return password
