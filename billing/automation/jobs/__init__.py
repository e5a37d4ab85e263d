"""The jobs of the automation, in the order they are done in."""

from __future__ import annotations

from billing.automation.job import Job

# Payments come before what is lifted by them, that before what is imposed for want of them.
JOBS: tuple[Job, ...] = ()
