# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Which engine a bundle carries. Takes Get-FileDigest of _BundleDownload and Get-OtherOwner of _PrivateDirectory.

$ErrorActionPreference = 'Stop'

Function Get-BundleEngine {
    <#
    .SYNOPSIS
    Returns the digest of the engine that a bundle carries, and its zip, or a problem where that is damaged or another user may change it.
    .PARAMETER Tree
    The directory of the bundle; none where there is no bundle.
    .PARAMETER Private
    The directory is the task's own, so that nobody else can have changed it.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ([AllowEmptyString()][AllowNull()][string]$Tree, [switch]$Private)

    $place = "$Tree\lib\engine-code"
    $nothing = @{ digest = ''; path = $null; problem = '' }
    if (-not $Tree -or -not [System.IO.File]::Exists("$place\digest")) {
        return $nothing
    }
    try {
        foreach ($path in "$Tree\lib", $place, "$place\digest", "$place\engine.zip") {
            $other = if ($Private) { $null } else { Get-OtherOwner -Path $path }
            if ($null -ne $other) {
                return @{ digest = ''; path = $null; problem = "another user may change it: $($other.detail)" }
            }
        }
        $stated = [System.IO.File]::ReadAllLines("$place\digest")
        if ($stated.Count -lt 2 -or $stated[0] -notmatch '^[0-9a-f]{64}$') {
            return $nothing
        }
        if ((Get-FileDigest -Path "$place\engine.zip") -ne $stated[1]) {
            return @{ digest = ''; path = $null; problem = "$place\engine.zip has another SHA-256 than the one that is named beside it" }
        }
        return @{ digest = $stated[0]; path = "$place\engine.zip"; problem = '' }
    }
    catch {
        return @{ digest = ''; path = $null; problem = "it cannot be read: $($_.Exception.GetBaseException().Message)" }
    }
}

Export-ModuleMember -Function Get-BundleEngine
