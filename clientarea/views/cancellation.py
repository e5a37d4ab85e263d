"""Request Cancellation: end a service now or when what is paid for ends, and think again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing.models import CancellationRequest, Closing, Service
from billing.operations import cancellation, termination
from billing.queries import endings
from clientarea.access import client_service, reauthenticated
from clientarea.forms.cancellation import CancellationForm, CancelNow
from clientarea.gates import open_while
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.standing import Standing
from clients.models import Permission
from core.errors import OperationError

Timing = CancellationRequest.Timing
RUNNING = (Standing.OPEN, Standing.SUSPENDED, Standing.UNVERIFIED)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_PRODUCTS)
@open_while(*RUNNING)
def index(request: ClientRequest, service: Service) -> HttpResponseBase:
    """Ask why and when; show what was asked for before. To end it now takes one step more."""
    waiting = _already(request, service)
    if waiting is not None:
        return waiting
    today = timezone.localdate()
    ending = endings.ending_of(service, today=today)
    form = CancellationForm(request.POST or None, has_period=ending.period_ends_on is not None)
    if form.is_valid():
        data = form.cleaned_data
        if data["timing"] == Timing.IMMEDIATE:
            blank = CancelNow(expected=service.domain, reason=data["reason"])
            # Who asks is made sure of before the domain is typed, which would be lost on the way.
            return reauthenticated(_ask_again)(request, service, blank)
        try:
            made = cancellation.request_cancellation(
                service=service,
                timing=Timing.END_OF_PERIOD,
                reason=data["reason"],
                actor=request.actor,
                on=today,
            )
        except OperationError as error:
            form.add_error(None, error.user_message)
        else:
            words = {"domain": service.domain, "date": date_format(made.ends_on or today)}
            messages.success(
                request,
                _("%(domain)s ends on %(date)s. Until then you can change your mind.") % words,
            )
            return go_to(request, _index_url(service))
    context = {"form": form, "ending": ending}
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/cancellation/index.html", context, status=status)


@require_POST
@client_service(permission=Permission.MANAGE_PRODUCTS)
@reauthenticated
@open_while(*RUNNING)
def now(request: ClientRequest, service: Service) -> HttpResponse:
    """End the service at once, when the domain is typed and it is clear who asks."""
    waiting = _already(request, service)
    if waiting is not None:
        return waiting
    form = CancelNow(request.POST, expected=service.domain)
    if not form.is_valid():
        return _ask_again(request, service, form)
    try:
        cancellation.request_cancellation(
            service=service,
            timing=Timing.IMMEDIATE,
            reason=form.cleaned_data["reason"],
            actor=request.actor,
            on=timezone.localdate(),
        )
    except OperationError as error:
        form.add_error(None, error.user_message)
        return _ask_again(request, service, form)
    messages.success(request, _("%(domain)s is being closed.") % {"domain": service.domain})
    return go_to(request, _service_url(service))


@require_POST
@client_service(permission=Permission.MANAGE_PRODUCTS)
def withdraw(request: ClientRequest, service: Service) -> HttpResponse:
    """Let the service go on."""
    waiting = cancellation.open_request_of(service)
    if waiting is None:
        messages.info(request, _("There is no open cancellation of this service."))
        return go_to(request, _service_url(service))
    try:
        cancellation.withdraw(request=waiting, actor=request.actor, on=timezone.localdate())
    except OperationError as error:
        messages.error(request, error.user_message)
    else:
        messages.success(
            request,
            _("The cancellation is withdrawn. %(domain)s goes on.") % {"domain": service.domain},
        )
    return go_to(request, _service_url(service))


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_PRODUCTS)
def restore(request: ClientRequest, service: Service) -> HttpResponse:
    """Bring a closed service back: one click to ask, one to do it."""
    closing = endings.open_closing_of(service)
    if closing is None:
        return go_to(request, _service_url(service))
    refusal = ""
    if request.method == "POST":
        try:
            termination.restore_service(
                service=service, actor=request.actor, on=timezone.localdate()
            )
        except OperationError as error:
            refusal = error.user_message
        else:
            messages.success(
                request, _("%(domain)s is being restored.") % {"domain": service.domain}
            )
            return go_to(request, _service_url(service))
    context = {
        "closing": closing,
        "ending": endings.ending_of(service, today=timezone.localdate()),
        "refusal": refusal,
    }
    status = 422 if refusal else 200
    return render_page(request, "clientarea/cancellation/restore.html", context, status=status)


def _already(request: ClientRequest, service: Service) -> HttpResponse | None:
    """Return the page of what is under way already; a form that was sent changes nothing."""
    waiting = cancellation.open_request_of(service)
    closing = endings.open_closing_of(service) if waiting is None else None
    if waiting is None and closing is None:
        return None
    context = {
        "waiting": waiting,
        "closing": closing,
        "is_restoring": closing is not None and closing.status == Closing.Status.RESTORING,
        "ending": endings.ending_of(service, today=timezone.localdate()),
    }
    status = 409 if request.method == "POST" else 200
    return render_page(request, "clientarea/cancellation/requested.html", context, status=status)


def _ask_again(request: ClientRequest, service: Service, form: CancelNow) -> HttpResponse:
    context = {
        "form": form,
        "ending": endings.ending_of(service, today=timezone.localdate()),
    }
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/cancellation/now.html", context, status=status)


def _index_url(service: Service) -> str:
    return reverse("clientarea:cancellation", kwargs={"service_id": service.pk})


def _service_url(service: Service) -> str:
    return reverse("clientarea:service", kwargs={"service_id": service.pk})
