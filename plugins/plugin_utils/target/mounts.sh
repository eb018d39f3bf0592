# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Part of probe.sh and bootstrap.sh: the mount that a directory is on. No single quotes, as in the files that it becomes part of.

# Prints point|type|options of the mount of $1. The table is that of Linux, or what the program of macOS prints in its form.
mounted() {
    spot=$(CDPATH= cd "$1" 2>/dev/null && pwd -P) || return 0
    if [ -r /proc/self/mounts ]; then
        holder </proc/self/mounts
    else
        mount 2>/dev/null | sed "s/ (\([^,)]*\)[, ]*\(.*\))\$/ \1 \2/; s/, /,/g; s/read-only/ro/; s/^.* on /- /" | holder
    fi
}
holder() {
    best= fact=
    while read -r _ point kind flags _; do
        case ${spot%/}/ in
            "${point%/}"/*) [ "${#point}" -ge "${#best}" ] && best=$point fact="$point|$kind|$flags" ;;
        esac
    done
    printf "%s" "$fact"
}
