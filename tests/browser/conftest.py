# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the browser's tests a browser, and the makers of report documents that lie with the tests of the report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "report"), str(HERE.parent / "security")]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One headless Chromium for all tests; skips, and says why, where there is none."""
    from browsing import Browser, reason_without_browser

    reason = reason_without_browser()
    if reason:
        pytest.skip(reason)
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.quit()


@pytest.fixture(scope="session")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Any], str]:
    """Write the page of a report document once, and return its address."""
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.formats.html_page import html_page

    folder = tmp_path_factory.mktemp("pages")

    def write(name: str, report: Any) -> str:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(html_page(report), encoding="utf-8")
        return path.as_uri()

    return write


@pytest.fixture(scope="session")
def report() -> dict[str, Any]:
    """Return the report of a large fleet."""
    from browsing import HOSTS
    from generated_fleet import fleet

    return fleet(HOSTS, 1)


@pytest.fixture
def large(browser: Any, page_of: Callable[[str, Any], str], report: dict[str, Any]) -> str:
    """Return the address of its page, with the window as it was."""
    browser.look()
    return page_of("large", report)


@pytest.fixture(scope="session")
def few() -> dict[str, Any]:
    """Return the report of a small one."""
    from generated_fleet import fleet

    return fleet(150, 3)


@pytest.fixture
def small(browser: Any, page_of: Callable[[str, Any], str], few: dict[str, Any]) -> str:
    """Return the address of its page, with the window as it was."""
    browser.look()
    return page_of("small", few)
