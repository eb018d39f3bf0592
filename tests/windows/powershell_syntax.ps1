# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Reads scripts with PowerShell's own parser and prints what Windows PowerShell 5.1 (.NET Framework 4.7.2) would not take,
# one problem a line: file, line, what. It runs in PowerShell 7, whose parser knows the newer syntax.
$ErrorActionPreference = 'Stop'

$NEWER_OPERATORS = @('QuestionQuestion', 'QuestionQuestionEquals', 'AndAnd', 'OrOr', 'QuestionDot', 'QuestionLBracket')
$NEWER_NODES = @('TernaryExpressionAst', 'PipelineChainAst')
# Only what these scripts may use: a cmdlet that is not listed is a problem, so that its parameters are looked at once.
$COMMANDS = @{
    'Add-Type' = @('TypeDefinition', 'AssemblyName')
    'ConvertFrom-Json' = @('InputObject')
    'ConvertTo-Json' = @('InputObject', 'Depth', 'Compress')
    'Export-ModuleMember' = @('Function')
    'ForEach-Object' = @('Process', 'MemberName')
    'New-Object' = @('TypeName', 'ArgumentList')
    'Select-Object' = @('First', 'Last', 'Property', 'Unique')
    'Sort-Object' = @('Property', 'Descending')
    'Where-Object' = @('FilterScript')
    'Write-Debug' = @('Message')
}
# Types and members that .NET Framework 4.7.2 does not have, of those that one would think of here.
$NEWER_TYPES = @(
    'System.Text.Json', 'System.Net.Http.SocketsHttpHandler', 'System.Span', 'System.Memory', 'System.OperatingSystem', 'System.Convert]::ToHexString',
    'System.Formats', 'System.IO.Compression.Brotli', 'System.Half', 'System.DateOnly', 'System.HashCode', 'System.Buffers'
)
$NEWER_MEMBERS = @(
    'ArgumentList', 'Environment2', 'HashData', 'ToHexString', 'FromHexString', 'GetRelativePath', 'Join2', 'WaitForExitAsync', 'ReadAllTextAsync',
    'StandardInputEncoding', 'IsWindows', 'ImportFromPemFile', 'CreateFromPem', 'CustomTrustStore', 'TrustMode', 'CreateSymbolicLink', 'LinkTarget', 'Tls13'
)

function Find-Problem([string]$Path) {
    $tokens = $null
    $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseFile($Path, [ref]$tokens, [ref]$errors)
    foreach ($each in $errors) {
        "$Path`t$($each.Extent.StartLineNumber)`tdoes not parse: $($each.Message)"
    }
    foreach ($token in $tokens) {
        if ($token.Kind.ToString() -in $NEWER_OPERATORS) {
            "$Path`t$($token.Extent.StartLineNumber)`toperator $($token.Text)"
        }
        if ($token.Kind.ToString() -eq 'Clean') {
            "$Path`t$($token.Extent.StartLineNumber)`tblock $($token.Text)"
        }
    }
    $own = @($tree.FindAll({ param($node) $node -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true) | ForEach-Object { $_.Name })
    foreach ($node in $tree.FindAll({ $true }, $true)) {
        $line = $node.Extent.StartLineNumber
        $kind = $node.GetType().Name
        if ($kind -in $NEWER_NODES) {
            "$Path`t$line`tsyntax $($kind -replace 'Ast$')"
        }
        if (($kind -eq 'MemberExpressionAst' -or $kind -eq 'InvokeMemberExpressionAst')) {
            if ($node.PSObject.Properties['NullConditional'] -and $node.NullConditional) {
                "$Path`t$line`toperator ?."
            }
            $name = "$($node.Member)"
            if ($name -in $NEWER_MEMBERS) {
                "$Path`t$line`tmember $name"
            }
        }
        if ($kind -eq 'TypeExpressionAst' -or $kind -eq 'TypeConstraintAst') {
            $name = $node.TypeName.FullName
            foreach ($newer in $NEWER_TYPES) {
                if ($name -like "$newer*" -or "System.$name" -like "$newer*") {
                    "$Path`t$line`ttype $name"
                }
            }
        }
        if ($kind -eq 'CommandAst') {
            $command = $node.GetCommandName()
            if ($null -eq $command -or $command -in $own -or $command -in $script:known) {
                continue
            }
            if (-not $COMMANDS.ContainsKey($command)) {
                "$Path`t$line`tcommand $command is not on the list of those known to be in 5.1"
                continue
            }
            foreach ($element in $node.CommandElements) {
                if ($element -is [System.Management.Automation.Language.CommandParameterAst] -and $element.ParameterName -notin $COMMANDS[$command]) {
                    "$Path`t$line`tparameter -$($element.ParameterName) of $command"
                }
            }
        }
    }
}

# A module's functions are commands of the others.
$script:known = @()
foreach ($path in $args) {
    $tokens = $null
    $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseFile($path, [ref]$tokens, [ref]$errors)
    $functions = $tree.FindAll({ param($node) $node -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true)
    $script:known += @($functions | ForEach-Object { $_.Name })
}
foreach ($path in $args) {
    Find-Problem $path
}
