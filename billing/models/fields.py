"""The column that money is kept in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models


class AmountField(models.DecimalField[Decimal, Decimal]):
    """An amount in the currency that its row or its owner names, to four places."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_digits", 14)
        options.setdefault("decimal_places", 4)
        super().__init__(**options)
