# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later

Function Get-CertificateCheck {
    <#
    .SYNOPSIS
    Returns what decides whether a server is to be trusted, from a file of certificates in PEM.
    .PARAMETER Path
    The file; only what it holds is trusted.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string]$Path)

    # .NET calls it on threads that no PowerShell runs in, so it cannot be a script block.
    Add-Type -TypeDefinition @'
using System;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Hermetic
{
    public class Trust
    {
        private readonly X509Certificate2Collection roots = new X509Certificate2Collection();

        public void Add(byte[] certificate)
        {
            roots.Add(new X509Certificate2(certificate));
        }

        public RemoteCertificateValidationCallback Callback
        {
            get { return new RemoteCertificateValidationCallback(Check); }
        }

        private bool Check(object sender, X509Certificate certificate, X509Chain offered, SslPolicyErrors errors)
        {
            if (certificate == null || (errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
                return false;
            X509Chain chain = new X509Chain();
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
            chain.ChainPolicy.ExtraStore.AddRange(roots);
            if (offered != null)
                foreach (X509ChainElement element in offered.ChainElements)
                    chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            if (!chain.Build(new X509Certificate2(certificate)))
                return false;
            foreach (X509ChainElement element in chain.ChainElements)
                foreach (X509Certificate2 root in roots)
                    if (Convert.ToBase64String(element.Certificate.RawData) == Convert.ToBase64String(root.RawData))
                        return true;
            return false;
        }
    }
}
'@
    $trust = New-Object -TypeName Hermetic.Trust
    $text = [System.IO.File]::ReadAllText($Path)
    $found = [regex]::Matches($text, '-----BEGIN CERTIFICATE-----(?<body>[^-]+)-----END CERTIFICATE-----')
    if ($found.Count -eq 0) {
        throw "the file of certificates $Path holds none"
    }
    foreach ($match in $found) {
        $trust.Add([System.Convert]::FromBase64String($match.Groups['body'].Value))
    }
    return $trust.Callback
}

Function Get-ProxyFor {
    <#
    .SYNOPSIS
    Returns the proxy for an address: what the variables of the environment name, as for the engine, else what Windows is set up with.
    .PARAMETER Address
    The address that is fetched from.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][uri]$Address)

    foreach ($entry in @("$([System.Environment]::GetEnvironmentVariable('NO_PROXY'))".Split(','))) {
        $name = $entry.Trim().TrimStart('.')
        if ($name -and ($name -eq '*' -or $Address.Host -eq $name -or $Address.Host.EndsWith(".$name", [System.StringComparison]::OrdinalIgnoreCase))) {
            return New-Object -TypeName System.Net.WebProxy
        }
    }
    $named = [System.Environment]::GetEnvironmentVariable("$($Address.Scheme)_proxy".ToUpperInvariant())
    if (-not $named) {
        $proxy = [System.Net.WebRequest]::DefaultWebProxy
        if ($null -ne $proxy -and $null -eq $proxy.Credentials) {
            # Windows names the proxy and not who asks: a proxy that wants to know is told this user, as by Windows' own programs.
            $proxy.Credentials = [System.Net.CredentialCache]::DefaultCredentials
        }
        return $proxy
    }
    if ($named -notmatch '://') {
        $named = "http://$named"
    }
    $location = [uri]$named
    $proxy = New-Object -TypeName System.Net.WebProxy -ArgumentList $location
    if ($location.UserInfo) {
        $user, $password = @($location.UserInfo.Split(@(':'), 2) | ForEach-Object { [uri]::UnescapeDataString($_) })
        $proxy.Credentials = New-Object -TypeName System.Net.NetworkCredential -ArgumentList $user, "$password"
    }
    return $proxy
}

Function Copy-Paced {
    <#
    .SYNOPSIS
    Copies a stream, and throws when it is longer or slower than allowed.
    .PARAMETER From
    What a server sends.
    .PARAMETER To
    The file.
    .PARAMETER Order
    timeout, minimum_rate, most_bytes; until, a point on the clock of Order.
    #>
    [CmdletBinding()]
    param (
        [Parameter(Mandatory)][System.IO.Stream]$From,
        [Parameter(Mandatory)][System.IO.Stream]$To,
        [Parameter(Mandatory)][hashtable]$Order
    )

    $buffer = New-Object -TypeName byte[] -ArgumentList 65536
    $begun = $Order.clock.Elapsed.TotalSeconds
    $came = [long]0
    while ($true) {
        $count = $From.Read($buffer, 0, $buffer.Length)
        if ($count -le 0) {
            return
        }
        if ($To.Position + $count -gt $Order.most_bytes) {
            $Order.final = $true
            throw "it has more than the $($Order.most_bytes) bytes that belong to it"
        }
        $To.Write($buffer, 0, $count)
        $came += $count
        $now = $Order.clock.Elapsed.TotalSeconds
        if ($now -ge $Order.until) {
            $Order.final = $true
            throw 'it took longer than the whole transfer may take (download_timeout)'
        }
        if ($now - $begun -ge $Order.timeout) {
            if ($came -lt $Order.minimum_rate * ($now - $begun)) {
                throw "$came bytes came in $([int]($now - $begun)) s, less than $($Order.minimum_rate) for each second (minimum_rate)"
            }
            $begun = $now
            $came = [long]0
        }
    }
}

Function Receive-Piece {
    <#
    .SYNOPSIS
    Fetches what is missing of a file, once.
    .PARAMETER Address
    Where it is fetched from.
    .PARAMETER Path
    Where it goes; what is there already is taken as its beginning.
    .PARAMETER Order
    How it is fetched: timeout, certificates, credentials.
    #>
    [CmdletBinding()]
    param (
        [Parameter(Mandatory)][uri]$Address,
        [Parameter(Mandatory)][string]$Path,
        [Parameter(Mandatory)][hashtable]$Order
    )

    $request = [System.Net.WebRequest]::Create($Address)
    $request.Timeout = $Order.timeout * 1000
    $request.ReadWriteTimeout = $Order.timeout * 1000
    $request.UserAgent = 'hermetic.python'
    $request.MaximumAutomaticRedirections = 10
    $request.Proxy = Get-ProxyFor -Address $Address
    if ($null -ne $Order.check) {
        $request.ServerCertificateValidationCallback = $Order.check
    }
    $login = $Order.credentials[$Address.Authority]
    if ($null -eq $login) {
        $login = $Order.credentials[$Address.Host]
    }
    if ($null -ne $login) {
        $pair = [System.Text.Encoding]::UTF8.GetBytes("$($login.username):$($login.password)")
        $request.Headers['Authorization'] = 'Basic ' + [System.Convert]::ToBase64String($pair)
    }
    $have = [long]0
    if ([System.IO.File]::Exists($Path)) {
        $have = (New-Object -TypeName System.IO.FileInfo -ArgumentList $Path).Length
    }
    if ($have -gt 0) {
        $request.AddRange($have)
    }
    $response = $request.GetResponse()
    try {
        if ($Address.Scheme -eq 'https' -and $response.ResponseUri.Scheme -ne 'https') {
            throw 'redirected from https to http, which is not followed; let the server redirect to https'
        }
        $mode = [System.IO.FileMode]::Create
        if ([int]$response.StatusCode -eq 206) {
            $mode = [System.IO.FileMode]::Append
        }
        $file = New-Object -TypeName System.IO.FileStream -ArgumentList $Path, $mode
        try {
            $body = $response.GetResponseStream()
            Copy-Paced -From $body -To $file -Order $Order
            if ($mode -eq [System.IO.FileMode]::Create -and $response.ContentLength -ge 0 -and $file.Length -ne $response.ContentLength) {
                throw "the server sent $($file.Length) of $($response.ContentLength) bytes"
            }
        }
        finally {
            $file.Dispose()
        }
    }
    finally {
        $response.Close()
    }
}

Function Receive-File {
    <#
    .SYNOPSIS
    Fetches a file, with as many tries as allowed, and returns why it could not; nothing when it is there.
    .PARAMETER Address
    Where it is fetched from.
    .PARAMETER Path
    Where it goes.
    .PARAMETER Order
    How it is fetched: timeout, retries, check, credentials.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param (
        [Parameter(Mandatory)][string]$Address,
        [Parameter(Mandatory)][string]$Path,
        [Parameter(Mandatory)][hashtable]$Order
    )

    [System.IO.File]::Delete($Path)
    $Order.clock = [System.Diagnostics.Stopwatch]::StartNew()
    $Order.until = [double]::MaxValue
    if ($Order.download_timeout) {
        $Order.until = [double]$Order.download_timeout
    }
    if (-not $Order.most_bytes) {
        $Order.most_bytes = [long]::MaxValue
    }
    $Order.final = $false
    for ($attempt = 1; $true; $attempt++) {
        try {
            Receive-Piece -Address $Address -Path $Path -Order $Order
            return ''
        }
        catch {
            $reason = $_.Exception.GetBaseException()
            $message = $reason.Message
            $status = 0
            for ($each = $_.Exception; $null -ne $each; $each = $each.InnerException) {
                if ($each -is [System.Net.WebException]) {
                    $message = $each.Message
                    if ($null -ne $each.InnerException) {
                        $message = "$message $($reason.Message)"
                    }
                    if ($null -ne $each.Response) {
                        $status = [int]$each.Response.StatusCode
                        $each.Response.Close()
                    }
                    break
                }
            }
        }
        if ($status -eq 416) {
            [System.IO.File]::Delete($Path)
        }
        $refused = $status -ge 400 -and $status -lt 500 -and $status -notin 408, 416, 425, 429
        $final = $refused -or $Order.final -or ($Order.clock.Elapsed.TotalSeconds -ge $Order.until)
        if ($final -or $attempt -gt $Order.retries) {
            return $message
        }
        [System.Threading.Thread]::Sleep([System.Math]::Min(15, $attempt * $attempt) * 1000)
    }
}

Export-ModuleMember -Function Get-CertificateCheck, Receive-File
