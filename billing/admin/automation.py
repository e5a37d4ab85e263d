"""What the automation did, and its jobs, in the emergency admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from billing.admin.operated import OperatedAdmin
from billing.models import AutomationItem, AutomationJob, AutomationJobRun, AutomationRun
from billing.operations import pausing
from clients.actors import Actor
from provisioning.admin import ReadOnlyAdmin


class JobRunInline(admin.TabularInline[AutomationJobRun, AutomationRun]):
    """What each job of a run did."""

    model = AutomationJobRun
    fields = ("job", "status", "done", "skipped", "failed", "figures", "error", "finished_at")
    show_change_link = True
    can_delete = False

    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


class ItemInline(admin.TabularInline[AutomationItem, AutomationJobRun]):
    """What a job dealt with; the first hundred of each outcome."""

    model = AutomationItem
    fields = ("name", "outcome", "message")
    can_delete = False

    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


@admin.register(AutomationRun)
class AutomationRunAdmin(ReadOnlyAdmin[AutomationRun]):
    """Calls of the cron, the last one first."""

    list_display = ("started_at", "run_date", "trigger", "finished_at")
    list_filter = ("trigger",)
    inlines: ClassVar = [JobRunInline]


@admin.register(AutomationJobRun)
class AutomationJobRunAdmin(ReadOnlyAdmin[AutomationJobRun]):
    """What jobs did, with links to the things they dealt with."""

    list_display = ("job", "run", "status", "done", "skipped", "failed", "error")
    list_filter = ("status", "job")
    list_select_related = ("run",)
    inlines: ClassVar = [ItemInline]


@admin.register(AutomationJob)
class AutomationJobAdmin(OperatedAdmin[AutomationJob]):
    """The jobs: who is at them, when they were last done, and a switch to pause them."""

    list_display = ("name", "is_paused", "last_done_date", "last_succeeded_at", "lease_until")
    fields = ("name", "is_paused", "last_done_date", "last_succeeded_at", "unbroken_since")
    readonly_fields = ("name", "last_done_date", "last_succeeded_at", "unbroken_since")

    def operate(self, obj: AutomationJob, data: dict[str, Any], actor: Actor) -> None:
        pausing.pause_job(job=obj, is_paused=data["is_paused"], actor=actor)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False
