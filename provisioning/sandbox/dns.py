"""A small real DNS server, over UDP and TCP, for the zones the stand-in holds."""

from __future__ import annotations

import contextlib
import socketserver
import struct
import threading

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.rrset

from provisioning.sandbox.zone import Record, Zone

_TTL = 5
_LONGEST_STRING = 255
_PLAIN_SIZE = 512
_ATTEMPTS = 20
_NAME_SERVER = "ns1.emailarray.com."
_PATIENCE = 2.0
_LENGTH = struct.Struct("!H")  # stands before every message over TCP


class DnsServer:
    """Answers for a `Zone` on one port, UDP and TCP, until closed."""

    def __init__(self, zone: Zone, *, host: str, port: int) -> None:
        self._udp, self._tcp = _bound(zone, host, port)
        self.port: int = self._udp.server_address[1]
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            for server in (self._udp, self._tcp)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        for server in (self._udp, self._tcp):
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()


def ask_texts(name: str, *, host: str, port: int) -> list[str]:
    """Ask a server for the TXT values of a name, over the wire; none if it does not answer."""
    question = dns.message.make_query(name, dns.rdatatype.TXT, use_edns=0)
    try:
        reply, _ = dns.query.udp_with_fallback(question, host, port=port, timeout=_PATIENCE)
    except (dns.exception.DNSException, OSError):
        return []
    return [
        b"".join(rdata.strings).decode("utf-8", "replace")
        for rrset in reply.answer
        if rrset.rdtype == dns.rdatatype.TXT
        for rdata in list(rrset)
    ]


def answer(zone: Zone, wire: bytes, *, limit: int | None) -> bytes | None:
    """Return the reply to a query; `limit` is the transport's size, None for TCP."""
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR:
        return None
    reply = dns.message.make_response(query)
    if len(query.question) != 1:
        reply.set_rcode(dns.rcode.FORMERR)
        return reply.to_wire()
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True)
    rtype = dns.rdatatype.to_text(question.rdtype)
    found = zone.ask(name, rtype)
    if found.apex is None:
        reply.set_rcode(dns.rcode.REFUSED)
        return reply.to_wire()
    reply.flags |= dns.flags.AA
    for record in found.records or _own_records(name, rtype, found.apex):
        _add(reply.answer, record)
    if not reply.answer:
        _add(reply.authority, _soa(found.apex))
    if found.status == "nxdomain":
        reply.set_rcode(dns.rcode.NXDOMAIN)
    size = 65535 if limit is None else max(limit, query.payload if query.edns >= 0 else 0)
    return reply.to_wire(max_size=size, prefer_truncation=True)


def _own_records(name: str, rtype: str, apex: str) -> list[Record]:
    if name.lower() != apex:
        return []
    if rtype == "NS":
        return [Record(apex, "NS", _NAME_SERVER)]
    return [_soa(apex)] if rtype == "SOA" else []


def _soa(apex: str) -> Record:
    return Record(apex, "SOA", f"{_NAME_SERVER} hostmaster.{apex}. 1 3600 600 86400 {_TTL}")


def _add(section: list[dns.rrset.RRset], record: Record) -> None:
    name = dns.name.from_text(record.name)
    rtype = dns.rdatatype.from_text(record.rtype)
    rrset = next((known for known in section if known.match(name, 1, rtype, 0)), None)
    if rrset is None:
        rrset = dns.rrset.RRset(name, dns.rdataclass.IN, rtype)
        section.append(rrset)
    rrset.add(_rdata(record, rtype), _TTL)


def _rdata(record: Record, rtype: dns.rdatatype.RdataType) -> dns.rdata.Rdata:
    if rtype == dns.rdatatype.TXT:
        text = record.value.encode()
        cuts = range(0, len(text), _LONGEST_STRING)
        strings = [text[cut : cut + _LONGEST_STRING] for cut in cuts]
        return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, rtype, strings)
    origin = dns.name.root
    return dns.rdata.from_text(
        dns.rdataclass.IN, rtype, record.value, origin=origin, relativize=False
    )


class _Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True
    zone: Zone


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    zone: Zone


class _UdpHandler(socketserver.BaseRequestHandler):
    server: _Udp

    def handle(self) -> None:
        wire, sock = self.request
        reply = answer(self.server.zone, wire, limit=_PLAIN_SIZE)
        if reply is not None:
            with contextlib.suppress(OSError):
                sock.sendto(reply, self.client_address)


class _TcpHandler(socketserver.StreamRequestHandler):
    server: _Tcp
    timeout = _PATIENCE

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while head := self.rfile.read(_LENGTH.size):
                if len(head) < _LENGTH.size:
                    return
                wire = self.rfile.read(_LENGTH.unpack(head)[0])
                reply = answer(self.server.zone, wire, limit=None)
                if reply is None:
                    return
                self.wfile.write(_LENGTH.pack(len(reply)) + reply)


def _bound(zone: Zone, host: str, port: int) -> tuple[_Udp, _Tcp]:
    """Bind both transports to one port; with port 0 look for one that both can have."""
    for attempt in range(_ATTEMPTS):
        udp = _Udp((host, port), _UdpHandler)
        try:
            tcp = _Tcp((host, udp.server_address[1]), _TcpHandler)
        except OSError:
            udp.server_close()
            if port or attempt == _ATTEMPTS - 1:
                raise
            continue
        udp.zone = tcp.zone = zone
        return udp, tcp
    raise OSError("No port is free for UDP and TCP at once")
