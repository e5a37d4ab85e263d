"""Proof of ownership: three values, and never "verified" on an error."""

from __future__ import annotations

import httpx
import pytest

from provisioning.emailarray import errors
from provisioning.emailarray.types import DomainVerification, VerificationState
from tests.provisioning.emailarray.scripted import Answer, Vendor, no, ok

LISTED = ok([{"domain": "other.example"}, {"domain": "ACME.example"}, {"domain": "\u00fc b"}])
ABSENT = ok([{"domain": "other.example"}])


def _verification(vendor: Vendor, answer: Answer, domains: Answer = LISTED) -> DomainVerification:
    vendor.will("getDomainVerification", answer)
    vendor.will("getAllDomains", domains)
    return vendor.client().domains.verification("Acme.example")


@pytest.mark.parametrize(
    "payload",
    ["ea-verify=6c1f", {"type": "TXT", "host": "mx-verification", "value": "ea-verify=6c1f"}],
    ids=["text", "object"],
)
def test_code_one_means_still_pending(vendor: Vendor, payload: object) -> None:
    found = _verification(vendor, ok(payload, message="No matching TXT record was found"))

    assert found == DomainVerification(
        VerificationState.PENDING,
        record="ea-verify=6c1f",
        reason="No matching TXT record was found",
    )
    assert vendor.sent_to("getAllDomains") == []


@pytest.mark.parametrize("payload", [None, "", [], {"host": "x"}])
def test_pending_without_a_record_is_still_pending(vendor: Vendor, payload: object) -> None:
    found = _verification(vendor, ok(payload))

    assert (found.state, found.record) == (VerificationState.PENDING, None)


@pytest.mark.parametrize(
    "answer",
    [
        no("Domain is verified"),
        no("No verification required"),
        no(""),
        {"returncode": "0", "returndata": None},
        {"returncode": False},
    ],
)
def test_code_zero_on_a_listed_domain_means_verified(vendor: Vendor, answer: Answer) -> None:
    found = _verification(vendor, answer)

    assert (found.state, found.domain_listed) == (VerificationState.VERIFIED, True)


@pytest.mark.parametrize(
    "sentence",
    [
        "Domain does not exist",
        "Domain not found",
        "Domain is not verified",
        "Internal error",
        "Unable to connect to the database",
        "Missing parameter: domain",
        "Permission denied",
        "DNS lookup failed, try again later",
        "Verification is pending",
    ],
)
def test_code_zero_that_reads_like_trouble_is_unknown(vendor: Vendor, sentence: str) -> None:
    found = _verification(vendor, no(sentence))

    assert found.state is VerificationState.UNKNOWN
    assert found.reason == sentence


def test_a_strange_domain_in_the_list_hides_no_other(vendor: Vendor) -> None:
    domains = ok([{"domain": "\u00fc b.example"}, {"domain": "acme.example"}])

    found = _verification(vendor, no("Domain is verified"), domains)

    assert found.state is VerificationState.VERIFIED


def test_code_zero_on_a_domain_the_vendor_dropped_is_unknown(vendor: Vendor) -> None:
    found = _verification(vendor, no("Domain is verified"), ABSENT)

    assert (found.state, found.domain_listed) == (VerificationState.UNKNOWN, False)


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>down</html>",
        b"",
        {"returndata": "Domain is verified"},
        {"returncode": None, "returndata": "Domain is verified"},
        httpx.Response(500),
        httpx.Response(404),
        httpx.Response(429),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
    ],
    ids=str,
)
@pytest.mark.parametrize("fails", ["getDomainVerification", "getAllDomains"])
def test_an_outage_of_either_call_is_unknown(vendor: Vendor, answer: Answer, fails: str) -> None:
    if fails == "getAllDomains":
        found = _verification(vendor, no("Domain is verified"), answer)
    else:
        found = _verification(vendor, answer)

    assert (found.state, found.domain_listed) == (VerificationState.UNKNOWN, None)
    assert found.reason


@pytest.mark.parametrize(
    "domains", [ok("none"), no("Computer says no"), ok([{"id": "1"}]), ok(["acme.example"])]
)
def test_a_list_of_domains_that_cannot_be_read_is_unknown(vendor: Vendor, domains: Answer) -> None:
    found = _verification(vendor, no("Domain is verified"), domains)

    assert (found.state, found.domain_listed) == (VerificationState.UNKNOWN, None)


def test_refused_credentials_are_raised(vendor: Vendor) -> None:
    vendor.will("login", no("Invalid username or password"))

    with pytest.raises(errors.AuthenticationFailed):
        _verification(vendor, no("Domain is verified"))


def test_an_expired_session_is_renewed_before_anything_is_concluded(vendor: Vendor) -> None:
    vendor.will("getDomainVerification", no("Invalid or expired session"), ok("ea-verify=1"))

    found = vendor.client().domains.verification("acme.example")

    assert found.state is VerificationState.PENDING
