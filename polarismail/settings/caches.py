"""How the cache is opened: Redis for several processes, memory for one."""

from __future__ import annotations

from typing import Any


def cache(redis_url: str) -> dict[str, Any]:
    """Return the settings of the cache; a server that hangs is given up after some seconds."""
    if not redis_url:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_url,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 3},
        }
    }
