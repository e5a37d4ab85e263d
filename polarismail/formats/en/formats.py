"""Dates in English: the day first and 24 hours, which nobody takes for something else."""

from __future__ import annotations

DATE_FORMAT = "j F Y"
# Where it stands alone, as in an email; pages say the zone in the profile.
DATETIME_FORMAT = "j F Y, H:i e"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
MONTH_DAY_FORMAT = "j M"
TIME_FORMAT = "H:i"
