"""What staff and clients can ask for; each checks, writes its rows and asks provisioning."""

from __future__ import annotations
