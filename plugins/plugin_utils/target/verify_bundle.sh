# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Holds an installed bundle against its bundle.json before its interpreter is started, with the programs of the host alone.
# POSIX sh only. $1 is the tree, $2 the SHA-256 that its bundle.json must have. Prints one line.
# No single quotes: Ansible and become quote the script again at each layer, and each layer would multiply them.
[ -n "${ZSH_VERSION-}" ] && emulate sh
LC_ALL=C
export LC_ALL
PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
export PATH

answer() {
    printf "hermetic-verify-1 %s\n" "$*"
    exit 0
}

if command -v sha256sum >/dev/null 2>&1; then
    sums() { sha256sum "$@"; }
elif command -v shasum >/dev/null 2>&1; then
    sums() { shasum -a 256 "$@"; }
else
    answer "cannot the host has neither sha256sum nor shasum"
fi
for tool in awk find xargs readlink; do
    command -v "$tool" >/dev/null 2>&1 || answer "cannot the host has no $tool"
done
cd "$1" 2>/dev/null || answer "changed the directory cannot be entered"
[ -f bundle.json ] && [ ! -L bundle.json ] || answer "changed bundle.json"
found=$(sums <bundle.json)
[ "${found%% *}" = "$2" ] || answer "changed bundle.json"

listed() {
    awk "
        /^ \"files\": \{\$/ { inside = 1; next }
        /^ [^ ]/ { inside = 0 }
        inside && /^  \".*\": \{\$/ {
            path = substr(\$0, 4, length(\$0) - 7)
            if (index(path, \"\\\\\")) print \"odd\"
            next
        }
        inside && /^   \"sha256\": \"/ { print \"file \" substr(\$0, 15, 64) \" \" path }
        inside && /^   \"target\": \"/ { target = substr(\$0, 15); sub(/\",?\$/, \"\", target); print \"link \" path \" -> \" target }
    " bundle.json
}
present() {
    find . ! -type d ! -type f ! -type l -exec printf "other %s\n" {} \;
    find . -type l | while IFS= read -r path; do
        printf "link %s -> %s\n" "${path#./}" "$(readlink "$path")"
    done
    find . -type f ! -path ./bundle.json -print0 2>/dev/null | xargs -0 sh -c "$summing" sums | sed "s/^\(.\{64\}\)  \.\//file \1 /"
}
summing="exec sha256sum \"\$@\""
command -v sha256sum >/dev/null 2>&1 || summing="exec shasum -a 256 \"\$@\""

result=$(
    {
        listed
        echo present
        present
    } | awk "
        \$0 == \"odd\" { odd = 1 }
        \$0 == \"present\" { second = 1; next }
        !second { wanted[\$0] = 1; count++; next }
        (\$0 in wanted) { delete wanted[\$0]; next }
        { if (shown++ < 3) names = names \", \" substr(\$0, 1, 200); different++ }
        END {
            for (line in wanted) { different++; if (shown++ < 3) names = names \", missing \" substr(line, 1, 200) }
            if (odd || !count) print \"cannot bundle.json is not written as bundle_build writes it\"
            else if (different) print \"changed \" different \" differ\" names
            else print \"same \" count
        }
    "
)
answer "$result"
