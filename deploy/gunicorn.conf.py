"""How gunicorn serves the pages behind nginx; systemd hands it the socket."""

from __future__ import annotations

# Pages wait for the database and now and then for the vendor, so threads: a slow vendor holds one.
# GUNICORN_CMD_ARGS in the environment file overrides what stands here ("--workers 4").
workers = 2
worker_class = "gthread"
threads = 8

# Longer than the deadlines of the vendor's client, so that a slow vendor ends a request, not us.
timeout = 60
graceful_timeout = 30
keepalive = 5

# A worker that leaks is replaced long before anybody notices; not all of them at once.
max_requests = 5000
max_requests_jitter = 500

# Only nginx can open the socket, so what it says about the visitor holds.
forwarded_allow_ips = "*"
control_socket_disable = True
accesslog = None
errorlog = "-"
