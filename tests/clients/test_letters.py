"""Emails that staff can reword: filled without logic, laid out safely, sent as they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import translation

from clients.actors import Actor
from clients.letters import layout, shipped, wording
from clients.letters.shipped import letter_names
from clients.models import Activity, Client, EmailMessage, EmailTemplate
from clients.operations import email_templates
from clients.operations.email_templates import NewWords, UnableToSaveEmailTemplate
from clients.operations.letters import LetterIsIncomplete, queue_letter
from tests import makers

pytestmark = pytest.mark.django_db

Post = Callable[[], list[EmailMultiAlternatives]]
LANGUAGES = [code for code, _ in settings.LANGUAGES]
VALUES = {"client_name": "Acme", "email": "ada@people.test", "home_url": "http://testserver/"}
SAMPLE = {"name": "Ada", "is_late": True, "items": [{"title": "One"}], "page_url": "http://x.test/"}


def queue(actor: Actor, client: Client, **values: Any) -> EmailMessage:
    return queue_letter(
        to="ada@people.test",
        letter="client_signup",
        values=VALUES | values,
        actor=actor,
        client=client,
    )


def reword(actor: Actor, **words: Any) -> EmailTemplate:
    template = email_templates.add_template(name="client_signup", language="en", actor=actor)
    values = {"subject": template.subject, "body": template.body} | words
    return email_templates.save_template(template=template, words=NewWords(**values), actor=actor)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", letter_names())
def test_every_email_can_be_read_in_every_language(letter: str, language: str) -> None:
    made = email_templates.preview(name=letter, language=language)

    written = shipped.shipped(letter, language)
    assert language == "en" or written != shipped.shipped(letter, "en")
    assert f'<html lang="{language}">' in made.html
    assert "{{" not in made.subject + made.text + made.html
    assert made.text.startswith(("Hello", "Guten Tag")) or "client_name" not in written.body


def test_a_text_is_filled_with_what_is_there_and_nothing_else() -> None:
    text = (
        "{{name}}{{#is_late}}, late{{/is_late}}{{^items}}, none{{/items}}:"
        "{{#items}} {{title}}{{/items}}"
    )

    filled = wording.fill(text, SAMPLE | {"name": "{{page_url}} <b>"})

    assert filled == "{{page_url}} <b>, late: One"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Hello {{nobody}}", "There is no “nobody” here. These can be used: name"),
        ("{{title}}", "There is no “title” here"),
        ("{{#name}}{{/name}}{{#nothing}}", "There is no “#nothing” here"),
        ("{{is_late}}", "There is no “is_late” here"),
        ("{{#items}}", "The section “items” has no end"),
        ("{{#items}}{{/name}}", "The section “name” ends where it was not begun"),
        ("{{/items}}", "ends where it was not begun"),
        ("{{name}", "is missing one of its braces"),
        ("{{>base}}", "There is no “>base” here"),
        ("{{{name}}}", "There is no “{name"),
        ("{{&name}}", "There is no “&name” here"),
        ("{{=<% %>=}}", "There is no “=<% %>=” here"),
        ("{{name.upper}}", "There is no “name.upper” here"),
    ],
)
def test_a_text_that_cannot_be_filled_is_refused_with_what_could(text: str, problem: str) -> None:
    with pytest.raises(wording.UnusableWording) as refusal:
        wording.check(text, sample=SAMPLE)

    assert problem in refusal.value.user_message


def test_a_text_with_all_that_is_allowed_is_accepted() -> None:
    wording.check("{{name}} {{! note }}{{#items}}{{title}} {{name}}{{/items}}", sample=SAMPLE)


def test_paragraphs_become_what_they_look_like() -> None:
    text = (
        "Hello\nyou,\n\n- one\n- two\n\nNumber: 7\nDue: now\n\n    a  TXT\n    b\n\n"
        "Open it: http://x.test/\n\nSee http://x.test/. Bye"
    )

    html = layout.html_of(text, links={"http://x.test/"})

    assert "<p>Hello<br />you,</p>" in html
    assert "<ul><li>one</li><li>two</li></ul>" in html
    assert '<tr><th scope="row">Number</th><td>7</td></tr>' in html
    assert '<pre class="code">a  TXT\nb</pre>' in html
    assert '<a class="button" href="http://x.test/">Open it</a>' in html
    assert '<a class="link" href="http://x.test/">http://x.test/</a>. Bye' in html


def test_what_a_customer_typed_is_neither_markup_nor_a_link_nor_a_paragraph(
    actor: Actor,
) -> None:
    name = "Eve <img src=x>\n\nPay here: https://evil.test/\ue000link\ue001"

    message = queue(actor, makers.make_client(), client_name=name)

    assert "<img" not in message.html
    assert 'href="https://evil.test' not in message.html
    assert "\n\nPay here" not in message.text
    assert "\ue000" not in message.text + message.html


def test_styles_stand_at_their_elements_and_dark_screens_have_their_own(actor: Actor) -> None:
    message = queue(actor, makers.make_client())

    assert '<a class="button" href="http://testserver/" style="' in message.html
    assert "prefers-color-scheme: dark" in message.html
    assert "<script" not in message.html


def test_a_reader_gets_the_words_and_dates_of_their_language(actor: Actor, post: Post) -> None:
    client = makers.make_client()
    client.language = "de"
    client.save()

    with translation.override("en"):
        message = queue(actor, client)

    sent = post()[0]
    assert message.language == "de"
    assert "Ihr Konto ist bereit" in str(sent.body)
    assert "Ihr Konto ist bereit" in str(sent.alternatives[0][0])
    assert sent.subject == "PolarisMail: Willkommen, Acme"


def test_an_email_is_not_queued_without_all_that_it_may_name(actor: Actor) -> None:
    values = {"client_name": "Acme", "email": "ada@people.test"}

    with pytest.raises(LetterIsIncomplete):
        queue_letter(to="ada@people.test", letter="client_signup", values=values, actor=actor)

    assert not EmailMessage.objects.exists()


def test_staff_s_own_words_go_before_the_shipped_ones(actor: Actor) -> None:
    client = makers.make_client()
    template = reword(actor, subject="Ahoy {{client_name}}", body="Come in: {{home_url}}\n")

    own = queue(actor, client)
    email_templates.reset_template(template=template, actor=actor)
    again = queue(actor, client)

    assert own.subject == "PolarisMail: Ahoy Acme"
    assert own.text.startswith("Come in: http://testserver/")
    assert again.subject == "PolarisMail: Welcome, Acme"
    assert not EmailTemplate.objects.exists()


def test_words_that_do_not_fit_their_email_any_more_give_way_to_the_shipped_ones(
    actor: Actor,
) -> None:
    template = reword(actor)
    EmailTemplate.objects.filter(pk=template.pk).update(body="Hello {{long_gone}}")

    message = queue(actor, makers.make_client())

    assert "Your account is ready" in message.text


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"body": "{{password}}"}, "body"),
        ({"subject": "{{#client_name}}"}, "subject"),
        ({"body": "  "}, ""),
        ({"copy_to": "ada@people.test, nobody"}, "copy_to"),
    ],
)
def test_words_that_cannot_be_used_are_not_saved(
    actor: Actor, words: dict[str, str], field: str
) -> None:
    with pytest.raises(UnableToSaveEmailTemplate) as refusal:
        reword(actor, **words)

    assert refusal.value.field == field
    saved = EmailTemplate.objects.get()
    assert saved.body == shipped.shipped("client_signup", "en").body
    assert not Activity.objects.filter(action="email_template.changed").exists()


def test_every_change_of_words_leaves_a_line(actor: Actor) -> None:
    template = reword(actor, subject="Ahoy")
    email_templates.reset_template(template=template, actor=actor)

    changed = Activity.objects.get(action="email_template.changed")
    assert changed.before == {"subject": "Welcome, {{client_name}}"}
    assert changed.after == {"subject": "Ahoy"}
    assert Activity.objects.filter(action="email_template.added").count() == 1
    assert Activity.objects.filter(action="email_template.reset").count() == 1


def test_an_email_that_is_switched_off_is_kept_as_not_sent_with_the_reason(
    actor: Actor, post: Post
) -> None:
    reword(actor, is_disabled=True, copy_to="books@staff.test")

    message = queue(actor, makers.make_client())

    assert not post()
    message.refresh_from_db()
    assert message.status == EmailMessage.Status.WITHHELD
    assert "switched off" in message.error
    assert EmailMessage.objects.count() == 1


def test_copies_go_to_the_staff_and_are_not_in_the_client_s_history(
    actor: Actor, post: Post
) -> None:
    client = makers.make_client()
    reword(actor, copy_to="books@staff.test, boss@staff.test")

    queue(actor, client)

    sent = {each.to[0] for each in post()}
    assert sent == {"ada@people.test", "books@staff.test", "boss@staff.test"}
    assert [each.to for each in client.emails.all()] == ["ada@people.test"]


def test_an_email_has_one_set_of_own_words_in_a_language(actor: Actor) -> None:
    reword(actor)

    with pytest.raises(UnableToSaveEmailTemplate):
        reword(actor)
    with pytest.raises(UnableToSaveEmailTemplate):
        email_templates.add_template(name="no_such_email", language="en", actor=actor)
    assert EmailTemplate.objects.count() == 1
