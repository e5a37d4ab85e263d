"""DKIM: a key per domain, issued when signing is first switched on."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from provisioning.sandbox.calls import Call, registry
from provisioning.sandbox.wire import Answer

_HOST = "ea1._domainkey"


@registry.action("getDKIM", requires=("domain",), domain_field="domain")
def state(call: Call) -> Answer:
    """Answer the flag as text, with host and key as far as they were issued."""
    domain = call.domain
    return Answer(
        {
            "dkim_enabled": domain["dkim_enabled"],
            "dkim_host": domain["dkim_host"],
            "dkim_key": domain["dkim_key"],
        }
    )


@registry.action("enableDKIM", requires=("domain",), domain_field="domain", writes=True)
def enable(call: Call) -> Answer:
    """Switch signing on; host and key stand beside the sentence, without underscore."""
    host = call.domain["dkim_host"] or _HOST
    key = call.domain["dkim_key"] or new_key()
    call.world.store.run(
        "UPDATE domains SET dkim_enabled = '1', dkim_host = ?, dkim_key = ? WHERE id = ?",
        host,
        key,
        call.domain["id"],
    )
    return Answer("DKIM enabled", beside={"dkimhost": host, "dkimkey": key})


@registry.action("disableDKIM", requires=("domain",), domain_field="domain", writes=True)
def disable(call: Call) -> Answer:
    """Switch signing off; the key is kept."""
    call.world.store.run("UPDATE domains SET dkim_enabled = '0' WHERE id = ?", call.domain["id"])
    if call.world.switches.dkim_disable_drops_key:
        call.world.store.run(
            "UPDATE domains SET dkim_host = '', dkim_key = '' WHERE id = ?", call.domain["id"]
        )
    return Answer("DKIM disabled")


def new_key() -> str:
    """Return the text of a DKIM record with a new public key; nobody keeps the private one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    spelled = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return "v=DKIM1; k=rsa; p=" + base64.b64encode(spelled).decode()
