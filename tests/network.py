"""Refuses every connection that would leave this machine, and remembers who tried.

An audit hook sees the calls below `socket`, `asyncio`, `httpx` and `requests` alike, also from other threads. It does
not see libraries that open sockets in native code: for those, `test_offline.py` takes the network away from a process.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

_ADDRESS_AT = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
_NAME_AT = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.gethostbyaddr": 0}

attempts: list[str] = []


class NetworkRefused(OSError):
    """A test tried to reach another machine."""


def is_local(host: object) -> bool:
    """Whether a host name or address stays on this machine; names other than `localhost` do not."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host == "":
        return True
    name = str(host).casefold().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    # The unspecified address is what a server binds to; connecting to it reaches this machine.
    return (mapped or address).is_loopback or address.is_unspecified


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in _ADDRESS_AT:
        address = arguments[_ADDRESS_AT[event]]
        if arguments[0].family not in {socket.AF_INET, socket.AF_INET6} or not address or is_local(address[0]):
            return
        where = f"{address[0]} port {address[1]}"
    elif event in _NAME_AT:
        if is_local(arguments[_NAME_AT[event]]):
            return
        where = str(arguments[_NAME_AT[event]])
    else:
        return
    attempts.append(where)
    raise NetworkRefused(
        f"`{event}` must stay on this machine in tests; got {where}. Serve a fake on 127.0.0.1 instead."
    )


def refuse() -> None:
    """Refuses from now on, for the whole process; an audit hook cannot be taken away again."""
    if not getattr(sys, "_xiaoka_network_refused", False):
        sys._xiaoka_network_refused = True  # type: ignore[attr-defined]
        sys.addaudithook(_refuse)
