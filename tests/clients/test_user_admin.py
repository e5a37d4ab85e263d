"""Users in the staff pages: nobody climbs there by themselves."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse

from clients.models import User
from tests import makers

pytestmark = pytest.mark.django_db
RIGHTS = {"is_staff": "on", "is_superuser": "on"}


@pytest.fixture
def clerk() -> User:
    """Staff who may do all to users that a permission can allow."""
    user = makers.make_user(email="clerk@people.test", is_staff=True)
    names = ["add_user", "change_user", "delete_user", "view_user"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


@pytest.fixture
def superuser() -> User:
    return makers.make_user(email="root@people.test", is_staff=True, is_superuser=True)


@pytest.fixture
def customer() -> User:
    return makers.make_user(email="anna@people.test")


def browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def change(browser: Browser, user: User, **fields: str) -> int:
    address = reverse("admin:clients_user_change", args=[user.pk])
    values = {"email": user.email, "first_name": "", "last_name": "", "time_zone": ""}
    return browser.post(address, values | {"is_active": "on"} | fields).status_code


def set_password(browser: Browser, user: User) -> int:
    address = reverse("admin:auth_user_password_change", args=[user.pk])
    passwords = {
        "usable_password": "true",
        "password1": "Lumen-4471!x",
        "password2": "Lumen-4471!x",
    }
    return browser.post(address, passwords).status_code


def test_staff_cannot_make_themselves_superusers(clerk: User) -> None:
    status = change(browser_of(clerk), clerk, **RIGHTS)

    clerk.refresh_from_db()
    assert status == 403
    assert not clerk.is_superuser


def test_staff_cannot_make_anybody_else_staff(clerk: User, customer: User) -> None:
    status = change(browser_of(clerk), customer, first_name="Anna", **RIGHTS)

    customer.refresh_from_db()
    assert status == 302
    assert customer.first_name == "Anna"
    assert not customer.is_staff
    assert not customer.is_superuser


def test_staff_cannot_set_the_password_of_a_superuser(clerk: User, superuser: User) -> None:
    status = set_password(browser_of(clerk), superuser)

    superuser.refresh_from_db()
    assert status == 403
    assert superuser.check_password(makers.PASSWORD)


def test_staff_cannot_take_over_the_address_of_a_superuser(clerk: User, superuser: User) -> None:
    status = change(browser_of(clerk), superuser, email="mine@people.test")

    superuser.refresh_from_db()
    assert status == 403
    assert superuser.email == "root@people.test"


def test_staff_cannot_delete_a_superuser(clerk: User, superuser: User) -> None:
    browser = browser_of(clerk)
    address = reverse("admin:clients_user_delete", args=[superuser.pk])

    alone = browser.post(address, {"post": "yes"})
    browser.post(
        reverse("admin:clients_user_changelist"),
        {"action": "delete_selected", "_selected_action": [superuser.pk], "post": "yes"},
    )

    assert alone.status_code == 403
    assert User.objects.filter(pk=superuser.pk).exists()


def test_staff_may_still_set_the_password_of_a_customer(clerk: User, customer: User) -> None:
    status = set_password(browser_of(clerk), customer)

    customer.refresh_from_db()
    assert status == 302
    assert customer.check_password("Lumen-4471!x")


def test_a_superuser_grants_rights(superuser: User, customer: User) -> None:
    status = change(browser_of(superuser), customer, is_staff="on")

    customer.refresh_from_db()
    assert status == 302
    assert customer.is_staff
    assert not customer.is_superuser
