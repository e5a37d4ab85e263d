"""Reword an email, look at it, and take the shipped words again."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from clients.actors import Actor
from clients.letters import shipped, wording
from clients.letters.shipped import Wording
from clients.models import EmailTemplate
from clients.operations import activity, email, letters
from clients.operations.letters import Rendered
from core.errors import OperationError
from core.sentences import sentence as _


class UnableToSaveEmailTemplate(OperationError):
    """The email keeps the words it had."""


@dataclass(frozen=True)
class NewWords:
    """What staff write; `copy_to` are addresses, separated by commas."""

    subject: str
    body: str
    is_disabled: bool = False
    copy_to: str = ""


@transaction.atomic
def add_template(*, name: str, language: str, actor: Actor) -> EmailTemplate:
    """
    Begin one's own words of an email with the shipped ones.

    :raises UnableToSaveEmailTemplate: no such email or language, or it has words of its own
    """
    if name not in shipped.letter_names() or language not in dict(settings.LANGUAGES):
        raise UnableToSaveEmailTemplate(_("There is no such email in that language."))
    words = shipped.shipped(name, language)
    template = EmailTemplate(name=name, language=language, subject=words.subject, body=words.body)
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        raise UnableToSaveEmailTemplate(
            _("This email has words of its own in that language. Change those.")
        ) from error
    _note(template, "email_template.added", actor)
    return template


@transaction.atomic
def save_template(*, template: EmailTemplate, words: NewWords, actor: Actor) -> EmailTemplate:
    """
    Save the words of an email.

    :raises UnableToSaveEmailTemplate: they name what the email does not have, or are empty, or a
        copy goes to what is no address
    """
    fresh = EmailTemplate.objects.select_for_update().get(pk=template.pk)
    check(name=fresh.name, words=words)
    before = {name: getattr(fresh, name) for name in vars(words)}
    changed = {name: value for name, value in vars(words).items() if before[name] != value}
    if not changed:
        return fresh
    for name, value in changed.items():
        setattr(fresh, name, value)
    fresh.save()
    activity.record(
        action="email_template.changed",
        subject=fresh,
        name=str(fresh),
        client=None,
        actor=actor,
        before={name: before[name] for name in changed},
        after=changed,
    )
    return fresh


@transaction.atomic
def reset_template(*, template: EmailTemplate, actor: Actor) -> None:
    """Let an email say what it is shipped with again."""
    fresh = EmailTemplate.objects.select_for_update().get(pk=template.pk)
    _note(fresh, "email_template.reset", actor)
    fresh.delete()


def preview(*, name: str, language: str, words: Wording | None = None) -> Rendered:
    """
    Return an email about made-up things, in these words or in the shipped ones.

    :raises UnableToSaveEmailTemplate: the words cannot be used
    """
    words = words or shipped.shipped(name, language)
    check(name=name, words=NewWords(subject=words.subject, body=words.body))
    with email.as_reader(None, language):
        return letters.render(
            letter=name, words=words, values=shipped.sample_of(name), language=language
        )


def placeholders(name: str) -> list[str]:
    """Return what an email's words can name; what begins with `#` is a section."""
    return wording.usable(letters.everything(name))


def check(*, name: str, words: NewWords) -> None:
    """
    See that words can be used for an email.

    :raises UnableToSaveEmailTemplate: as `save_template`
    """
    if not words.subject.strip() or not words.body.strip():
        raise UnableToSaveEmailTemplate(_("An email needs a subject and a text."))
    sample = letters.everything(name)
    for field, text in (("subject", words.subject), ("body", words.body)):
        try:
            wording.check(text, sample=sample)
        except wording.UnusableWording as error:
            raise UnableToSaveEmailTemplate(error.user_message, field=field) from error
    for address in EmailTemplate(copy_to=words.copy_to).copies:
        try:
            validate_email(address)
        except ValidationError as error:
            raise UnableToSaveEmailTemplate(
                _("“%(address)s” is no email address.") % {"address": address}, field="copy_to"
            ) from error


def _note(template: EmailTemplate, action: str, actor: Actor) -> None:
    activity.record(action=action, subject=template, name=str(template), client=None, actor=actor)
