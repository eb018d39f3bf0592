# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every PowerShell file that hosts run is one that Windows PowerShell 5.1 takes; PowerShell's own parser tells."""

from __future__ import annotations

import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CHECK = Path(__file__).with_name("powershell_syntax.ps1")
SHIPPED = sorted([*PROJECT.glob("library/*.ps1"), *PROJECT.glob("module_utils/**/*.psm1"), *PROJECT.glob("plugins/plugin_utils/**/*.ps1")])


def _problems(powershell: Path, *files: Path) -> list[str]:
    command = [str(powershell), "-NoProfile", "-NonInteractive", "-File", str(CHECK), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = [line.split("\t") for line in done.stdout.splitlines() if line.strip()]
    return [f"{Path(path).name} {line} {problem}" for path, line, problem in found]


def test_nothing_that_hosts_run_is_newer_than_windows_powershell_5_1(linux_powershell: Path) -> None:
    assert [path.name for path in SHIPPED if path.name == "win_engine.ps1"], SHIPPED
    assert _problems(linux_powershell, *SHIPPED) == []


def test_the_check_finds_what_came_later(linux_powershell: Path, tmp_path: Path) -> None:
    newer = [
        ("$a = $b ?? 1", "operator ??"),
        ("$b ??= 1", "operator ??="),
        ("$a = ${b}?.Length", "operator ?."),
        ("$a = ${b}?[0]", "operator ?["),
        ("$a = $b ? 1 : 2", "syntax TernaryExpression"),
        ("New-Object -TypeName x && New-Object -TypeName y", "syntax PipelineChain"),
        ("1, 2 | ForEach-Object -Parallel { $_ }", "parameter -Parallel of ForEach-Object"),
        ("$a = ConvertFrom-Json -InputObject $b -AsHashtable", "parameter -AsHashtable of ConvertFrom-Json"),
        ("Remove-Service -Name x", "command Remove-Service is not on the list of those known to be in 5.1"),
        ("$a = [System.Text.Json.JsonSerializer]::Serialize($b)", "type System.Text.Json.JsonSerializer"),
        ("$info.ArgumentList.Add('x')", "member ArgumentList"),
        ("function F { clean { 1 } }", "block clean"),
        ("if (", "does not parse: Missing condition in if statement after 'if ('."),
    ]
    scripts = [tmp_path / f"{number:02}.ps1" for number in range(len(newer))]
    for script, (line, _wanted) in zip(scripts, newer, strict=True):
        script.write_text(f"$ok = 1\n{line}\n")
    found = _problems(linux_powershell, *scripts)
    for script, (line, wanted) in zip(scripts, newer, strict=True):
        assert f"{script.name} 2 {wanted}" in found, (line, found)
