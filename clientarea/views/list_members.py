"""The members of one distribution list: edit, look at the differences, save, finish."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from billing.models import Service
from clientarea.access import client_service
from clientarea.forms import distribution_lists as forms
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.views.distribution_lists import PICKER, edit_url, list_of, list_url
from clients.models import Permission
from provisioning.models import DistributionList, Feature
from provisioning.operations import lists


@dataclass(frozen=True)
class Difference:
    """What a save would change."""

    joining: list[str]
    leaving: list[str]
    staying: int

    @property
    def count(self) -> int:
        """Return how many changes there are."""
        return len(self.joining) + len(self.leaving)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.DISTRIBUTION_LISTS)
def edit(request: ClientRequest, service: Service, list_id: int) -> HttpResponse:
    """Show who is on a list; search, show what would change, or save it: the button decides."""
    found = list_of(service, list_id)
    step = request.POST.get("step", "") if request.method == "POST" else ""
    if step == "save":
        return _save(request, service, found)
    if step == "review":
        form = _form(request, found, forms.ticked_in(request.POST), is_bound=True)
        if form.is_valid():
            return _review(request, service, found, form.members)
        return _page(request, found, form)
    members = lists.members_of(found)
    ticked = forms.ticked_in(request.POST) if step else members
    form = _form(request, found, ticked, is_bound=False)
    if step:
        form.initial = request.POST.dict()
    return _page(request, found, form)


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.DISTRIBUTION_LISTS)
def progress(request: ClientRequest, service: Service, list_id: int) -> HttpResponse:
    """Answer how far the changes are; once they are through, the whole page comes anew."""
    found = list_of(service, list_id)
    if not _is_under_way(found) and request.htmx:
        return HttpResponseClientRefresh()
    context = {"list": found, **_progress_of(found)}
    return render_page(request, "clientarea/distribution_lists/_progress.html", context)


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.DISTRIBUTION_LISTS)
def finish(request: ClientRequest, service: Service, list_id: int) -> HttpResponse:
    """Try the changes again that have failed."""
    found = list_of(service, list_id)
    try:
        lists.finish_list(distribution_list=found, actor=request.actor)
    except lists.UnableToChangeList as error:
        messages.error(request, error.user_message)
        return go_to(request, edit_url(service, found))
    return _after_save(request, service, list_of(service, list_id))


def _form(
    request: ClientRequest, found: DistributionList, ticked: list[str], *, is_bound: bool
) -> forms.ListForm:
    return forms.ListForm(
        request.POST if is_bound else None,
        mail_domain=found.mail_domain,
        ticked=ticked,
        is_new=False,
    )


def _page(request: ClientRequest, found: DistributionList, form: forms.ListForm) -> HttpResponse:
    rows = list(found.members.exclude(problem=""))
    context = {
        "list": found,
        "form": form,
        "picker": forms.picker(
            found.mail_domain, form.ticked, request.POST.get("search", ""), rows
        ),
        "failed": rows,
        "is_under_way": _is_under_way(found),
        "here": request.path,
        **_progress_of(found),
    }
    if request.htmx and request.htmx.target == PICKER:
        return render_page(request, "clientarea/distribution_lists/_picker.html", context)
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/distribution_lists/edit.html", context, status=status)


def _review(
    request: ClientRequest,
    service: Service,
    found: DistributionList,
    wanted: list[str],
    *,
    refusal: str = "",
    asks_if_empty: bool = False,
) -> HttpResponse:
    now = lists.members_of(found)
    difference = _difference(now, wanted)
    if not difference.count and not refusal:
        messages.info(request, _("Nothing was changed: the members are as they were."))
        return go_to(request, edit_url(service, found))
    context = {
        "list": found,
        "difference": difference,
        "wanted": wanted,
        "seen": lists.fingerprint(now),
        "refusal": refusal,
        "is_empty": not wanted,
        "asks_if_empty": asks_if_empty,
        "here": request.path,
    }
    status = 422 if refusal or asks_if_empty else 200
    return render_page(request, "clientarea/distribution_lists/review.html", context, status=status)


def _save(request: ClientRequest, service: Service, found: DistributionList) -> HttpResponse:
    wanted = forms.ticked_in(request.POST)
    if not wanted and "is_empty" not in request.POST:
        return _review(request, service, found, wanted, asks_if_empty=True)
    try:
        lists.change_members(
            distribution_list=found,
            members=wanted,
            actor=request.actor,
            seen=request.POST.get("seen", "")[:64],
        )
    except lists.UnableToChangeList as error:
        return _review(request, service, found, wanted, refusal=error.user_message)
    return _after_save(request, service, list_of(service, found.pk))


def _after_save(request: ClientRequest, service: Service, found: DistributionList) -> HttpResponse:
    if _is_under_way(found) or found.failed:
        return go_to(request, edit_url(service, found))
    messages.success(request, _("%(address)s is saved") % {"address": found.address})
    return go_to(request, list_url(service))


def _difference(now: list[str], wanted: list[str]) -> Difference:
    return Difference(
        joining=sorted(set(wanted) - set(now)),
        leaving=sorted(set(now) - set(wanted)),
        staying=len(set(now) & set(wanted)),
    )


def _is_under_way(found: DistributionList) -> bool:
    return bool(found.waiting) or found.state == DistributionList.State.ADDING


def _progress_of(found: DistributionList) -> dict[str, int]:
    total = max(found.changes, found.waiting, 1)
    done = total - found.waiting
    return {"done": done, "total": total, "percent": round(100 * done / total)}
