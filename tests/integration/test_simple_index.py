# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simple index on a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.net.controller_cache import ControllerCache
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from supply_samples import LINUX, make_html_index, make_wheel, served, sha256


def cache(tmp_path: Path) -> ControllerCache:
    return ControllerCache.at(tmp_path / "cache")


@pytest.mark.parametrize("form", ["html", "html without hashes", "json", "page of links"])
def test_a_served_index_in_each_form(tmp_path: Path, form: str) -> None:
    wheel = make_wheel(tmp_path / "web" / "files", "some_pkg-1.0-py3-none-any.whl")
    web = tmp_path / "web"
    if form == "json":
        page = web / "simple" / "some-pkg" / "page.json"
        page.parent.mkdir(parents=True)
        file = {"filename": wheel.name, "url": f"/files/{wheel.name}", "hashes": {"sha256": sha256(wheel)}, "size": wheel.stat().st_size}
        page.write_text(json.dumps({"meta": {"api-version": "1.0"}, "files": [file]}))
    elif form == "page of links":
        (web / "links.html").write_text(f'<a href="files/{wheel.name}#sha256={sha256(wheel)}">x</a>')
    else:
        make_html_index(web, [wheel], hashes=form == "html")
    (tmp_path / "requirements.txt").write_text(f"Some.Pkg==1.0 --hash=sha256:{sha256(wheel)}\n")
    with served(web) as server:
        server.failures = 1
        links = [f"{server.url}/links.html"] if form == "page of links" else []
        url = server.url.replace("http://", "http://me:secret@") + "/simple"
        supply = Supply.from_options({"cache": tmp_path / "cache", "index_url": url, "find_links": links, "ca_path": "/none", "retries": 2})
        [found] = supply.select(supply.lock(tmp_path / "requirements.txt"), LINUX).wheels
        assert found.url == f"{server.url}/files/{wheel.name}"
        assert found.sha256 == sha256(wheel)
        assert any(authorization and authorization.startswith("Basic ") for _, authorization in server.asked)
        assert list(supply.credentials.values()) == [{"username": "me", "password": "secret"}]
        assert supply.download(found).read_bytes() == wheel.read_bytes()
