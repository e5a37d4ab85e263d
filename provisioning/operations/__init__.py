"""What can be asked of the mail service; asking stands above doing."""

from __future__ import annotations
