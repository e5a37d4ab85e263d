"""What all installations share."""

from __future__ import annotations

from typing import Any

import django_stubs_ext
import structlog
from csp.constants import NONCE, NONE, SELF
from django.urls import reverse_lazy

from polarismail.env import ROOT, env

# Admin and form classes of Django take type arguments only with this.
django_stubs_ext.monkeypatch()

DEBUG = False
ALLOWED_HOSTS: list[str] = []

INSTALLED_APPS = [
    "polarismail",
    "clientarea",
    "billing",
    "provisioning",
    "clients",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_fsm",
    "django_htmx",
    "django_include_bootstrap",
    "django_structlog",
    "csp",
    "lucide",
    "rest_framework",
    "sequences.apps.SequencesConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clientarea.visits.visit_middleware",
]

ROOT_URLCONF = "polarismail.urls"
WSGI_APPLICATION = "polarismail.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clientarea.context.brand",
                "clientarea.context.seats",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "lucide.templatetags.lucide",
            ],
        },
    }
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Whoever logs in

AUTH_USER_MODEL = "clients.User"
AUTHENTICATION_BACKENDS = ["clientarea.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("clientarea:home")
ACCOUNT_LOGOUT_REDIRECT_URL = reverse_lazy("account_login")
ACCOUNT_ADAPTER = "clientarea.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = (
    False  # a reset for an unknown address sends nothing, and says the same
)
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "clientarea.adapter.ResetTokens"  # noqa: S105  # a class
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
# Beside allauth's own: asking the vendor for a domain, and trying promotion codes.
ACCOUNT_RATE_LIMITS = {"check_domain": "20/m/ip", "promotion_code": "20/m/ip"}
MFA_ADAPTER = "clientarea.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Who signs up with somebody else's address cannot lock its owner out by a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = False
# For how long the link in an invitation works.
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)

# Cookies and headers

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "clientarea.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
IMAGE_SOURCES = [SELF, "data:"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": IMAGE_SOURCES,
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

# Language and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = "polarismail.formats"
# What a visitor chose on the log-in page; a login's own language goes before it.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")

# Static files

STATIC_URL = "/static/"

# The reseller's own name and look (docs/settings.md)

BRAND_NAME = env.str("BRAND_NAME", default="PolarisMail")
BRAND_COLOR = env.str("BRAND_COLOR", default="#3b4fd8")
BRAND_LOGO_URL = env.str("BRAND_LOGO_URL", default="")
if BRAND_LOGO_URL.startswith(("https://", "http://")):
    # A logo that lies elsewhere may be loaded from there, and nothing else may.
    IMAGE_SOURCES.append("/".join(BRAND_LOGO_URL.split("/")[:3]))
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="")
# Where the pages are, for the links in emails that no page has asked for.
SITE_URL = env.str("SITE_URL", default="http://localhost:8000")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Support <support@localhost>")

# Billing

# The currency that new clients begin with and reports are in.
BASE_CURRENCY = env.str("BASE_CURRENCY", default="USD")
# Where the terms of service are, linked where an order is placed.
TERMS_URL = env.str("TERMS_URL", default="")
# The local hour from which a day's work may begin; 0: with the first run of the day.
CRON_HOUR = env.int("CRON_HOUR", default=0)
# For how long the automation's runs, and the email that was sent, are kept.
AUTOMATION_LOG_DAYS = env.int("AUTOMATION_LOG_DAYS", default=90)
EMAIL_LOG_DAYS = env.int("EMAIL_LOG_DAYS", default=365)

# The vendor

# A callable that returns an httpx transport, given in place of the network. Tests only.
EMAILARRAY_TRANSPORT: Any = None
# More fields of provisioning.emailarray.ClientConfig: what the vendor's API leaves open.
EMAILARRAY_OPTIONS: dict[str, Any] = {
    # One call with its log-in, fail-over and repetitions; shorter than a web worker's patience.
    "total_timeout": env.float("EMAILARRAY_TIMEOUT_SECONDS", default=25.0),
    "logo_encoding": env.str("EMAILARRAY_LOGO_ENCODING", default="base64"),
    "vendor_time_zone": env.str("EMAILARRAY_TIME_ZONE", default="UTC"),
}
# Where DNS questions go, as host:port; empty means the machine's own resolvers.
DNS_RESOLVERS = env.list("DNS_RESOLVERS", default=[])
DNS_TIMEOUT_SECONDS = env.float("DNS_TIMEOUT_SECONDS", default=3.0)
# Where mail programs find their settings. The vendor does not document these hosts; an empty name
# leaves the record out of what customers are told to publish.
MAIL_AUTODISCOVER_HOST = env.str("MAIL_AUTODISCOVER_HOST", default="autodiscover.emailarray.com")
MAIL_AUTOCONFIG_HOST = env.str("MAIL_AUTOCONFIG_HOST", default="autodiscover.emailarray.com")
# Where mail programs and phones find a mailbox: the vendor's hosts, or names of the reseller's own.
MAIL_IMAP_HOST = env.str("MAIL_IMAP_HOST", default="imap.emailarray.com")
MAIL_POP_HOST = env.str("MAIL_POP_HOST", default="pop.emailarray.com")
MAIL_SMTP_HOST = env.str("MAIL_SMTP_HOST", default="smtp.emailarray.com")
MAIL_WEBMAIL_URL = env.str("MAIL_WEBMAIL_URL", default="https://login.emailarray.com")
# How long a worker may hold a job or batch; longer than CELERY_TASK_TIME_LIMIT, so that work is
# taken over only from a worker that is gone.
MODULE_JOB_LEASE_SECONDS = env.int("MODULE_JOB_LEASE_SECONDS", default=360)
# How long one message may keep a worker at an import or batch; the next message does the rest.
TURN_SECONDS = 90
# How long an unclear answer may turn into an effect after all; then what the vendor says counts.
SETTLE_SECONDS = env.int("SETTLE_SECONDS", default=60)
MIRROR_STALE_SECONDS = env.int("MIRROR_STALE_SECONDS", default=300)
VERIFICATION_POLL_SECONDS = env.int("VERIFICATION_POLL_SECONDS", default=600)
# How often an unverified domain that the vendor dropped is added again without anybody asking.
VERIFICATION_ADDITIONS = env.int("VERIFICATION_ADDITIONS", default=7)
# How long a deleted mailbox is kept, disabled, before it goes; 0 deletes it at once.
MAILBOX_TRASH_DAYS = env.int("MAILBOX_TRASH_DAYS", default=7)
MODULE_LOG_DAYS = env.int("MODULE_LOG_DAYS", default=30)
# Local parts that a customer cannot take.
RESERVED_LOCAL_PARTS = env.list("RESERVED_LOCAL_PARTS", default=["postmaster", "abuse"])
# Whether an alias or the catch-all may lead out of its own domain.
ALIAS_EXTERNAL_TARGETS = env.bool("ALIAS_EXTERNAL_TARGETS", default=True)

# Celery: the database holds the work, a message only wakes a worker.

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {"task": "provisioning.sweep", "schedule": 15.0, "options": {"expires": 15}},
    "refresh-servers": {
        "task": "provisioning.refresh_servers",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
    "clients-sweep": {"task": "clients.sweep", "schedule": 30.0, "options": {"expires": 30}},
    "billing-cron": {"task": "billing.cron", "schedule": 300.0, "options": {"expires": 300}},
    "prune-module-log": {"task": "provisioning.prune_module_log", "schedule": 86400.0},
}

# Logs: one line of key=value pairs per event, request ids carried into tasks.

DJANGO_STRUCTLOG_CELERY_ENABLED = True
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Where rich is installed, its tracebacks would show what every variable held.
                structlog.dev.ConsoleRenderer(
                    colors=False, exception_formatter=structlog.dev.plain_traceback
                ),
            ],
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # httpx logs every address it calls; the module log holds that, masked.
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
}

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
