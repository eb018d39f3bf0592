#!powershell

# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._HostProgram
#AnsibleRequires -PowerShell ..module_utils._HttpDownload
#AnsibleRequires -PowerShell ..module_utils._BundleDownload
#AnsibleRequires -PowerShell ..module_utils._BundleArchive
#AnsibleRequires -PowerShell ..module_utils._PrivateDirectory
#AnsibleRequires -PowerShell ..module_utils._InstalledInterpreter
#AnsibleRequires -PowerShell ..module_utils._BundleEngine

$ErrorActionPreference = 'Stop'

$spec = @{
    options = @{
        root = @{ type = 'str'; required = $true }
        platform = @{ type = 'str'; required = $true }
        request = @{ type = 'str'; required = $true; no_log = $true }
        engine = @{ type = 'str'; no_log = $true }
        engine_digest = @{ type = 'str'; required = $true }
        bootstrap = @{ type = 'str'; no_log = $true }
        time_limit = @{ type = 'int'; required = $true }
        background = @{ type = 'bool'; default = $false }
        uninstall = @{ type = 'bool'; default = $false }
        additions = @{ type = 'str' }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

# Stands in the request where the archive goes that a bundle was unpacked from.
$ARCHIVE_MARK = 'hermetic-bootstrap-archive'

Function Get-Platform {
    <#
    .SYNOPSIS
    Returns the name of the host's platform, which is not always that of the process that asks.
    #>
    $key = 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
    $machine = [Microsoft.Win32.Registry]::GetValue($key, 'PROCESSOR_ARCHITECTURE', $null)
    if (-not $machine) {
        $machine = [System.Environment]::GetEnvironmentVariable('PROCESSOR_ARCHITEW6432')
    }
    if (-not $machine) {
        $machine = [System.Environment]::GetEnvironmentVariable('PROCESSOR_ARCHITECTURE')
    }
    switch ("$machine".ToUpperInvariant()) {
        'AMD64' { return 'windows-x86_64' }
        'ARM64' { return 'windows-arm64' }
        'X86' { return 'windows-x86' }
    }
    return "windows-$("$machine".ToLowerInvariant())"
}

Function Invoke-Engine {
    <#
    .SYNOPSIS
    Lets a Python run the engine on the request.
    .PARAMETER Python
    The interpreter.
    .PARAMETER Engine
    The zip of the engine.
    .PARAMETER Request
    The request as JSON; it may hold credentials, so it goes through standard input.
    #>
    param (
        [Parameter(Mandatory)][string]$Python,
        [Parameter(Mandatory)][string]$Engine,
        [Parameter(Mandatory)][string]$Request
    )

    # -B: a tree stays as it was built, also where the byte code of a module is missing.
    $done = Invoke-HostProgram -Path $Python -Arguments '-I', '-B', '-X', 'utf8', $Engine -InputText $Request -Seconds $module.Params.time_limit
    $text = $done.stdout.Trim()
    # Exit codes of the engine: 0 as declared, 1 failed with a result, 2 drift.
    $done.answered = (-not $done.timed_out) -and $done.code -in 0, 1, 2 -and $text.StartsWith('{') -and $text.EndsWith('}')
    return $done
}

Function ConvertTo-Table {
    <#
    .SYNOPSIS
    Returns a decoded JSON object as a hashtable of its first level.
    .PARAMETER Value
    The object.
    #>
    param ([AllowNull()][object]$Value)

    $table = @{}
    if ($null -ne $Value) {
        foreach ($property in $Value.PSObject.Properties) {
            $table[$property.Name] = $property.Value
        }
    }
    return $table
}

Function ConvertFrom-Answer {
    <#
    .SYNOPSIS
    Returns the engine's result as a hashtable of its first level, however long it is.
    .PARAMETER Text
    The result as JSON.
    #>
    param ([Parameter(Mandatory)][string]$Text)

    if ($PSVersionTable.PSVersion.Major -ge 6) {
        return ConvertTo-Table -Value (ConvertFrom-Json -InputObject $Text)
    }
    # ConvertFrom-Json of Windows PowerShell refuses what is longer than two million characters.
    $table = @{}
    $decoded = [Ansible.Basic.AnsibleModule]::FromJson($Text)
    foreach ($name in $decoded.Keys) {
        $table[$name] = $decoded[$name]
    }
    return $table
}

Function Remove-Workplace {
    <#
    .SYNOPSIS
    Removes what the module made for itself; what cannot be removed is told.
    #>
    try {
        Remove-Tree -Path (Get-LongPath -Path $workplace)
    }
    catch {
        $module.Warn("The temporary directory $workplace could not be removed: $($_.Exception.GetBaseException().Message)")
    }
}

Function Exit-Module {
    <#
    .SYNOPSIS
    Removes what the module made for itself and ends it with its result.
    #>
    Remove-Workplace
    $module.ExitJson()
}

Function Select-Engine {
    <#
    .SYNOPSIS
    Returns the zip of the engine for a Python: the one that came with the task, else the equal one of its bundle; ends the module where there is none.
    .PARAMETER Carried
    What Get-BundleEngine returns of the bundle.
    #>
    param ([Parameter(Mandatory)][hashtable]$Carried)

    if ($module.Params.engine) {
        if (-not [System.IO.File]::Exists($engineZip)) {
            [System.IO.File]::WriteAllBytes($engineZip, [System.Convert]::FromBase64String($module.Params.engine))
        }
        return $engineZip
    }
    if ($Carried.digest -ne $module.Params.engine_digest) {
        Exit-WithoutEngine -Reason $Carried.problem
    }
    return $Carried.path
}

Function Exit-WithoutEngine {
    <#
    .SYNOPSIS
    Ends the module, so that the controller sends the engine.
    .PARAMETER Reason
    What is wrong with the one of the bundle; empty where that is another one, or there is none.
    #>
    param ([Parameter(Mandatory)][AllowEmptyString()][string]$Reason)

    $about.problem = @{ kind = 'needs_engine'; detail = $Reason }
    Exit-Module
}

$root = $module.Params.root
$about = @{
    platform = Get-Platform; root_type = 'missing'; interpreter = $null; engine_digest = ''; dead = @(); bootstrapped = $false
    problem = $null; seconds = @{}
}
$module.Result.changed = $false
$module.Result.host = $about
$clock = [System.Diagnostics.Stopwatch]::StartNew()

if ($about.platform -ne $module.Params.platform) {
    $about.problem = @{ kind = 'platform'; detail = $about.platform }
    $module.ExitJson()
}
if ([System.IO.File]::Exists($root)) {
    $about.problem = @{ kind = 'root'; detail = 'is a file' }
    $module.ExitJson()
}
if ([System.IO.Directory]::Exists($root)) {
    $about.root_type = if (@([System.IO.Directory]::GetFileSystemEntries($root)).Count) { 'directory' } else { 'empty' }
    $other = Get-OtherOwner -Path $root
    if ($null -ne $other -and $other.kind -eq 'owner') {
        $about.problem = @{ kind = 'owner'; detail = $other.detail }
        $module.ExitJson()
    }
}

# After a push, the module's directory is the one that Ansible made for the connection, with the list that it inherited.
$workplace = New-PrivateDirectory -Parent ([System.IO.Path]::GetFullPath($module.Tmpdir))
$engineZip = [System.IO.Path]::Combine($workplace, 'engine.zip')
$request = $module.Params.request

$found = Find-Interpreter -Root $root
$about.dead = @($found.dead)
foreach ($each in $found.open) {
    $module.Warn("An interpreter was not started, since another user may change it: $each.")
}
$about.interpreter = if ($found.id) { @{ id = $found.id; version = $found.version } } else { $null }
$carried = Get-BundleEngine -Tree $found.tree
$about.engine_digest = $carried.digest
$about.seconds.find = [System.Math]::Round($clock.Elapsed.TotalSeconds, 3)
$python = $found.path
$done = $null
$temporary = $null
if ($python) {
    $clock.Restart()
    $engine = Select-Engine -Carried $carried
    $done = Invoke-Engine -Python $python -Engine $engine -Request $request.Replace("`"$ARCHIVE_MARK`",", '').Replace("`"$ARCHIVE_MARK`"", '')
    $about.seconds.engine = [System.Math]::Round($clock.Elapsed.TotalSeconds, 3)
    if (-not $done.answered -and -not $done.timed_out -and -not $module.Params.engine) {
        Exit-WithoutEngine -Reason "it gave no result ($(Get-ExitMeaning -Code $done.code))"
    }
    if (-not $done.answered -and -not $done.timed_out -and $module.Params.bootstrap) {
        $said = ($done.stderr.Trim() -split "`n" | Select-Object -Last 1)
        $module.Warn("The interpreter $python starts but cannot run the engine, so it was damaged; a temporary one was unpacked instead. It said: $said")
        $python = $null
    }
}

if (-not $python) {
    if (-not $module.Params.bootstrap) {
        $about.problem = @{ kind = 'interpreter'; detail = '' }
        Exit-Module
    }
    $clock.Restart()
    $temporary = Get-LongPath -Path ([System.IO.Path]::Combine($workplace, 'b'))
    $order = ConvertTo-Table -Value (ConvertFrom-Json -InputObject $module.Params.bootstrap)
    $order.credentials = ConvertTo-Table -Value $order.credentials
    try {
        $archive = Find-VerifiedArchive -Order $order -Directory $workplace
        Expand-BundleArchive -Path (Get-LongPath -Path $archive) -Destination $temporary
        $python = [System.IO.Path]::Combine($workplace, 'b', 'bin', 'python.exe')
        $tried = Test-Interpreter -Path $python
        if (-not $tried.version) {
            throw "interpreter|$($tried.problem)"
        }
    }
    catch {
        $kind, $detail = $_.Exception.Message.Split(@('|'), 2)
        if ($kind -notin 'fetch', 'digest', 'archive', 'interpreter') {
            # What is left is that the disk or the rights of the user do not allow it.
            $kind, $detail = 'place', "$($workplace): $($_.Exception.GetBaseException().Message)"
        }
        Remove-Tree -Path $temporary
        $about.problem = @{ kind = 'bootstrap'; step = $kind; detail = $detail }
        Exit-Module
    }
    $about.bootstrapped = $true
    # The engine installs the bundle from the very archive that was checked here.
    $request = $request.Replace($ARCHIVE_MARK, $archive.Replace('\', '\\'))
    $about.seconds.bootstrap = [System.Math]::Round($clock.Elapsed.TotalSeconds, 3)
    $clock.Restart()
    $engine = Select-Engine -Carried (Get-BundleEngine -Tree $temporary -Private)
    $done = Invoke-Engine -Python $python -Engine $engine -Request $request
    $about.seconds.engine = [System.Math]::Round($clock.Elapsed.TotalSeconds, 3)
}

if (-not $done.answered) {
    $said = (@($done.stderr.Trim() -split "`n" | Select-Object -Last 5) -join "`n").Trim()
    if (-not $said) {
        $said = 'nothing'
    }
    $about.problem = @{
        kind = 'engine'
        python = $python
        timed_out = $done.timed_out
        how = if ($done.started) { Get-ExitMeaning -Code $done.code } else { 'it did not start' }
        said = $said
    }
    if ($module.Params.background) {
        Remove-Workplace
        $module.FailJson("The engine gave no result ($($about.problem.how)); run the task again to converge. It said: $said")
    }
    Exit-Module
}
if ($module.Params.uninstall) {
    # The engine has removed all but what it ran from and had locked; it has ended now.
    $answer = ConvertFrom-Answer -Text $done.stdout
    foreach ($path in @($answer.left)) {
        $inside = $path -and "$path\".StartsWith("$root\", [System.StringComparison]::OrdinalIgnoreCase)
        if ($answer.failed -or -not $inside) {
            continue
        }
        try {
            if ("$path\".Length -gt "$root\".Length) {
                Remove-Tree -Path (Get-LongPath -Path $path)
            }
            else {
                [System.IO.Directory]::Delete($path)
            }
        }
        catch {
            $module.Warn("$path could not be removed: $($_.Exception.GetBaseException().Message)")
        }
    }
}
if ($module.Params.background) {
    # Nobody reads this but the user, through async_status: it has what the controller adds to the results that it sees, and nothing else.
    $null = $module.Result.Remove('host')
    $answer = ConvertFrom-Answer -Text $done.stdout
    $additions = @{}
    if ($module.Params.additions -and -not $answer.failed) {
        $additions = ConvertTo-Table -Value (ConvertFrom-Json -InputObject $module.Params.additions)
    }
    foreach ($table in $additions, $answer) {
        foreach ($name in $table.Keys) {
            if ($name -ne 'warnings') {
                $module.Result[$name] = $table[$name]
            }
        }
    }
    foreach ($warning in @($answer.warnings)) {
        if ($warning) {
            $module.Warn($warning)
        }
    }
    Exit-Module
}
$module.Result.engine_result = $done.stdout
Exit-Module
