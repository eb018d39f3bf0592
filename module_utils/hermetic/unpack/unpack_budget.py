# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much an archive may unpack to: a multiple of its own size, or what the option ``unpack_limit`` says."""

from __future__ import annotations

from ..errors import UnsafeArchive

MIB = 1 << 20
# Deflate shrinks a thousandfold at most; sources and data of packages shrink three to ten times, and the rest is zeros or an attack.
RATIO = 50
FLOOR = 256 * MIB
# Every entry costs a block and an inode on the host's disk, so that a million empty ones are no small archive either.
ENTRY_COST = 4096


def shown(size: int) -> str:
    """Return a number of bytes as a reader takes it in."""
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / MIB:.1f} MiB"


class UnpackBudget:
    """What one archive may still unpack to; ``take`` raises UnsafeArchive where it is too much."""

    def __init__(self, subject: str, *, archive_size: int, limit_mib: int = 0) -> None:
        self._subject = subject
        self._archive_size = archive_size
        self._own_rule = not limit_mib
        self.limit = limit_mib * MIB if limit_mib else max(FLOOR, RATIO * archive_size)
        self.spent = 0
        self.entries = 0
        self._directories = 0

    @property
    def most_entries(self) -> int:
        """The number of entries that would use the budget up, were all of them empty."""
        return self.limit // ENTRY_COST

    def take(self, *sizes: int) -> None:
        """Spend what entries of these sizes take on the disk, all at once, so that the error says what they come to."""
        self.entries += len(sizes)
        self.spent += sum(max(-(-size // ENTRY_COST), 1) * ENTRY_COST for size in sizes)
        if self.spent > self.limit:
            raise self.exceeded(self.spent, at_least=False)

    def take_directories(self, total: int) -> None:
        """Charge the directories that only the paths of entries name; ``total`` is how many there are by now."""
        self.take(*[0] * (total - self._directories))
        self._directories = total

    def check_stream(self, length: int) -> None:
        """Hold what has been decompressed so far, headers and padding included, against the limit."""
        if length > self.limit + self.entries * ENTRY_COST:
            raise self.exceeded(length)

    def check_count(self, entries: int) -> None:
        """Hold a number of entries, whose sizes are not known yet, against the limit."""
        if entries > self.most_entries:
            raise self.exceeded(entries * ENTRY_COST)

    def exceeded(self, size: int, *, at_least: bool = True) -> UnsafeArchive:
        """Return the error that says what was found, the limit, and the option that raises it."""
        holds = f"would unpack to {shown(size)}{' or more' if at_least else ''} in {self.entries or 'too many'} entries"
        whose = f"archives of its size ({shown(self._archive_size)}) may take" if self._own_rule else "the option unpack_limit allows"
        return UnsafeArchive(
            f"{self._subject} {holds}, and {whose} {shown(self.limit)} ({self.most_entries} entries); it was not unpacked. "
            f"If it is meant to be that large, set the option unpack_limit to {size // MIB + 1} (MiB) or more; else find out who made it."
        )
