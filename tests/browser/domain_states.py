"""DKIM, DNS, branding and domain settings in each of their states."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

from django.utils import timezone
from PIL import Image, ImageDraw

from billing.models import Service
from provisioning import dns
from provisioning.dns import Answer, Answers, AnswerStatus
from provisioning.models import Branding, Dkim, DnsReading, DomainSettings

KEY = "v=DKIM1; k=rsa; p=" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" + "q7Zx" * 75
HOST = "ea1._domainkey"
FOUND, MISSING = AnswerStatus.FOUND, AnswerStatus.MISSING


def dress(service: Service) -> None:
    """Give a service what a careful customer has: all set, most of it in DNS."""
    domain = service.mail_domain
    domain.verification_record = "ea-verify=0123456789abcdef"
    domain.save()
    set_dkim(service, is_enabled=True)
    Branding.objects.create(
        mail_domain=domain,
        name="Acme Mail",
        support_email="help@acme.test",
        color="0b6e4f",
        logo_url="http://cp.stand-in.test/brand/domain-1.png",
        logo_preview=_logo(),
    )
    DomainSettings.objects.create(
        mail_domain=domain,
        footer='Acme GmbH, Musterstraße 1<br>\n<a href="https://acme.test/">acme.test</a>',
        time_zone="Europe/Berlin",
    )
    publish(service, spf=("v=spf1 include:_spf.other.test ~all",), webmail=())


def bare(service: Service) -> None:
    """Leave a service as it begins: DNS was looked at, and nothing was there."""
    set_dkim(service, is_enabled=False, key="")
    wanted = dns.wanted_records(service.mail_domain, None)
    publish(service, **{each.purpose.value: () for each in wanted})


def set_dkim(service: Service, *, is_enabled: bool, key: str = KEY) -> None:
    """Let the vendor have said this of DKIM."""
    Dkim.objects.update_or_create(
        mail_domain=service.mail_domain,
        defaults={
            "is_enabled": is_enabled,
            "host": HOST if key else "",
            "key": key,
            "unsettled_since": None,
        },
    )


def publish(service: Service, **purposes: tuple[str, ...]) -> None:
    """Let DNS have been read just now: as it should be, but for these."""
    domain = service.mail_domain
    dkim = Dkim.objects.filter(mail_domain=domain).first()
    answers: dict[tuple[str, str], Answer] = {}
    for each in dns.wanted_records(domain, dkim):
        usual = tuple(record.value for record in each.records)
        values = purposes.get(each.purpose.value, usual)
        question = (each.name_in(domain.domain), each.type)
        earlier = answers[question].values if question in answers else ()
        answers[question] = Answer(FOUND if (*earlier, *values) else MISSING, (*earlier, *values))
        if each.type == "CNAME":
            answers[each.name_in(domain.domain), "A"] = Answer(MISSING)
    reading = Answers(answers)
    DnsReading.objects.update_or_create(
        mail_domain=domain,
        defaults={"answers": reading.to_json(), "read_at": timezone.now(), "is_awaited": False},
    )


def _logo() -> str:
    picture = Image.new("RGBA", (200, 60))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((4, 4, 56, 56), radius=14, fill=(255, 255, 255, 255))
    pen.polygon([(30, 14), (46, 46), (14, 46)], fill=(11, 110, 79, 255))
    target = io.BytesIO()
    picture.crop((0, 0, 60, 60)).save(target, "PNG")
    return base64.b64encode(target.getvalue()).decode()


def _different(service: Service) -> None:
    set_dkim(service, is_enabled=True)
    publish(service, dkim=("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",))


def _issued(service: Service) -> None:
    set_dkim(service, is_enabled=True)
    publish(service, dkim=())


def _active(service: Service) -> None:
    set_dkim(service, is_enabled=True)
    publish(service)


def _disabled(service: Service) -> None:
    set_dkim(service, is_enabled=False)
    publish(service)


def _unsettled(service: Service) -> None:
    for model in (Dkim, Branding, DomainSettings):
        model.objects.filter(mail_domain=service.mail_domain).update(
            unsettled_since=timezone.now(),
            wanted={"action": "", "fields": {}, "own": {}, "extra": {}},
        )


# State, the pages to look at, and how to get there.
STATES: dict[str, tuple[tuple[str, ...], Callable[[Service], None]]] = {
    "disabled": (("dkim", "dns"), _disabled),
    "issued": (("dkim",), _issued),
    "different": (("dkim", "dns"), _different),
    "active": (("dkim", "dns"), _active),
    "unsettled": (("dkim", "branding", "domain-settings"), _unsettled),
}
