# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later

Function Get-LongPath {
    <#
    .SYNOPSIS
    Returns a path in the form that may be longer than 260 characters, or as it is where this .NET does not take that form.
    .PARAMETER Path
    A full path.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][string]$Path)

    if ($Path.StartsWith('\\')) {
        return $Path
    }
    # A program that was built for a .NET Framework before 4.6.2 is given its old reading of paths; the host process of PSRP may be one.
    if (-not [System.IO.Directory]::Exists('\\?\' + [System.IO.Path]::GetPathRoot($Path))) {
        return $Path
    }
    return '\\?\' + $Path
}

Function Get-FileDigest {
    <#
    .SYNOPSIS
    Returns the SHA-256 of a file in lower-case hexadecimal digits.
    .PARAMETER Path
    The file.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][string]$Path)

    $algorithm = [System.Security.Cryptography.SHA256]::Create()
    try {
        $stream = [System.IO.File]::OpenRead($Path)
        try {
            $digest = $algorithm.ComputeHash($stream)
        }
        finally {
            $stream.Dispose()
        }
    }
    finally {
        $algorithm.Dispose()
    }
    return [System.BitConverter]::ToString($digest).Replace('-', '').ToLowerInvariant()
}

Function Find-VerifiedArchive {
    <#
    .SYNOPSIS
    Returns the path of the archive, from the first source that has it; throws a problem of the kind fetch or digest.
    .PARAMETER Order
    sources, sha256, timeout, retries, ca_path, credentials.
    .PARAMETER Directory
    Where the archive is put, which no other user can write.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param (
        [Parameter(Mandatory)][hashtable]$Order,
        [Parameter(Mandatory)][string]$Directory
    )

    $protocols = [System.Net.SecurityProtocolType]::Tls12
    if ($PSVersionTable.PSVersion.Major -ge 6) {
        # TLS 1.3, whose name the older .NET does not know.
        $protocols = $protocols -bor 12288
    }
    [System.Net.ServicePointManager]::SecurityProtocol = $protocols
    $Order.check = $null
    $problems = @()
    $wrong = $false
    foreach ($source in $Order.sources) {
        if ($source -match '^stored:') {
            # What a run that failed has left in the root. One that is not there, or was damaged, is no matter.
            $path = [System.IO.Path]::Combine($Directory, 'archive.zip')
            try {
                $kept = Get-LongPath -Path $source.Substring(7)
                if (-not [System.IO.File]::Exists($kept) -or ($Order.most_bytes -and (New-Object -TypeName System.IO.FileInfo -ArgumentList $kept).Length -gt $Order.most_bytes)) {
                    continue
                }
                [System.IO.File]::Copy($kept, (Get-LongPath -Path $path), $true)
                if ((Get-FileDigest -Path (Get-LongPath -Path $path)) -eq $Order.sha256) {
                    return $path
                }
            }
            catch {
                Write-Debug -Message "$source cannot be read: $($_.Exception.GetBaseException().Message)"
            }
            continue
        }
        # A query may be a signature.
        $shown = $source -replace '[?#].*$', ''
        if ($source -match '^https?://') {
            if ($Order.ca_path -and $null -eq $Order.check) {
                try {
                    $Order.check = Get-CertificateCheck -Path $Order.ca_path
                }
                catch {
                    $problems += "${shown}: $($_.Exception.GetBaseException().Message)"
                    continue
                }
            }
            $path = [System.IO.Path]::Combine($Directory, 'archive.zip')
            $refused = Receive-File -Address $source -Path $path -Order $Order
            if ($refused) {
                $problems += "${shown}: $refused"
                continue
            }
        }
        else {
            if ($source -match '^file://') {
                $source = ([uri]$source).LocalPath
            }
            # A copy of its own: what another user may write could be one file when it is hashed and another when it is unpacked.
            $path = [System.IO.Path]::Combine($Directory, 'archive.zip')
            try {
                [System.IO.File]::Copy((Get-LongPath -Path $source), (Get-LongPath -Path $path), $true)
            }
            catch {
                $problems += "${source}: $($_.Exception.GetBaseException().Message)"
                continue
            }
        }
        try {
            $digest = Get-FileDigest -Path (Get-LongPath -Path $path)
        }
        catch {
            $problems += "${shown}: $($_.Exception.GetBaseException().Message)"
            continue
        }
        if ($digest -eq $Order.sha256) {
            return $path
        }
        $wrong = $true
        $problems += "$shown has the SHA-256 $digest, expected $($Order.sha256)"
    }
    if ($problems.Count -eq 0) {
        $problems += 'there is no source'
    }
    if ($wrong) {
        throw "digest|$($problems -join '; ')"
    }
    throw "fetch|$($problems -join '; ')"
}

Export-ModuleMember -Function Find-VerifiedArchive, Get-FileDigest, Get-LongPath
