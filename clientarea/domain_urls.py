"""Routes of DKIM, DNS, branding and the domain's other settings, below a service's own."""

from __future__ import annotations

from django.urls import URLPattern, path

from clientarea.views import branding, dkim, dns, domain_settings

urlpatterns: list[URLPattern] = [
    path("dkim/", dkim.index, name="dkim"),
    path("dkim/enable/", dkim.enable, name="dkim-enable"),
    path("dkim/disable/", dkim.disable, name="dkim-disable"),
    path("dns/", dns.index, name="dns"),
    path("dns/check/", dns.check, name="dns-check"),
    path("dns/zone-file/", dns.zone_file, name="dns-zone-file"),
    path("dns/mail/", dns.mail, name="dns-mail"),
    path("branding/", branding.index, name="branding"),
    path("branding/reset/", branding.reset, name="branding-reset"),
    path("domain-settings/", domain_settings.index, name="domain-settings"),
    path("domain-settings/footer/", domain_settings.footer, name="domain-settings-footer"),
    path("domain-settings/time-zone/", domain_settings.time_zone, name="domain-settings-time-zone"),
]
