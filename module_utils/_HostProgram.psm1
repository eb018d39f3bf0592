# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later

Function ConvertTo-Argument {
    <#
    .SYNOPSIS
    Quotes one argument as the C runtime of Windows reads it.
    .PARAMETER Value
    The argument.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][AllowEmptyString()][string]$Value)

    if ($Value -and $Value -notmatch '[\s"]') {
        return $Value
    }
    $escaped = [regex]::Replace($Value, '(\\*)"', '$1$1\"')
    $escaped = [regex]::Replace($escaped, '(\\+)$', '$1$1')
    return '"' + $escaped + '"'
}

Function Invoke-HostProgram {
    <#
    .SYNOPSIS
    Runs a Python to its end with text as its standard input, and returns how it ended and what it wrote.
    .PARAMETER Path
    The program.
    .PARAMETER Arguments
    Its arguments; nothing secret, since every user of the host can see them.
    .PARAMETER InputText
    What it reads from standard input, as UTF-8.
    .PARAMETER Seconds
    After this time it is ended.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param (
        [Parameter(Mandatory)][string]$Path,
        [string[]]$Arguments = @(),
        [AllowEmptyString()][string]$InputText = '',
        [Parameter(Mandatory)][int]$Seconds
    )

    $plain = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false
    $info = New-Object -TypeName System.Diagnostics.ProcessStartInfo
    $info.FileName = $Path
    $info.Arguments = (@($Arguments | ForEach-Object { ConvertTo-Argument -Value $_ }) -join ' ')
    $info.WorkingDirectory = [System.IO.Path]::GetPathRoot([System.Environment]::SystemDirectory)
    $info.UseShellExecute = $false
    $info.CreateNoWindow = $true
    $info.RedirectStandardInput = $true
    $info.RedirectStandardOutput = $true
    $info.RedirectStandardError = $true
    $info.StandardOutputEncoding = $plain
    $info.StandardErrorEncoding = $plain
    foreach ($name in @($info.EnvironmentVariables.Keys)) {
        if ($name -match '^(PYTHON|__PYVENV|VIRTUAL_ENV|PIP_|UV_)') {
            $info.EnvironmentVariables.Remove($name)
        }
    }
    try {
        # .NET Framework begins a program's input with the byte order mark of this encoding, where it has one.
        [System.Console]::InputEncoding = $plain
    }
    catch [System.IO.IOException] {
        # A host process of PSRP or WinRM has no console, and then no encoding with a mark either.
        Write-Debug -Message "There is no console: $_"
    }

    $process = New-Object -TypeName System.Diagnostics.Process
    $process.StartInfo = $info
    $answer = @{ started = $false; timed_out = $false; code = $null; stdout = ''; stderr = '' }
    try {
        $null = $process.Start()
    }
    catch {
        $reason = $_.Exception
        while ($null -ne $reason.InnerException) {
            $reason = $reason.InnerException
        }
        $answer.stderr = $reason.Message
        return $answer
    }
    $answer.started = $true
    $deadline = [System.DateTime]::UtcNow.AddSeconds($Seconds)
    $stdout = $process.StandardOutput.ReadToEndAsync()
    $stderr = $process.StandardError.ReadToEndAsync()
    $bytes = $plain.GetBytes($InputText)
    $stream = $process.StandardInput.BaseStream
    $cutOff = ''
    try {
        $writing = $stream.WriteAsync($bytes, 0, $bytes.Length)
        if ($writing.Wait([System.Math]::Max(0, [int]($deadline - [System.DateTime]::UtcNow).TotalMilliseconds))) {
            $stream.Dispose()
        }
    }
    catch {
        # It ended without reading all; its exit code and its words tell why, where it has any.
        $cutOff = "It did not read its whole input: $($_.Exception.GetBaseException().Message)"
    }
    if (-not $process.WaitForExit([System.Math]::Max(1, [int]($deadline - [System.DateTime]::UtcNow).TotalMilliseconds))) {
        $answer.timed_out = $true
        try {
            $process.Kill()
        }
        catch [System.InvalidOperationException] {
            Write-Debug -Message "It ended at the last moment: $_"
        }
        $null = $process.WaitForExit(10000)
    }
    # Its own children may hold its streams for a moment longer.
    $null = [System.Threading.Tasks.Task]::WaitAll([System.Threading.Tasks.Task[]]@($stdout, $stderr), 10000)
    if ($stdout.IsCompleted) {
        $answer.stdout = $stdout.Result
    }
    if ($stderr.IsCompleted) {
        $answer.stderr = $stderr.Result
    }
    if ($cutOff) {
        # Before its own words: of these the last ones are shown, and they say why.
        $answer.stderr = "$cutOff`n$($answer.stderr)".Trim()
    }
    if ($process.HasExited) {
        $answer.code = $process.ExitCode
    }
    $process.Dispose()
    return $answer
}

Function Get-ExitMeaning {
    <#
    .SYNOPSIS
    Puts the exit code of a Windows program into words.
    .PARAMETER Code
    The exit code.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([AllowNull()][object]$Code)

    if ($null -eq $Code) {
        return 'it could not be ended'
    }
    $meanings = @{
        'C0000005' = 'it read or wrote memory that is not its own'
        'C000007B' = 'it, or a DLL of it, is damaged or for another processor'
        'C0000135' = 'a DLL that it needs is missing'
        'C0000139' = 'a DLL that it needs is of another version'
        'C0000142' = 'a DLL that it needs could not be initialised'
        'C000013A' = 'it was interrupted'
        'C0000409' = 'it found its own memory damaged'
    }
    $hexadecimal = '{0:X8}' -f [int]$Code
    if ($meanings.ContainsKey($hexadecimal)) {
        return "exit code 0x$hexadecimal, $($meanings[$hexadecimal])"
    }
    return "exit code $Code"
}

Export-ModuleMember -Function Invoke-HostProgram, Get-ExitMeaning
