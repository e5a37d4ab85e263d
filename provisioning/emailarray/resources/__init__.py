"""The nouns of the vendor's API, one file each."""

from __future__ import annotations
