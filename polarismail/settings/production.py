"""A real installation: nothing is guessed, a missing value stops the start."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from polarismail.env import ROOT, encryption_keys, env, required
from polarismail.settings.base import *  # noqa: F403
from polarismail.settings.caches import cache
from polarismail.settings.databases import database

SECRET_KEY = required("SECRET_KEY")
SHORTEST_SECRET_KEY = 50
if len(SECRET_KEY) < SHORTEST_SECRET_KEY:
    raise ImproperlyConfigured(f"SECRET_KEY needs at least {SHORTEST_SECRET_KEY} characters.")
ENCRYPTION_KEYS = encryption_keys(required("ENCRYPTION_KEYS"))
ALLOWED_HOSTS = [host.strip() for host in required("ALLOWED_HOSTS").split(",")]
SITE_URL = env.str("SITE_URL", default=f"https://{ALLOWED_HOSTS[0].lstrip('.')}")
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS if host != "*"]

DATABASES = {"default": database(required("DATABASE_URL"))}
CELERY_BROKER_URL = required("REDIS_URL")
CACHES = cache(CELERY_BROKER_URL)

DEFAULT_FROM_EMAIL = required("DEFAULT_FROM_EMAIL")
vars().update(env.email("EMAIL_URL", default="smtp://localhost:25"))

# Where `manage.py collectstatic` puts what nginx serves.
STATIC_ROOT = ROOT / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# nginx terminates TLS and sets this header itself (deploy/nginx.conf).
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
# Being preloaded into browsers binds the whole domain for years; that is not for us to offer.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1)
