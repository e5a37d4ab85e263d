"""A user: somebody who logs in, by email."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower


class UserManager(BaseUserManager["User"]):
    """Make users without a user name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save a user; the email is stored in lower case, so that one address is one login."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save a user who may do everything in the emergency admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a user whatever the case the email is typed in."""
        return self.get(email__iexact=username or "")


class User(AbstractUser):
    """One login. What it reaches is a matter of its memberships."""

    username = None  # type: ignore[assignment]  # removed: the email is the login
    email = models.EmailField("email address", unique=True)
    time_zone = models.CharField(max_length=64, blank=True)
    # Of pages and emails; empty means what the browser asks for.
    language = models.CharField(max_length=10, blank=True)
    # How many links for a new password were made: only the newest one works.
    password_resets = models.PositiveIntegerField(default=0)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="one_user_per_email_whatever_the_case")
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def name(self) -> str:
        """Return the full name, or the address of somebody who gave none."""
        return self.get_full_name() or self.email
