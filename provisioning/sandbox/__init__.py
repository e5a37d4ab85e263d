"""A stand-in for the vendor: its API, its pages and its DNS, with faults on order."""

from __future__ import annotations

from provisioning.sandbox.faults import ConnectionDropped
from provisioning.sandbox.sandbox import Sandbox
from provisioning.sandbox.server import Served
from provisioning.sandbox.state import UnusableState
from provisioning.sandbox.switches import Switches

__all__ = ["ConnectionDropped", "Sandbox", "Served", "Switches", "UnusableState"]
