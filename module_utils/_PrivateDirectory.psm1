# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Writing, adding, removing what is inside, removing it, changing its access list or its owner.
$DANGEROUS = 0x2 -bor 0x4 -bor 0x40 -bor 0x10000 -bor 0x40000 -bor 0x80000 -bor 0x10000000 -bor 0x40000000
# The system, the administrators, the installer of Windows itself; the creator and the owner, who are judged as the owner.
$TRUSTED = @(
    'S-1-5-18', 'S-1-5-32-544', 'S-1-3-0', 'S-1-3-4',
    'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464'
)

Function New-PrivateDirectory {
    <#
    .SYNOPSIS
    Makes a directory that only this user, the system and the administrators can enter, whatever the one above hands down; returns its path.
    .PARAMETER Parent
    The directory that it is made in.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][string]$Parent)

    $user = [System.Security.Principal.WindowsIdentity]::GetCurrent().User
    $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
    $security.SetOwner($user)
    $security.SetAccessRuleProtection($true, $false)
    foreach ($sid in @($user.Value, 'S-1-5-18', 'S-1-5-32-544' | Select-Object -Unique)) {
        $who = New-Object -TypeName System.Security.Principal.SecurityIdentifier -ArgumentList $sid
        $rule = New-Object -TypeName System.Security.AccessControl.FileSystemAccessRule -ArgumentList @(
            $who, 'FullControl', 'ContainerInherit, ObjectInherit', 'None', 'Allow'
        )
        $security.AddAccessRule($rule)
    }
    # A name that nobody can have made before: a directory that is there already would keep its owner and its list.
    $path = [System.IO.Path]::Combine($Parent, [System.Guid]::NewGuid().ToString('N').Substring(0, 12))
    $directory = New-Object -TypeName System.IO.DirectoryInfo -ArgumentList $path
    if ($PSVersionTable.PSVersion.Major -ge 6) {
        [System.IO.FileSystemAclExtensions]::Create($directory, $security)
    }
    else {
        $directory.Create($security)
    }
    return $path
}

Function Get-OtherOwner {
    <#
    .SYNOPSIS
    Returns who besides the system, the administrators and this user owns a file or directory or may change it; nothing when nobody does.
    .PARAMETER Path
    The file or directory.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ([Parameter(Mandatory)][string]$Path)

    $trusted = $TRUSTED + [System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value
    $type = 'System.Security.AccessControl.FileSecurity'
    if ([System.IO.Directory]::Exists($Path)) {
        $type = 'System.Security.AccessControl.DirectorySecurity'
    }
    $security = New-Object -TypeName $type -ArgumentList $Path, 'Owner, Access'
    $identifier = [System.Security.Principal.SecurityIdentifier]
    $owner = $security.GetOwner($identifier)
    # Administrators of the host and of its domain are members of the administrators.
    if ($null -eq $owner -or ($owner.Value -notin $trusted -and $owner.Value -notmatch '^S-1-5-21-.*-(500|512|519)$')) {
        return @{ kind = 'owner'; detail = "$Path is owned by $owner" }
    }
    foreach ($rule in $security.GetAccessRules($true, $true, $identifier)) {
        $inheritOnly = ([int]$rule.PropagationFlags -band 2) -ne 0
        $who = $rule.IdentityReference.Value
        if ($rule.AccessControlType -eq 'Allow' -and -not $inheritOnly -and ([int]$rule.FileSystemRights -band $DANGEROUS) -and
            $who -notin $trusted -and $who -notmatch '^S-1-5-21-.*-(500|512|519)$') {
            return @{ kind = 'mode'; detail = "the access list of $Path lets $who change it" }
        }
    }
    return $null
}

Export-ModuleMember -Function New-PrivateDirectory, Get-OtherOwner
