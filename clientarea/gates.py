"""Keep pages that belong to no feature closed while their service is not ready for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http.response import HttpResponseBase

from billing.models import Service
from clientarea.access import closed_page
from clientarea.http import ClientRequest
from clientarea.standing import Standing, standing_of

Params = ParamSpec("Params")
ServiceView = Callable[Concatenate[ClientRequest, Service, Params], HttpResponseBase]


def open_while(*standings: Standing) -> Callable[[ServiceView[Params]], ServiceView[Params]]:
    """Answer with what stands in the way, unless the service stands like one of these."""

    def decorate(view: ServiceView[Params]) -> ServiceView[Params]:
        @wraps(view)
        def guarded(
            request: ClientRequest, service: Service, /, *args: Params.args, **kwargs: Params.kwargs
        ) -> HttpResponseBase:
            if standing_of(service) not in standings:
                return closed_page(request)
            return view(request, service, *args, **kwargs)

        return guarded

    return decorate
