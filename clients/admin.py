"""Clients, users and email in the emergency admin."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clients.actors import Actor
from clients.letters import shipped
from clients.letters.shipped import Wording
from clients.models import Activity, Client, EmailMessage, EmailTemplate, Membership, User
from clients.models.email import PLACE
from clients.operations import email_templates
from clients.operations.email_templates import NewWords
from core.errors import OperationError
from core.sentences import told

# Mail has its styles at its elements; a preview of it may load nothing else.
PREVIEW = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
}
RIGHTS = ("is_staff", "is_superuser", "groups")


class UserCreationForm(AdminUserCreationForm[User]):
    """Asks for an email where Django asks for a user name."""

    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """
    Users by email.

    Only superusers grant rights, and only they touch the rows of staff and superusers: whoever may
    change users could otherwise become one, or log in as one.
    """

    add_form = UserCreationForm
    ordering = ("email",)
    list_display = ("email", "first_name", "last_name", "is_staff", "is_active", "last_login")
    search_fields = ("email", "first_name", "last_name")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "time_zone")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if _is_superuser(request) else (*fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _may_touch(request, obj) and super().has_delete_permission(request, obj)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return user is None or not (user.is_staff or user.is_superuser) or _is_superuser(request)


class MembershipInline(admin.TabularInline[Membership, Client]):
    """Who can act for the client."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Client)
class ClientAdmin(admin.ModelAdmin[Client]):
    """Clients with their users."""

    list_display = ("name", "company", "email", "status")
    list_filter = ("status",)
    search_fields = ("name", "company", "email")
    inlines: ClassVar = [MembershipInline]


@admin.register(Activity)
class ActivityAdmin(admin.ModelAdmin[Activity]):
    """The activity log, to be read only."""

    list_display = ("created_at", "actor_name", "on_behalf_of", "action", "object_name", "client")
    list_filter = ("actor_kind", "action")
    search_fields = ("object_name", "actor_name")
    list_select_related = ("on_behalf_of", "client")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Activity | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Activity | None = None) -> bool:
        return False


@admin.register(EmailMessage)
class EmailMessageAdmin(admin.ModelAdmin[EmailMessage]):
    """What was sent, to whom, and why not; to be read only."""

    list_display = ("created_at", "to", "subject", "client", "status", "why_not")
    list_filter = ("status", "template", "language")
    search_fields = ("to", "subject")
    list_select_related = ("client",)
    fields = (
        *("to", "subject", "status", "why_not", "client", "user", "template", "language"),
        *("attempts", "created_at", "sent_at", "words"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmailMessage]:
        return super().get_queryset(request).defer("html", "sealed")

    @admin.display(description="why not")
    def why_not(self, message: EmailMessage) -> str:
        """Return the reason, in the mail server's words or ours."""
        return told(message.error)

    @admin.display(description="text")
    def words(self, message: EmailMessage) -> SafeString:
        """Return the text without its one-time links."""
        return format_html("<pre>{}</pre>", PLACE.sub("(…)", message.text))

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, _request: HttpRequest, _obj: EmailMessage | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, _request: HttpRequest, _obj: EmailMessage | None = None
    ) -> bool:
        return False


class NewEmailTemplate(forms.ModelForm[EmailTemplate]):
    """Asks which email is to have other words; it begins with the shipped ones."""

    name = forms.ChoiceField(choices=lambda: [(each, each) for each in shipped.letter_names()])
    language = forms.ChoiceField(choices=settings.LANGUAGES)

    class Meta:
        model = EmailTemplate
        fields = ("name", "language")


class EmailTemplateForm(forms.ModelForm[EmailTemplate]):
    """Words of an email, refused where they name what it does not have."""

    class Meta:
        model = EmailTemplate
        fields = ("subject", "body", "is_disabled", "copy_to")
        widgets: ClassVar = {
            "subject": forms.TextInput(attrs={"size": 100}),
            "body": forms.Textarea(attrs={"rows": 30, "cols": 100}),
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors:
            words = _words_of(data)
            try:
                email_templates.check(name=self.instance.name, words=words)
            except email_templates.UnableToSaveEmailTemplate as error:
                self.add_error(error.field or None, error.user_message)
        return data


@admin.register(EmailTemplate)
class EmailTemplateAdmin(admin.ModelAdmin[EmailTemplate]):
    """Emails that say something else than they are shipped with; deleted, they say that again."""

    list_display = ("name", "language", "subject", "is_disabled", "updated_at")
    list_filter = ("language", "is_disabled")
    search_fields = ("name", "subject", "body")
    readonly_fields = ("name", "language", "can_be_used", "preview")
    fields = (
        *("name", "language", "can_be_used", "subject", "body"),
        *("is_disabled", "copy_to", "preview"),
    )

    def get_form(
        self, request: HttpRequest, obj: EmailTemplate | None = None, *rest: Any, **options: Any
    ) -> Any:
        options["form"] = NewEmailTemplate if obj is None else EmailTemplateForm
        return super().get_form(request, obj, *rest, **options)

    def get_fields(self, request: HttpRequest, obj: EmailTemplate | None = None) -> Any:
        return ("name", "language") if obj is None else super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: EmailTemplate | None = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)

    @admin.display(description="placeholders")
    def can_be_used(self, template: EmailTemplate) -> str:
        """Return what the words can name."""
        return ", ".join(email_templates.placeholders(template.name))

    @admin.display(description="preview")
    def preview(self, template: EmailTemplate) -> SafeString:
        """Return a link to the saved words, filled with made-up things."""
        address = reverse("admin:clients_emailtemplate_preview", args=[template.pk])
        return format_html('<a href="{}">{}</a>', address, _("Look at it with made-up data"))

    def get_urls(self) -> list[URLPattern]:
        show = path(
            "<int:template_id>/preview/",
            self.admin_site.admin_view(self.show),
            name="clients_emailtemplate_preview",
        )
        return [show, *super().get_urls()]

    def show(self, request: HttpRequest, template_id: int) -> HttpResponse:
        """Answer with the email as its reader's mail program gets it."""
        template = EmailTemplate.objects.filter(pk=template_id).first()
        if template is None:
            raise Http404
        if not self.has_view_permission(request, template):
            raise PermissionDenied
        try:
            rendered = email_templates.preview(
                name=template.name,
                language=template.language,
                words=Wording(subject=template.subject, body=template.body),
            )
        except OperationError as error:
            return HttpResponse(error.user_message, content_type="text/plain", status=422)
        policy = csp_replace(PREVIEW)
        return cast(HttpResponse, policy(lambda _request: HttpResponse(rendered.html))(request))

    def save_model(self, request: HttpRequest, obj: EmailTemplate, *rest: Any) -> None:
        form, is_change = rest
        actor = _actor_of(request)
        if is_change:
            words = _words_of(form.cleaned_data)
            email_templates.save_template(template=obj, words=words, actor=actor)
        else:
            made = email_templates.add_template(name=obj.name, language=obj.language, actor=actor)
            obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: EmailTemplate) -> None:
        email_templates.reset_template(template=obj, actor=_actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[EmailTemplate]) -> None:
        for template in queryset:
            self.delete_model(request, template)


def _words_of(data: dict[str, Any]) -> NewWords:
    return NewWords(
        subject=data["subject"],
        body=data["body"],
        is_disabled=data["is_disabled"],
        copy_to=data["copy_to"],
    )


def _actor_of(request: HttpRequest) -> Actor:
    return Actor.from_user(cast(User, request.user), ip_address=request.META.get("REMOTE_ADDR"))
