"""The demo's ports."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from polarismail.demo.ports import HOST, free_port, is_free, remembered_ports

pytestmark = pytest.mark.enable_socket
NAMES = ("broker", "stand-in", "dns")


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_in_use_is_not_free(kind: socket.SocketKind) -> None:
    port = free_port()
    assert is_free(port)

    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind((HOST, port))
        if kind == socket.SOCK_STREAM:
            holder.listen()

        assert not is_free(port)


def test_ports_stay_the_same_from_one_start_to_the_next(tmp_path: Path) -> None:
    first = remembered_ports(tmp_path / "ports.json", NAMES, taken=[8000])

    second = remembered_ports(tmp_path / "ports.json", NAMES, taken=[8000])

    assert second == first
    assert len(set(first.values())) == len(NAMES)


def test_only_a_port_that_was_lost_changes(tmp_path: Path) -> None:
    note = tmp_path / "ports.json"
    first = remembered_ports(note, NAMES, taken=[])

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
        holder.bind((HOST, first["stand-in"]))
        holder.listen()
        second = remembered_ports(note, NAMES, taken=[])

    assert second["stand-in"] != first["stand-in"]
    assert (second["broker"], second["dns"]) == (first["broker"], first["dns"])


def test_the_port_of_the_pages_is_left_alone(tmp_path: Path) -> None:
    note = tmp_path / "ports.json"
    wanted = remembered_ports(note, NAMES, taken=[])["dns"]

    ports = remembered_ports(note, NAMES, taken=[wanted])

    assert wanted not in ports.values()
