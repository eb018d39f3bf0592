# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later

Function Test-EntryName {
    <#
    .SYNOPSIS
    Returns what is wrong with the name of an entry; nothing when it stays in its tree on every Windows.
    .PARAMETER Name
    The name as the archive has it.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][AllowEmptyString()][string]$Name)

    if ($Name -match '[\\]') {
        return 'has a backslash in its name'
    }
    if ($Name -match '[:<>"|?*\x00-\x1f]') {
        return 'has a drive letter, a stream or a character that Windows does not allow in its name'
    }
    if ($Name.StartsWith('/')) {
        return 'has an absolute name'
    }
    foreach ($part in $Name.TrimEnd('/').Split('/')) {
        if ($part -in '', '.', '..') {
            return "leads through '$part'"
        }
        if ($part -match '[. ]$') {
            return 'ends with a dot or a blank, which Windows drops'
        }
        if ($part -match '^(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9\u00b9\u00b2\u00b3]|LPT[0-9\u00b9\u00b2\u00b3])\s*(\.|$)') {
            return 'has the name of a device'
        }
    }
    return ''
}

Function Expand-BundleArchive {
    <#
    .SYNOPSIS
    Unpacks a bundle into a directory that is not there yet; throws a problem of the kind archive, and then leaves nothing.
    .PARAMETER Path
    The archive.
    .PARAMETER Destination
    The directory, in the form for long paths. It appears at once and whole.
    #>
    [CmdletBinding()]
    param (
        [Parameter(Mandatory)][string]$Path,
        [Parameter(Mandatory)][string]$Destination
    )

    # Windows PowerShell does not load it by itself.
    $null = [System.Reflection.Assembly]::Load('System.IO.Compression, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089')
    $beside = "$Destination.new"
    $file = [System.IO.File]::OpenRead($Path)
    try {
        try {
            $archive = New-Object -TypeName System.IO.Compression.ZipArchive -ArgumentList $file, 'Read'
            $entries = @($archive.Entries)
        }
        catch {
            throw "archive|it cannot be read: $($_.Exception.GetBaseException().Message)"
        }
        $problems = @()
        $names = New-Object -TypeName 'System.Collections.Generic.HashSet[string]' -ArgumentList ([System.StringComparer]::OrdinalIgnoreCase)
        foreach ($entry in $entries) {
            $wrong = Test-EntryName -Name $entry.FullName
            $attributes = $entry.PSObject.Properties['ExternalAttributes']
            if (-not $wrong -and $null -ne $attributes -and (([int]$attributes.Value -shr 16) -band 0xF000) -eq 0xA000) {
                $wrong = 'is a link'
            }
            if (-not $wrong -and -not $names.Add($entry.FullName.TrimEnd('/'))) {
                $wrong = 'is a duplicate entry, as Windows reads names'
            }
            if ($wrong) {
                $problems += "'$($entry.FullName)' $wrong"
            }
        }
        if ($problems.Count -gt 0) {
            throw "archive|it has entries that cannot be unpacked: $(@($problems | Select-Object -First 3) -join '; ')"
        }
        if ($entries.Count -eq 0) {
            throw 'archive|it is empty'
        }
        $made = New-Object -TypeName 'System.Collections.Generic.HashSet[string]'
        foreach ($entry in $entries) {
            $target = $beside + '\' + $entry.FullName.TrimEnd('/').Replace('/', '\')
            $directory = $target
            if (-not $entry.FullName.EndsWith('/')) {
                $directory = $target.Substring(0, $target.LastIndexOf('\'))
            }
            if ($made.Add($directory)) {
                $null = [System.IO.Directory]::CreateDirectory($directory)
            }
            if ($directory -eq $target) {
                continue
            }
            try {
                $content = $entry.Open()
            }
            catch {
                throw "archive|'$($entry.FullName)' cannot be read: $($_.Exception.GetBaseException().Message)"
            }
            try {
                $output = [System.IO.File]::Create($target)
                try {
                    try {
                        $content.CopyTo($output)
                    }
                    catch [System.IO.InvalidDataException] {
                        throw "archive|'$($entry.FullName)' cannot be read: $($_.Exception.GetBaseException().Message)"
                    }
                }
                finally {
                    $output.Dispose()
                }
            }
            finally {
                $content.Dispose()
            }
        }
        Move-Tree -Path $beside -Destination $Destination
    }
    catch {
        Remove-Tree -Path $beside
        throw
    }
    finally {
        $file.Dispose()
    }
}

Function Move-Tree {
    <#
    .SYNOPSIS
    Renames a directory; what a virus scanner has open in it for a moment is waited for.
    .PARAMETER Path
    The directory, in the form for long paths.
    .PARAMETER Destination
    Its new name; nothing may be there.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string]$Path, [Parameter(Mandatory)][string]$Destination)

    for ($attempt = 1; $true; $attempt++) {
        try {
            [System.IO.Directory]::Move($Path, $Destination)
            return
        }
        catch {
            if ($attempt -gt 6 -or [System.IO.Directory]::Exists($Destination)) {
                throw
            }
        }
        [System.Threading.Thread]::Sleep(50 * [System.Math]::Pow(2, $attempt))
    }
}

Function Remove-Tree {
    <#
    .SYNOPSIS
    Deletes a directory; files that are in use for a moment, by a virus scanner or a program that is ending, are waited for.
    .PARAMETER Path
    The directory, in the form for long paths.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string]$Path)

    for ($attempt = 1; [System.IO.Directory]::Exists($Path); $attempt++) {
        try {
            [System.IO.Directory]::Delete($Path, $true)
            return
        }
        catch {
            if ($attempt -gt 6) {
                throw
            }
        }
        [System.Threading.Thread]::Sleep(50 * [System.Math]::Pow(2, $attempt))
    }
}

Export-ModuleMember -Function Expand-BundleArchive, Move-Tree, Remove-Tree
