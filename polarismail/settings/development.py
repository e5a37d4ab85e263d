"""A developer's machine: SQLite, an embedded broker, secrets made on the first run."""

from __future__ import annotations

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key

from polarismail.env import VAR, development_secret, encryption_keys, env
from polarismail.settings.base import *  # noqa: F403
from polarismail.settings.caches import cache
from polarismail.settings.databases import database

VAR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=True)
ALLOWED_HOSTS = ["*"] if DEBUG else ["localhost", "127.0.0.1", "[::1]"]
SECRET_KEY = env.str("SECRET_KEY", default="") or development_secret(
    "secret.key", get_random_secret_key()
)
ENCRYPTION_KEYS = encryption_keys(
    env.str("ENCRYPTION_KEYS", default="")
    or development_secret("encryption.key", Fernet.generate_key().decode())
)

DATABASES = {"default": database(f"sqlite:///{VAR / 'polarismail.sqlite3'}")}

_redis = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = _redis or "memory://"
CACHES = cache(_redis)
if not _redis:
    # One process holds the web, the worker and beat; the queue is asked a hundred times a second.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.01}

# Without DEBUG the files are served as they lie in the apps, with no collectstatic before.
WHITENOISE_USE_FINDERS = True

EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = VAR / "mail"
# Passkeys work on localhost without TLS.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
