"""Ask for an email whose words staff can change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from clients.actors import Actor
from clients.letters import layout, shipped, wording
from clients.letters.shipped import Wording
from clients.models import Client, EmailMessage, EmailTemplate, User
from clients.operations import email
from core.sentences import sentence as _

log = structlog.get_logger(__name__)
LONGEST_REASON = 500
BLANKS = re.compile(r"\n{3,}")


class LetterIsIncomplete(RuntimeError):
    """An email was asked for without all that its words may name, or with more than that."""


@dataclass(frozen=True)
class Rendered:
    """An email as its reader gets it."""

    subject: str
    text: str
    html: str


@transaction.atomic
def queue_letter(
    *,
    to: str,
    letter: str,
    values: Mapping[str, Any],
    actor: Actor,
    client: Client | None = None,
    user: User | None = None,
    language: str = "",
) -> EmailMessage:
    """
    Fill the words of an email and queue it, in the reader's language and time zone.

    `values` are what `shipped.sample_of(letter)` shows: dates, sentences and anything with a text
    for texts, booleans and lists of mappings for sections; no secrets. Where staff have switched
    the email off, it is kept as not sent. `language` goes before the client's own.

    :raises LetterIsIncomplete: a value is missing, or one that the email does not have
    """
    if values.keys() != shipped.sample_of(letter).keys():
        raise LetterIsIncomplete(letter, sorted(values.keys() ^ shipped.sample_of(letter).keys()))
    language = language or email.language_of(client, user)
    template = EmailTemplate.objects.filter(name=letter, language=language).first()
    with email.as_reader(user, language):
        rendered = _render_safely(letter, template, values, language)
    message = EmailMessage(
        client=client,
        user=user,
        to=to,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        template=letter,
        language=language,
    )
    if template is not None and template.is_disabled:
        message.status = EmailMessage.Status.WITHHELD
        message.error = _("This kind of email is switched off.").stored()[:LONGEST_REASON]
        return email.keep(message, actor=actor)
    for address in template.copies if template else ():
        # A copy is the staff's: it is not in the client's history.
        copy = EmailMessage(
            to=address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            template=letter,
            language=language,
        )
        email.keep(copy, actor=actor)
    return email.keep(message, actor=actor)


def is_asked_for(letter: str) -> bool:
    """Tell whether staff have given an email words of their own, and not switched it off."""
    return EmailTemplate.objects.filter(name=letter, is_disabled=False).exists()


def render(*, letter: str, words: Wording, values: Mapping[str, Any], language: str) -> Rendered:
    """Return an email in these words; the caller has made the reader's language the active one."""
    said = {
        **{name: wording.in_words(value) for name, value in values.items()},
        "brand_name": settings.BRAND_NAME,
        "support_email": settings.SUPPORT_EMAIL,
    }
    heading = " ".join(wording.fill(words.subject, said).split())
    # Where a section stood alone between blank lines and is empty, one of them is enough.
    body = BLANKS.sub("\n\n", wording.fill(words.body, said).strip())
    links = _addresses_of(said) | layout.addresses_in(words.body)
    content = {
        "brand_name": settings.BRAND_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "language": language,
        "letter": letter,
        "subject": email.branded(heading),
        "heading": heading,
    }
    text = render_to_string("emails/letters/layout.txt", {**content, "body": body})
    html = render_to_string(
        "emails/letters/layout.html", {**content, "body": layout.html_of(body, links=links)}
    )
    return Rendered(
        subject=email.branded(heading),
        text=text.partition("\n")[2].strip() + "\n",
        html=layout.inlined(html),
    )


def _render_safely(
    letter: str, template: EmailTemplate | None, values: Mapping[str, Any], language: str
) -> Rendered:
    """Return the email in the staff's words, or in the shipped ones should those fail."""
    own = shipped.shipped(letter, language)
    if template is not None:
        try:
            words = Wording(subject=template.subject, body=template.body)
            wording.check(words.subject, sample=everything(letter))
            wording.check(words.body, sample=everything(letter))
            return render(letter=letter, words=words, values=values, language=language)
        except wording.UnusableWording:
            # Written for an email that had other placeholders then: nobody shall go without it.
            log.warning("an email's own words cannot be used", letter=letter, language=language)
    return render(letter=letter, words=own, values=values, language=language)


def everything(letter: str) -> dict[str, Any]:
    """Return an example of all that can stand in an email, what stands in every one included."""
    return {**shipped.sample_of(letter), "brand_name": "PolarisMail", "support_email": "a@b.test"}


def _addresses_of(said: Mapping[str, Any]) -> set[str]:
    found = set()
    for name, value in said.items():
        if isinstance(value, list):
            found |= {each for item in value for each in _addresses_of(item)}
        elif name.endswith("_url") and value:
            found.add(value)
    return found
