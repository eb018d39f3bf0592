# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Which installed bundle runs the engine. Takes Invoke-HostProgram and Get-ExitMeaning of _HostProgram, Get-OtherOwner of _PrivateDirectory.

$ErrorActionPreference = 'Stop'

$LOOK_SECONDS = 60
$VERSION_CODE = 'import sys; sys.stdout.write(chr(46).join(map(str, sys.version_info[:3])))'

Function Get-Release {
    <#
    .SYNOPSIS
    Returns what orders the identifiers of bundles, <name>-<version>+<revision>-<digest>, newest last.
    .PARAMETER Id
    The identifier.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][string]$Id)

    $numbers = @([regex]::Matches(($Id -replace '-[0-9a-f]+$', '' -replace '^[^0-9]*-', ''), '\d+') | ForEach-Object { '{0:D8}' -f [int64]$_.Value })
    return ($numbers -join '.')
}

Function Test-Interpreter {
    <#
    .SYNOPSIS
    Returns the version of a Python that starts and can run the engine; a problem otherwise.
    .PARAMETER Path
    Its python.exe.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ([Parameter(Mandatory)][string]$Path)

    $done = Invoke-HostProgram -Path $Path -Arguments '-I', '-c', $VERSION_CODE -Seconds $LOOK_SECONDS
    if ($done.code -eq 0 -and $done.stdout -match '^3\.(9|[1-9]\d)\.\d+$') {
        return @{ version = $done.stdout; problem = '' }
    }
    if ($done.code -eq 0) {
        return @{ version = $null; problem = "it is Python $($done.stdout); the engine needs 3.9 or newer"; starts = $true }
    }
    $said = ($done.stderr.Trim() -split "`n" | Select-Object -Last 1)
    if (-not $done.started) {
        return @{ version = $null; problem = "$Path does not start: $said"; starts = $false }
    }
    $how = if ($done.timed_out) { "it did not end within $LOOK_SECONDS s" } else { Get-ExitMeaning -Code $done.code }
    return @{ version = $null; problem = "$Path does not start: $how. $said".Trim(); starts = $false }
}

Function Find-Interpreter {
    <#
    .SYNOPSIS
    Returns the newest installed bundle whose Python starts and can run the engine, and those whose Python does not start.
    .PARAMETER Root
    The root that they are installed below.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ([Parameter(Mandatory)][string]$Root)

    $receipts = "$Root\state\receipts\bundles"
    $dead = @()
    $open = @()
    if ([System.IO.Directory]::Exists($receipts)) {
        $ids = @([System.IO.Directory]::GetFiles($receipts, '*.json') | ForEach-Object { [System.IO.Path]::GetFileNameWithoutExtension($_) })
        foreach ($id in @($ids | Sort-Object -Property { Get-Release -Id $_ } -Descending)) {
            $tree = "$Root\bundles\$id"
            if (-not [System.IO.Directory]::Exists("$tree\lib\engine")) {
                # A bundle that never could; one that is damaged is told by its interpreter.
                if ([System.IO.Directory]::Exists($tree)) {
                    continue
                }
            }
            # Nothing is started that another user could put something else in the place of.
            $other = $null
            foreach ($path in $Root, "$Root\bundles", $tree, "$tree\bin", "$tree\bin\python.exe", "$tree\bin\Lib") {
                if ($null -eq $other -and ([System.IO.Directory]::Exists($path) -or [System.IO.File]::Exists($path))) {
                    $other = Get-OtherOwner -Path $path
                }
            }
            if ($null -ne $other) {
                $dead += $id
                $open += $other.detail
                continue
            }
            $found = Test-Interpreter -Path "$tree\bin\python.exe"
            if ($found.version) {
                return @{ id = $id; tree = $tree; path = "$tree\bin\python.exe"; version = $found.version; dead = $dead; open = $open }
            }
            if (-not $found.starts) {
                $dead += $id
            }
        }
    }
    return @{ id = $null; tree = ''; path = $null; version = $null; dead = $dead; open = $open }
}

Export-ModuleMember -Function Find-Interpreter, Test-Interpreter
