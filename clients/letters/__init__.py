"""Emails that staff can reword: what they are shipped with, how they are filled and laid out."""

from __future__ import annotations
