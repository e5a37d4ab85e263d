"""The billing cycles a price or a service can have."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from billing.pricing.cycles import Cycle

CYCLE_CHOICES = [
    (Cycle.FREE.value, _("Free")),
    (Cycle.ONE_TIME.value, _("One time")),
    (Cycle.MONTHLY.value, _("Monthly")),
    (Cycle.QUARTERLY.value, _("Quarterly")),
    (Cycle.SEMIANNUALLY.value, _("Every six months")),
    (Cycle.ANNUALLY.value, _("Annually")),
    (Cycle.BIENNIALLY.value, _("Every two years")),
    (Cycle.TRIENNIALLY.value, _("Every three years")),
]
