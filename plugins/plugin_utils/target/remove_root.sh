# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Removes what is left of a root in which no interpreter starts. POSIX sh only. $1 is the root; $2 is "check" or "remove".
# No single quotes: Ansible and become quote the script again at each layer, and each layer would multiply them.
[ -n "${ZSH_VERSION-}" ] && emulate sh && setopt NULL_GLOB
LC_ALL=C
export LC_ALL
answer() {
    printf "hermetic-remove-1 %s\n" "$1"
    exit 0
}
cd "$1" 2>/dev/null || answer nothing
[ -n "$(ls -A)" ] || answer nothing
# What a converge moved aside stays, whatever else goes: it may be the only copy of something.
kept=
[ -d state/unexpected ] && [ -n "$(ls -A state/unexpected)" ] && kept=yes
[ -n "$kept" ] && [ "$(ls -A state)" = unexpected ] && [ ! -e bundles ] && answer nothing
# A first run that was killed while it unpacked its interpreter has made nothing else yet.
begun=yes
for entry in * .[!.]* ..?*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    case $entry in
        .bootstrap-????????) [ -d "$entry" ] && [ ! -L "$entry" ] || begun= ;;
        *) begun= ;;
    esac
done
# Without the lock, these could be anybody else s directories of the same names.
[ -n "$begun" ] || { [ -f state/lock ] && [ ! -L state ]; } || answer foreign
[ "$2" = remove ] || answer would
for link in bin lib envs current; do
    [ -L "$link" ] && rm -f "$link"
done
rm -rf environments laid wheels generations bundles .new-* .old-* .bootstrap-* || answer failed
if [ -n "$kept" ]; then
    for entry in state/* state/.[!.]*; do
        [ "$entry" = state/unexpected ] || rm -rf "$entry" || answer failed
    done
else
    rm -rf state || answer failed
fi
cd / && rmdir "$1" 2>/dev/null || answer kept
answer removed
