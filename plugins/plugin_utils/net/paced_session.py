# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session of ``requests`` whose answers keep a pace, and that neither follows a redirect nor tries again by itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ...module_utils.hermetic.fetching.pacing import Pace, PacedResponse

_pace: ContextVar[Pace | None] = ContextVar("pace", default=None)


def paced_session(proxy: str | None) -> requests.Session:
    """Make a session that any number of threads may use."""
    # What the library warns of holds addresses with their queries, and Ansible writes warnings into its log.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    session = _Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(max_retries=0, pool_maxsize=32))
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    return session


@contextmanager
def keeping(pace: Pace) -> Iterator[None]:
    """Let what is asked for within, in this thread, keep this pace."""
    before = _pace.set(pace)
    try:
        yield
    finally:
        _pace.reset(before)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return none: to follow one, the library would first read what came with it, which may have no end."""
        del resp
        return None


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


def _answer(*arguments: Any, **named: Any) -> PacedResponse:
    return PacedResponse(*arguments, pace=_pace.get(), **named)


class _Plain(HTTPConnection):
    response_class = staticmethod(_answer)  # type: ignore[assignment]


class _Secure(HTTPSConnection):
    response_class = staticmethod(_answer)  # type: ignore[assignment]


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}
