"""The pages for people: webmail, the control panel and the control desk."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from provisioning.sandbox import Sandbox
from tests.contract.wire import Wire
from tests.provisioning.sandbox.conftest import DOMAIN, RESELLER

OPEN = '<h1 id="mailbox-open">Mailbox open: anna@acme.test</h1>'


@pytest.fixture(autouse=True)
def _anna(sandbox: Sandbox) -> None:
    sandbox.add_mailbox(DOMAIN, "anna", password="Harbor-22!q", uname="<b>Anna</b>")


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def one_time_password(wire: Wire) -> str:
    return str(wire.call("getOTPass", username="anna", domain=DOMAIN).data)


def test_webmail_says_whose_mailbox_is_open_and_spends_the_password(
    wire: Wire, client: httpx.Client
) -> None:
    login = wire.call("getOTPassAndToken", username="anna", domain=DOMAIN).data
    form = {"accessToken": login["token"], "password": login["otp"]}

    first, second = client.post("/webmail", data=form), client.post("/webmail", data=form)

    assert (first.status_code, second.status_code) == (200, 401)
    assert OPEN in first.text
    assert "anna@acme.test" not in second.text
    assert "<b>Anna" not in first.text
    assert login["otp"] not in first.text


@pytest.mark.parametrize("wrong", ["accessToken", "password"])
def test_webmail_needs_both_halves(wire: Wire, client: httpx.Client, wrong: str) -> None:
    login = wire.call("getOTPassAndToken", username="anna", domain=DOMAIN).data
    form = {"accessToken": login["token"], "password": login["otp"]}

    assert client.post("/webmail", data={**form, wrong: "x"}).status_code == 401
    assert client.post("/webmail", data=form).status_code == 200


def test_webmail_opens_with_address_and_own_password(client: httpx.Client) -> None:
    form = {"email": "anna@acme.test", "password": "Harbor-22!q"}

    assert OPEN in client.post("/webmail", data=form).text
    assert client.post("/webmail", data={**form, "password": "no"}).status_code == 401
    assert "Sign in" in client.get("/webmail").text


def test_webmail_answers_where_the_api_says_it_is() -> None:
    sandbox = Sandbox(webmail_url="al.emailarray.test/index.php")
    transport = httpx.WSGITransport(app=sandbox.wsgi)

    with httpx.Client(transport=transport, base_url="http://al.emailarray.test") as client:
        assert client.get("/index.php").status_code == 200
    sandbox.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_control_panel_opens_once_and_names_the_mailbox(
    wire: Wire, client: httpx.Client, method: str
) -> None:
    handed = {"u": coded("anna@acme.test"), "p": coded(one_time_password(wire))}

    def knock() -> httpx.Response:
        if method == "GET":
            return client.get("/processlogin.php", params=handed)
        return client.post("/processlogin.php", data=handed)

    first, second = knock(), knock()

    assert (first.status_code, second.status_code) == (302, 401)
    assert OPEN in client.get(first.headers["Location"]).text
    assert handed["p"] not in first.headers["Location"]


@pytest.mark.parametrize("escape", [True, False], ids=["escaped", "raw"])
def test_a_plus_sign_in_base64_survives_the_url(
    sandbox: Sandbox, client: httpx.Client, *, escape: bool
) -> None:
    password = "Zz1!>>>>>>~~"
    sandbox.add_mailbox(DOMAIN, "plus", password=password)
    assert "+" in coded(password)
    spell = quote if escape else str

    url = f"/processlogin.php?u={spell(coded('plus@acme.test'))}&p={spell(coded(password))}"

    assert client.get(url).status_code == 302


@pytest.mark.parametrize("query", ["", "?u=%%%&p=", "?u=!!!&p=!!!", "?u=/////w==&p=AAAA"])
def test_nonsense_opens_no_control_panel(client: httpx.Client, query: str) -> None:
    assert client.get("/processlogin.php" + query).status_code == 401


def test_a_disabled_mailbox_opens_neither_page(wire: Wire, client: httpx.Client) -> None:
    wire.call("disableUser", username="anna", domain=DOMAIN)
    login = wire.call("getOTPassAndToken", username="anna", domain=DOMAIN).data
    handed = {"u": coded("anna@acme.test"), "p": coded(login["otp"])}

    webmail = {"accessToken": login["token"], "password": login["otp"]}
    assert client.post("/webmail", data=webmail).status_code == 401
    assert client.post("/processlogin.php", data=handed).status_code == 401


def test_the_desk_shows_every_expected_record_and_marks_the_guesses(
    wire: Wire, client: httpx.Client
) -> None:
    wire.call("enableDKIM", domain=DOMAIN)

    page = client.get("/__control/").text

    for text in ("mx-verification.acme.test", "5 mx.emailarray.com", "include:emailarray.com",
                 "ea1._domainkey.acme.test", "_dmarc.acme.test", "autodiscover.acme.test",
                 "webmail.acme.test"):  # fmt: skip
        assert text in page
    assert page.count(">guessed<") == 2
    assert "What is guessed" in page
    assert "<script" not in page


def test_publishing_on_the_desk_proves_ownership_and_can_be_taken_back(
    sandbox: Sandbox, wire: Wire, client: httpx.Client
) -> None:
    sandbox.add_domain("new.test", reseller=RESELLER, verified=False)
    form = {"knob": "publish", "domain": "new.test", "purpose": "verification"}

    withdrawn = client.post("/__control/", data=form)
    client.post("/__control/", data={**form, "knob": "withdraw"})
    assert wire.call("getDomainVerification", domain="new.test").code == 1
    client.post("/__control/", data=form)

    assert (withdrawn.status_code, withdrawn.headers["Location"]) == (
        303,
        "/__control/?q=#new.test",
    )
    assert wire.call("getDomainVerification", domain="new.test").code == 0


def test_the_desk_publishes_everything_at_once(sandbox: Sandbox, client: httpx.Client) -> None:
    client.post("/__control/", data={"knob": "publish", "domain": DOMAIN})

    assert all(sandbox.zone.holds(record) for record in sandbox.expected_records(DOMAIN))


def test_the_desk_switches_faults_on_and_off(sandbox: Sandbox, client: httpx.Client) -> None:
    form = {"knob": "fault", "kind": "drop_after", "action": "addUser", "count": "2", "host": ""}
    client.post("/__control/", data=form)
    shown = client.get("/__control/").text
    waiting = sandbox.faults.waiting()
    client.post("/__control/", data={"knob": "clear-faults"})

    assert [(fault["kind"], fault["action"], fault["count"]) for fault in waiting] == [
        ("drop_after", "addUser", 2)
    ]
    assert "Clear all faults" in shown
    assert sandbox.faults.waiting() == []


def test_the_desk_moves_the_clock_and_ends_sessions(
    sandbox: Sandbox, wire: Wire, client: httpx.Client
) -> None:
    before = sandbox.clock.seconds()

    client.post("/__control/", data={"knob": "clock", "seconds": "3600"})
    client.post("/__control/", data={"knob": "expire"})

    assert sandbox.clock.seconds() - before >= 3600
    assert wire.call("getAllDomains").code == 0


def test_the_desk_lets_a_browser_name_its_origin(client: httpx.Client) -> None:
    headers = client.get("/__control/").headers

    assert headers["Referrer-Policy"] == "same-origin"
    assert "form-action 'self'" in headers["Content-Security-Policy"]


def test_another_sites_form_does_not_work_the_desk(sandbox: Sandbox, client: httpx.Client) -> None:
    form = {"knob": "fault", "kind": "http_500", "action": "*"}
    foreign = client.post("/__control/", data=form, headers={"Origin": "http://evil.test"})
    own = client.post("/__control/", data=form, headers={"Origin": "http://cp.emailarray.test"})

    assert (foreign.status_code, own.status_code) == (403, 303)
    assert len(sandbox.faults.waiting()) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"knob": "nonsense"},
        {"knob": "publish", "domain": "unknown.test"},
        {"knob": "fault", "kind": "nonsense"},
        {"knob": "clock", "seconds": "soon"},
    ],
)
def test_a_form_that_makes_no_sense_is_a_400(client: httpx.Client, form: dict[str, str]) -> None:
    assert client.post("/__control/", data=form).status_code == 400


def test_the_desk_finds_a_domain_among_many(sandbox: Sandbox, client: httpx.Client) -> None:
    for number in range(40):
        sandbox.add_domain(f"d{number}.test", reseller=RESELLER)

    everything = client.get("/__control/").text
    found = client.get("/__control/?q=D39").text

    assert everything.count("<h2>d") < 40
    assert "more: search" in everything
    assert "<h2>d39.test</h2>" in found
    assert "<h2>d38.test</h2>" not in found


@pytest.fixture
def closed_client() -> Iterator[httpx.Client]:
    sandbox = Sandbox(control=False)
    transport = httpx.WSGITransport(app=sandbox.wsgi)
    with httpx.Client(transport=transport, base_url="http://cp.emailarray.test") as client:
        yield client
    sandbox.close()


@pytest.mark.parametrize("path", ["", "faults", "dns", "clock", "state", "sessions", "calls"])
def test_without_control_there_is_no_desk_and_no_knob(
    closed_client: httpx.Client, path: str
) -> None:
    assert closed_client.get(f"/__control/{path}").status_code == 404
    assert closed_client.post(f"/__control/{path}", json={}).status_code == 404
