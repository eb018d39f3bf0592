# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle onto a host from a web server: the engine against curl and tar, and a play against get_url and unarchive."""

from __future__ import annotations

from collections.abc import Iterator

from . import documents
from .command import Command
from .comparison import Comparison
from .contest import Contender, hold
from .file_server import serve
from .ingredients import Ingredients

AIM_BY_HAND = 1.1
AIM_OF_PLAY = 0.6
# The pipe is a named one, so that the shell can wait for the sum.
_PIPELINE = """
mkdir -p "$3"
mkfifo "$3.pipe"
sha256sum <"$3.pipe" >"$3.sum" &
curl --fail --silent --show-error "$1" | tee "$3.pipe" | tar -xzf - -C "$3"
wait $!
read -r sum _ <"$3.sum"
[ "$sum" = "$2" ]
"""
_PIPELINE_DURABLE = _PIPELINE + 'sync --file-system "$3"\n'


def compare(made: Ingredients, *, rounds: int | None) -> Iterator[Comparison]:
    """Install into a fresh place in every round."""
    python = made.temporary_python()
    base = made.space.directory("bundle-install")
    with serve(made.repository.parent) as address:
        url = f"{address}/{made.archive_in_repository}"

        def engine(number: int) -> Command:
            request = documents.converge_request(base / f"engine-{number}", made.archive, {}, sources={made.archive.sha256: [url]})
            return made.by_hand(python, f"install-{number}", request, shows='"changed": true')

        def pipeline(number: int, script: str, name: str) -> Command:
            return made.script(script, url, made.archive.sha256, base / f"{name}-{number}")

        def unpack_play(number: int) -> Command:
            into = made.space.directory("bundle-install", f"unarchive-{number}")
            tasks = documents.unpack_tasks(url, sha256=made.archive.sha256, archive=base / f"archive-{number}.tar.gz", into=into)
            return made.playbook(f"unarchive-{number}", documents.plays(tasks, interpreter=python), shows="ok=2 +changed=2 ")

        def bundle_play(number: int) -> Command:
            task = documents.bundle_task(base / f"play-{number}", repository=f"{address}/{made.repository.name}")
            return made.playbook(f"bundle-{number}", documents.play(task), shows="ok=1 +changed=1 ")

        contenders = [
            Contender("engine by hand", engine),
            Contender("curl, tee sha256sum, tar", lambda number: pipeline(number, _PIPELINE, "pipeline")),
            Contender("the same, synced", lambda number: pipeline(number, _PIPELINE_DURABLE, "synced")),
            Contender("hermetic.python.bundle", bundle_play),
            Contender("get_url + unarchive", unpack_play),
        ]
        title = f"bundle install ({made.archive.size / 1e6:.0f} MB)"
        took = hold(title, contenders, rounds=rounds or 7, tell=made.tell)
    yield Comparison(title, took["engine by hand"], took["curl, tee sha256sum, tar"])
    yield Comparison(title, took["engine by hand"], took["the same, synced"], aim=AIM_BY_HAND)
    yield Comparison(title, took["engine by hand"], took["get_url + unarchive"])
    yield Comparison(f"{title}, host without Python", took["hermetic.python.bundle"], took["get_url + unarchive"], aim=AIM_OF_PLAY)
