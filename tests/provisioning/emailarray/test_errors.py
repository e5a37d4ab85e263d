"""The closed table of the vendor's sentences."""

from __future__ import annotations

import pickle

import pytest

from provisioning.emailarray import errors
from tests.provisioning.emailarray.scripted import Vendor, no


@pytest.mark.parametrize("row", errors.SENTENCES, ids=lambda row: row.sample)
def test_the_sample_of_each_row_is_decided_by_that_very_row(row: errors.Sentence) -> None:
    deciding = next(one for one in errors.SENTENCES if one.pattern.search(row.sample))

    assert deciding is row
    assert errors.classify(row.sample) is row.error


@pytest.mark.parametrize(
    ("sentence", "error"),
    [
        ("Domain does not exist", errors.NotFound),
        ("The domain doesn't exist.", errors.NotFound),
        ("Mailbox could not be found", errors.NotFound),
        ("Domain already exists", errors.AlreadyExists),
        ("Domain is already in use", errors.AlreadyExists),
        ("Address is already in use", errors.AlreadyExists),
        ("Domain is not verified", errors.NotVerified),
        ("Domain has not been verified yet", errors.NotVerified),
        ("Invalid username", errors.InvalidInput),
        ("Invalid email address", errors.InvalidInput),
        ("Invalid quota", errors.InvalidInput),
        ("Password does not meet the requirements", errors.InvalidInput),
        ("Missing parameter: domain", errors.InvalidInput),
        ("Quota limit reached", errors.LimitReached),
        ("Account limit reached", errors.LimitReached),
        ("You are not allowed more mailboxes", errors.LimitReached),
        ("Computer says no", errors.Rejected),
        ("", errors.Rejected),
    ],
)
def test_a_refusal_is_mapped_and_keeps_its_sentence(
    vendor: Vendor, sentence: str, error: type[errors.Rejected]
) -> None:
    vendor.will("removeUser", no(sentence))

    with pytest.raises(errors.Rejected) as caught:
        vendor.client().mailboxes.remove(domain="acme.example", username="nora")

    assert type(caught.value) is error
    assert caught.value.vendor_message == sentence
    assert caught.value.action == "removeUser"
    assert len(vendor.sent_to("removeUser")) == 1


@pytest.mark.parametrize(
    ("sentence", "is_empty"),
    [
        ("No users found", True),
        ("No records", True),
        ("No domains found", True),
        ("List is empty", True),
        ("No users found for this domain", True),
        ("No such domain found", False),
        ("No domain found", False),
        ("Domain not found", False),
        ("Domain cannot be empty", False),
        ("Parameter domain is empty", False),
        ("Internal error", False),
    ],
)
def test_only_a_refusal_that_means_none_is_an_empty_list(
    vendor: Vendor,
    sentence: str,
    is_empty: bool,  # noqa: FBT001
) -> None:
    vendor.will("getAllAliasesDomain", no(sentence))

    if is_empty:
        assert vendor.client().aliases.list("acme.example") == []
    else:
        with pytest.raises(errors.Rejected):
            vendor.client().aliases.list("acme.example")


def test_every_error_has_its_own_cause_code() -> None:
    found: list[type[errors.EmailArrayError]] = []
    queue: list[type[errors.EmailArrayError]] = [errors.EmailArrayError]
    while queue:
        error = queue.pop()
        found.append(error)
        queue.extend(error.__subclasses__())

    assert len({error.cause for error in found}) == len(found) == 13


def test_an_error_says_what_it_means_and_survives_pickling() -> None:
    error = errors.LimitReached("addUser", "Account limit reached", "HTTP 200", 3.0)

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert str(copy) == 'addUser: a limit is reached: "Account limit reached" (HTTP 200)'
    assert (copy.cause, copy.retry_after) == ("limit_reached", 3.0)
