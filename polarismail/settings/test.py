"""The test suite: SQLite in memory unless DATABASE_URL and REDIS_URL name real servers."""

from __future__ import annotations

from cryptography.fernet import Fernet

from polarismail.env import VAR, env
from polarismail.settings.base import *  # noqa: F403
from polarismail.settings.caches import cache
from polarismail.settings.databases import database

SECRET_KEY = "only-for-tests"  # noqa: S105
ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
SITE_URL = "http://testserver"
TERMS_URL = "http://testserver/terms"
DATABASES = {"default": database("sqlite://:memory:")}
_redis = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = _redis or "memory://"
# Tests that need a worker of its own start one, under other settings.
CELERY_TASK_ALWAYS_EAGER = True
CACHES = cache(_redis)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Passkeys work on localhost without TLS.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
# Nobody answers there; tests that ask DNS name the stand-in's server.
DNS_RESOLVERS = ["127.0.0.1:9"]
DNS_TIMEOUT_SECONDS = 0.1
EMAILARRAY_OPTIONS = {"retry_wait_initial": 0.0, "retry_wait_max": 0.0, "retry_wait_jitter": 0.0}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
LOGGING["root"]["level"] = "CRITICAL"  # noqa: F405
# pytest shows what a failed test has logged; written for nobody, it would cost seconds.
LOGGING["handlers"]["console"] = {"class": "logging.NullHandler"}  # noqa: F405
VAR.mkdir(parents=True, exist_ok=True)
# Static files come from where they lie: nothing was collected.
WHITENOISE_AUTOREFRESH = True
