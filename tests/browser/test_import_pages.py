"""Import and set-up instructions: every state is accessible and fits the screen."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, FilePayload

from core.sentences import sentence
from provisioning.operations import setup
from tests.browser import import_states
from tests.browser.conftest import enter
from tests.browser.looks import look, window
from tests.browser.stage import Stage

HELD_UP = sentence(
    "The mail server cannot be reached right now. Nothing was changed; try again in a few minutes."
)

# Many pages, each looked at in every theme and width.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def test_every_state_is_accessible_and_fits_the_screen(
    browser: Browser, stage: Stage, site: str
) -> None:
    with window(browser, site) as context:
        page = context.new_page()
        enter(context, site, stage.user)
        problems = []

        for name, path in pages(stage).items():
            page.goto(path)
            problems += look(page, name)
        page.goto(stage.path("mailboxes-import"))
        book: FilePayload = {"name": "a.xlsx", "mimeType": "text/csv", "buffer": b"PK\x03\x04"}
        page.locator("#id_file").set_input_files(book)
        page.get_by_role("button", name="Check the file").click()
        problems += look(page, "import-refused")

    assert not problems, "\n".join(problems)


def pages(stage: Stage) -> dict[str, str]:
    """Return the pages by a name fit for a file."""
    on = stage.service, stage.user
    review = stage.path("mailboxes-import-review", import_id=import_states.reviewed(*on).pk)
    stages = {
        "running": import_states.running(*on),
        "paused": import_states.running(*on, pause=HELD_UP),
        "finished": import_states.finished(*on),
        "stopped": import_states.finished(*on, status="cancelled"),
    }
    token = setup.link_token(stage.mailbox)
    return {
        "import": stage.path("mailboxes-import"),
        "import-review": review,
        "import-problems": f"{review}?show=problems",
        **{
            f"import-{state}": stage.path("mailboxes-import-progress", import_id=work.pk)
            for state, work in stages.items()
        },
        "setup": stage.path("mailboxes-setup", mailbox_id=stage.mailbox.pk),
        "setup-device": reverse("clientarea:device-setup", kwargs={"token": token}),
        "setup-ended": reverse("clientarea:device-setup", kwargs={"token": "old"}),
        "accounts-with-import": stage.path("mailboxes"),
    }
