"""Dates in German."""

from __future__ import annotations

DATE_FORMAT = "j. F Y"
# Where it stands alone, as in an email; pages say the zone in the profile.
DATETIME_FORMAT = "j. F Y, H:i e"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y, H:i"
MONTH_DAY_FORMAT = "d.m."
TIME_FORMAT = "H:i"
