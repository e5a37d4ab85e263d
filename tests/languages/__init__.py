"""What is read: is every text translated, and written as its reader's language does."""

from __future__ import annotations
