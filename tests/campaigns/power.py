# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root on a disk of its own that loses its power: what was not flushed is gone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from killing import Scenario, Stage

SIZE = "192M"
# Nothing but the engine's own flushes brings anything to the disk: the journal of the file system waits much longer than a run takes.
OPTIONS = "loop,commit=300"


def mount(image: Path, place: Path) -> None:
    """Mount a disk image."""
    subprocess.run(["mount", "-o", OPTIONS, str(image), str(place)], check=True)


def unmount(place: Path) -> None:
    """Unmount it, whoever still has something open there."""
    subprocess.run(["umount", str(place)], check=False, stderr=subprocess.DEVNULL)
    if os.path.ismount(place):
        subprocess.run(["umount", "--lazy", str(place)], check=True)


class Disk(Stage):
    """A stage whose root lies on a disk image."""

    def __init__(self, place: Path, scenario: Scenario) -> None:
        self.image = place / "disk.img"
        self.before = place / "before.img"
        self.cut = place / "cut.img"
        self.mounted = place / "root"
        place.mkdir(parents=True)
        subprocess.run(["truncate", "-s", SIZE, str(self.image)], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0", str(self.image)], check=True)
        mount_point = place / "mounted"
        mount_point.mkdir()
        self._mount_point = mount_point
        mount(self.image, mount_point)
        super().__init__(mount_point / "stage", scenario)
        super().put_back()
        unmount(mount_point)
        shutil.copyfile(self.image, self.before)

    def put_back(self) -> None:
        """Give the disk the content of before the change."""
        if not self.before.exists():
            super().put_back()
            return
        unmount(self._mount_point)
        subprocess.run(["cp", "--sparse=always", str(self.before), str(self.image)], check=True)
        mount(self.image, self._mount_point)

    def power_cut(self, moment: float) -> bool:
        """Begin the change, take the power away after some seconds and start the machine again; False when the run was over by then."""
        process = self.start()
        time.sleep(moment)
        over = process.poll() is not None
        if not over:
            os.killpg(process.pid, signal.SIGSTOP)
        # What the file system has sent to its device by now, and nothing that only memory holds.
        subprocess.run(["cp", "--sparse=always", str(self.image), str(self.cut)], check=True)
        if not over:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        unmount(self._mount_point)
        self.cut.rename(self.image)
        mount(self.image, self._mount_point)
        return not over

    def close(self) -> None:
        """Take the disk away."""
        unmount(self._mount_point)
