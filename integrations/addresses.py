"""Which addresses a connection may call: https, and only hosts that are public on the Internet.

Settings are typed by people: without this guard a connection could be pointed at the hub's own
network. The check stands where the socket is opened, on the address really used, so that a name
cannot be looked up twice with two answers.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

import httpcore
import httpx

from integrations.errors import ConfigError


def _refusal(host: str) -> ConfigError:
    return ConfigError(
        f"{host} is an address inside a private network. Only a sandbox may use one.",
        setting="base_url",
    )


def is_public(address: str) -> bool:
    """Whether an IP address is reachable on the Internet (mapped and tunnelled forms included)."""
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return parsed.ipv4_mapped.is_global
        if parsed.sixtofour is not None or parsed.teredo is not None:
            return False
    return parsed.is_global and not parsed.is_multicast


def refuse_unsafe_url(url: str, *, sandbox: bool) -> None:
    """Raise ConfigError unless `url` is https with a public host; a sandbox may have any."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ConfigError("The address is not a web address.", setting="base_url") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigError("The address has to begin with https://.", setting="base_url")
    if parsed.userinfo:
        raise ConfigError("The address must not hold a user or password.", setting="base_url")
    if sandbox:
        return
    if parsed.scheme != "https":
        raise ConfigError("The address has to begin with https://.", setting="base_url")
    host = parsed.host.rstrip(".").lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        raise _refusal(host)
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    if not is_public(str(literal)):
        raise _refusal(host)


class GuardedBackend(httpcore.NetworkBackend):
    """Opens sockets to public addresses only, and to the very address it has checked."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} is not known: {error.strerror}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses or any(not is_public(address) for address in addresses):
            raise _refusal(host)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        raise _refusal(path)


class GuardedTransport(httpx.HTTPTransport):
    """HTTP/1.1 over kept connections; the guarded backend is left out for a sandbox."""

    def __init__(self, *, sandbox: bool) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        limits = httpx.Limits(max_connections=4, max_keepalive_connections=4, keepalive_expiry=20)
        super().__init__(verify=context, trust_env=False, http2=False, limits=limits)
        if not sandbox:
            # httpx has no public door for a network backend; a test holds this one open.
            self._pool = httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=limits.max_connections,
                max_keepalive_connections=limits.max_keepalive_connections,
                keepalive_expiry=limits.keepalive_expiry,
                http2=False,
                network_backend=GuardedBackend(),
            )
