# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium that shows pages from files and notes everything that goes wrong in them."""

from __future__ import annotations

import base64
import importlib.util
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

HOSTS = 10_000
"""How many hosts the report of the large page has."""
DESKTOP = (1440, 900)
PHONE = (390, 844)

# Without these a browser in a container without a network waits for, or complains about, services that it does not need here.
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
# What is far below the window is not laid out, and so has no inner text yet.
_SEEN = "((element) => (element.innerText || element.textContent).trim())"
_PAINTED = "const done = arguments[arguments.length - 1]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)));"


def reason_without_browser() -> str | None:
    """Return why there is no browser to test with, or None."""
    if importlib.util.find_spec("selenium") is None:
        return "selenium is not installed: make browser installs it"
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not found: as root, make browser installs Debian's chromium and chromium-driver" if missing else None


def axe_script() -> str | None:
    """Return the text of axe-core, which a Python package brings along, or None where that is not installed."""
    spec = importlib.util.find_spec("axe_playwright_python")
    folders = list(spec.submodule_search_locations or []) if spec else []
    return (Path(folders[0]) / "axe.min.js").read_text(encoding="utf-8") if folders else None


class Browser:
    """One window, whose size, colours and scripts can be changed."""

    def __init__(self, profile: Path) -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or ""))
        self.driver.set_script_timeout(300)
        self.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})

    def quit(self) -> None:
        """End the browser."""
        self.driver.quit()

    def look(self, size: tuple[int, int] = DESKTOP, *, dark: bool = False, media: str = "") -> None:
        """Set the size of the window, its colours, and what it shows pages for."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def open(self, address: str, **filters: str) -> float:
        """Show the page again and return the seconds until it was painted; fails on any message in the console."""
        # The same file with another fragment would only be a jump within the page.
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        started = time.monotonic()
        self.driver.get(address + (f"#{urlencode(filters)}" if filters else ""))
        self.driver.execute_async_script(_PAINTED)
        elapsed = time.monotonic() - started
        assert self.run("return document.documentElement.dataset.ready") == "", self.console()
        assert self.console() == []
        return elapsed

    def console(self) -> list[str]:
        """Return what the console says since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def run(self, script: str, *arguments: Any) -> Any:
        """Return the result of a script in the page."""
        return self.driver.execute_script(script, *arguments)

    def milliseconds(self, action: str, *arguments: Any) -> tuple[float, float]:
        """Return how long it takes from an action until the page has counted again and painted: by the clock, and by the page's own work."""
        script = """
            const done = arguments[arguments.length - 1];
            const found = document.getElementById("found");
            const before = found.textContent;
            const started = performance.now();
            const look = () => {
              if (found.textContent !== before) requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
              else if (performance.now() - started > 20000) done(-1);
              else setTimeout(look, 1);
            };
            (function () { %s }).apply(null, arguments);
            look();
        """
        before = self._worked()
        elapsed = self.driver.execute_async_script(script % action, *arguments)
        assert elapsed >= 0, f"nothing changed: {action}"
        return float(elapsed), self._worked() - before

    def _worked(self) -> float:
        """Return the milliseconds of processor time that the page's main thread took: what a busy machine does meanwhile is not in them."""
        metrics = self.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return 1000 * next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")

    def text(self, selector: str) -> str:
        """Return the text that a person sees in the first such element."""
        return str(self.run(f"return {_SEEN}(document.querySelector(arguments[0]))", selector))

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all such elements."""
        return list(self.run(f"return [...document.querySelectorAll(arguments[0])].map({_SEEN})", selector))

    @property
    def found(self) -> int:
        """How many hosts the page says match."""
        return int(self.text("#found").split()[0].replace(",", ""))

    def click(self, selector: str) -> None:
        """Click as a person does: it must be visible and not covered."""
        element = self.driver.find_element("css selector", selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def keys(self, *keys: str) -> None:
        """Type into whatever has the focus."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def screenshot(self, path: Path) -> None:
        """Write what the window shows."""
        path.write_bytes(base64.b64decode(self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]))

    def printed(self) -> bytes:
        """Return the page as a PDF on A4."""
        made = self.driver.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": False})
        return base64.b64decode(made["data"])
