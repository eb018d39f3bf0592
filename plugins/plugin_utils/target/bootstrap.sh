# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Unpacks a bundle into a temporary directory of a host that has no Python, and prints where its interpreter is. POSIX sh only.
# $1 SHA-256, $2 "install" or "look", $3 root, $4 temporary directory of the connection (may be empty), $5 file with credentials
# (may be empty: "host tool line" on each line), $6 limits (seconds of silence, seconds in all, bytes for each second, bytes), $7 retries,
# $8 file of certificates (may be empty), $9 "yes" where any directory above the root will do, then the sources; "@number=text" is an address of the file with credentials ("@number address line").
# Nothing is read twice from a place that another user may write.
# No single quotes: Ansible and become quote the script again at each layer, and each layer would multiply them.
[ -n "${ZSH_VERSION-}" ] && emulate sh
LC_ALL=C
export LC_ALL
umask 022
# include trust.sh
# include mounts.sh
digest=$1 mode=$2 root=$3 remote_tmp=$4 secrets=$5 limits=$6 retries=$7 certificates=$8 unsafe=$9
shift 9
timeout=${limits%%:*} limits=${limits#*:}
deadline=${limits%%:*} limits=${limits#*:}
rate=${limits%%:*} most=${limits#*:}
place=
root_made=

have() { command -v "$1" >/dev/null 2>&1; }

clean_up() {
    [ -n "$place" ] && rm -rf "$place"
    [ -n "$root_made" ] && rmdir "$root" 2>/dev/null
    :
}
trap clean_up EXIT
trap "exit 130" HUP INT TERM

fail() {
    kind=$1
    shift
    printf "hermetic-bootstrap-1 error=%s %s\n" "$kind" "$(printf "%s" "$*" | tr "\n" " ")"
    exit 3
}

# Without queries, which may be signatures.
last_words() { tail -n 3 "$place/words" 2>/dev/null | tr "\n" " " | sed "s/[?#][^ ]*//g; s/ *\$//"; }

# Ends with that reason where there is no room left: what fails for want of it has no room for its own words either.
unless_full() {
    head -c 1048576 /dev/zero >"$place/room" 2>/dev/null && {
        rm -f "$place/room"
        return 0
    }
    rm -f "$place/room"
    mounted=$(df -Pk "$place" 2>/dev/null | { read -r line; read -r line; printf "%s" "${line##* }"; })
    fail space "less than 1 MiB is free on the file system mounted at ${mounted:-$place}, where it is unpacked"
}

# --- a directory that can be written, whose programs may run, and that no other user can change ----------------------------------
tried=
settle() {
    case $1 in /*) ;; *) return 1 ;; esac
    way= real= bad=" it runs through a loop of links"
    trace "$1" && {
        [ "$1" = "$root" ] && real=$here
        judge
    }
    [ -z "$bad" ] || {
        tried="$tried $1 (another user may change it: ${bad##*-1 });"
        return 1
    }
    place=$(mktemp -d "$1/.bootstrap-XXXXXXXX" 2>/dev/null) || {
        place=
        why="cannot be written"
        [ -d "$1" ] || why="is no directory"
        under "$1" ro "it is mounted read-only"
        tried="$tried $1 ($why);"
        return 1
    }
    why="it is full"
    if printf "#!/bin/sh\nexit 0\n" 2>/dev/null >"$place/run" && chmod 700 "$place/run"; then
        "$place/run" 2>/dev/null && return 0
        why="programs may not run there"
        under "$1" noexec "no program starts there, since it is mounted noexec"
    fi
    rm -rf "$place"
    place=
    tried="$tried $1 ($why);"
    return 1
}
# Makes $3 the reason where the mount of $1 has the option $2.
under() {
    held=$(mounted "$1")
    case ,${held##*"|"}, in *",$2,"*) why="$3: the mount at ${held%%"|"*}" ;; esac
}

for tool in mktemp tar gzip; do
    have "$tool" || fail tools "the host has no $tool, which unpacking a bundle takes"
done
way= real=
if [ "$mode" = install ]; then
    # The directories above the root are judged before anything is made there, and once more with it: it might have been made meanwhile.
    trace "$root" || fail parent "the path runs through a loop of links"
    [ -d "$here" ] && real=$here
    judge
    case $bad in *"-1 parent "*|*"-1 root "*)
        printf "%s\n" "$bad"
        fail parent "${bad##*-1 }"
    ;; esac
    if [ ! -e "$root" ] && mkdir -p "$root" 2>/dev/null; then
        root_made=yes
    fi
    settle "$root"
    unsafe=
fi
[ -n "$place" ] || settle "$remote_tmp" || settle "${TMPDIR:-/tmp}" || settle /var/tmp || fail place "no directory is left to unpack in:$tried"
archive=$place/archive.tar.gz

# --- fetching --------------------------------------------------------------------------------------------------------------------
sum_of() {
    if have sha256sum; then
        sha256sum <"$1" | cut -d " " -f 1
    elif have shasum; then
        shasum -a 256 <"$1" | cut -d " " -f 1
    elif have openssl; then
        openssl dgst -sha256 <"$1" | sed "s/.* //"
    else
        fail tools "the host has neither sha256sum, shasum nor openssl, one of which checking a bundle takes"
    fi
}

secret_lines() {
    [ -n "$secrets" ] || return 0
    while read -r host tool line; do
        [ "$host" = "$2" ] && [ "$tool" = "$1" ] && printf "%s\n" "$line"
    done <"$secrets"
    :
}

timer=
timeout 9 true >/dev/null 2>&1 && timer=timeout
# Runs a program that cannot write a larger file, and not for longer, whatever the server does.
within() (
    ulimit -f $((most / 512 + 1)) 2>/dev/null
    [ -z "$timer" ] || exec timeout "$deadline" "$@"
    exec "$@"
)

too_large() {
    [ -f "$archive" ] && [ "$(wc -c <"$archive")" -gt "$most" ] || return 1
    rm -f "$archive"
    echo "it has more than the $most bytes that belong to it" >"$place/words"
}

# One try. Succeeds with the whole file in place; 1 means "may work later", 2 means "will not".
get_by_curl() {
    case $1 in
        https:*) also="=https" ;;
        *) also="=http,https" ;;
    esac
    code=$({ printf "url = \"%s\"\n" "$1"; secret_lines curl "$2"; } | within curl -K - --silent --show-error --fail --location \
        --proto "=http,https" --proto-redir "$also" --max-redirs 10 --connect-timeout "$timeout" --speed-limit "$((rate > 0 ? rate : 1))" \
        --speed-time "$timeout" --max-time "$deadline" --max-filesize "$most" --continue-at - ${certificates:+--cacert "$certificates"} --output "$archive" --write-out "%{http_code}" 2>"$place/words") && return 0
    case $code in
        416|206) rm -f "$archive"; return 1 ;;
        408|425|429) return 1 ;;
        4??) return 2 ;;
    esac
    return 1
}

get_by_wget() {
    secret_lines wget "$2" >"$place/wgetrc"
    # It would send a password to wherever it is redirected.
    follow=10
    [ -s "$place/wgetrc" ] && follow=0
    printf "%s\n" "$1" >"$place/address"
    known=$(wget --help 2>&1)
    case $known in
        *--ca-certificate*)
            WGETRC=$place/wgetrc
            export WGETRC
            within wget ${certificates:+--ca-certificate "$certificates"} -c -T "$timeout" -t 1 --max-redirect "$follow" -O "$archive" \
                -i "$place/address" 2>"$place/words" && return 0
            ;;
        *)
            # The small one of busybox knows no certificates, which a digest makes up for; but a password would have to be shown.
            [ -s "$place/wgetrc" ] && {
                echo "this wget cannot be given a password in private" >"$place/words"
                return 2
            }
            case $1 in
                *[?]*)
                    echo "this wget cannot be given an address with a query in private" >"$place/words"
                    return 2
                    ;;
            esac
            case $known in
                *" -T"*|*"	-T"*) within wget -c -T "$timeout" -O "$archive" "$1" 2>"$place/words" && return 0 ;;
                *) within wget -c -O "$archive" "$1" 2>"$place/words" && return 0 ;;
            esac
            ;;
    esac
    grep -q -E "(ERROR|HTTP/[0-9.]+|error:?) 40[0-79]" "$place/words" && return 2
    return 1
}

get() {
    host=${1#*://}
    host=${host%%[/?#]*}
    attempt=0
    rm -f "$archive"
    while :; do
        : >"$place/words"
        if have curl; then
            get_by_curl "$1" "$host"
        elif have wget; then
            get_by_wget "$1" "$host"
        else
            echo "the host has neither curl nor wget" >"$place/words"
            return 1
        fi
        outcome=$?
        too_large && return 1
        [ "$outcome" = 0 ] && return 0
        attempt=$((attempt + 1))
        if [ "$outcome" = 2 ] || [ "$attempt" -gt "$retries" ]; then
            return 1
        fi
        pause=$((attempt * attempt))
        [ "$pause" -gt 15 ] && pause=15
        sleep "$pause"
    done
}

problems=
found=
wrong=
for source in "$@"; do
    address=$source
    case $source in
        stored:*)
            # What a run that failed has left in the root. One that is not there, or was damaged, is no matter.
            candidate=${source#stored:}
            rm -f "$archive"
            [ -f "$candidate" ] && [ -r "$candidate" ] && [ "$(wc -c <"$candidate")" -le "$most" ] && cat "$candidate" >"$archive" 2>/dev/null || continue
            sum=$(sum_of "$archive") || { printf "%s\n" "$sum"; exit 3; }
            [ "$sum" = "$digest" ] || continue
            found=$archive
            break
            ;;
        @*=*)
            address=$(secret_lines address "${source%%=*}")
            source=${source#*=}
            ;;
    esac
    case $address in
        http://*|https://*)
            get "$address" || {
                unless_full
                problems="$problems $source: $(last_words);"
                continue
            }
            ;;
        *)
            # A copy of its own: what another user may write could be one file when it is hashed and another when it is unpacked.
            candidate=${source#file://}
            rm -f "$archive"
            [ -f "$candidate" ] && [ -r "$candidate" ] || {
                problems="$problems $source: cannot be read;"
                continue
            }
            cat "$candidate" >"$archive" 2>"$place/words" || {
                unless_full
                problems="$problems $source: cannot be copied to $place: $(last_words);"
                continue
            }
            ;;
    esac
    sum=$(sum_of "$archive") || { printf "%s\n" "$sum"; exit 3; }
    if [ "$sum" = "$digest" ]; then
        found=$archive
        break
    fi
    wrong=yes
    problems="$problems $source: has the SHA-256 $sum;"
done
if [ -z "$found" ]; then
    [ -n "$wrong" ] && fail digest "$problems"
    fail fetch "${problems:- there is no source}"
fi

# Prints the links that could leave the tree, also by way of another one: ".." only at the start of a target and no further up than
# the tree, and nothing that lies behind a link or has the name of one.
links_outside() {
    tar -tf "$place/tar" 2>/dev/null | sed "s:^\./::" >"$place/list"
    grep -n "^l" "$place/names" | while IFS=: read -r number line; do
        name=$(sed -n "${number}p" "$place/list")
        target=${line#*"$name -> "}
        shown="$name -> $target"
        left=$name
        while :; do
            case $target in
                ..|../*) ;;
                *) break ;;
            esac
            case $left in
                */*) left=${left%/*} ;;
                *) printf "%s\n" "$shown"; break ;;
            esac
            target=${target#..}
            target=${target#/}
        done
        case /$target/ in
            */../*) printf "%s\n" "$shown" ;;
        esac
        [ "$(grep -c -x -F "$name" "$place/list")" = 1 ] || printf "%s (duplicate entry)\n" "$shown"
        grep -F "$name/" "$place/list" | while read -r entry; do
            case $entry in
                "$name/"*) printf "%s (%s lies behind it)\n" "$shown" "$entry" ;;
            esac
        done
    done
}

# --- unpacking -------------------------------------------------------------------------------------------------------------------
# The digest proves that these are the declared bytes; this proves that whoever declared them was not careless.
# Decompressed once, since it is read three times; what is installed later takes more room than that. A warning of gzip (2) is none of ours.
# Through its standard input, since GNU gzip takes no name of more than 1,024 bytes.
{ gzip -dc <"$found" >"$place/tar" 2>"$place/words" || [ $? = 2 ]; } && tar -tvf "$place/tar" >"$place/names" 2>>"$place/words" && [ -s "$place/names" ] || {
    unless_full
    fail archive "it cannot be listed: $(last_words)"
}
outside=$(grep -v "^[-dl]" "$place/names" | head -n 3)
[ -n "$outside" ] || outside=$(grep -E "^-.* (link to|->) " "$place/names" | head -n 3)
[ -n "$outside" ] && fail archive "it has entries that are neither file, directory nor symbolic link: $outside"
outside=$(grep -E " -> /" "$place/names" | head -n 3)
[ -n "$outside" ] || outside=$(links_outside | head -n 3)
[ -n "$outside" ] && fail archive "it has links that lead out of its tree: $outside"
outside=$(sed "s/ -> .*//; s/ link to .*//" "$place/names" | grep -E " /|[ /]\.\.(/|\$)" | head -n 3)
# Some tars repair such names in silence, or nearly so.
[ -n "$outside" ] || outside=$(grep -i "removing leading" "$place/words" | head -n 1)
[ -n "$outside" ] && fail archive "it has entries that lead out of its tree: $outside"
mkdir "$place/tree" && (cd "$place/tree" && tar -xf "$place/tar") 2>"$place/words" || {
    unless_full
    fail archive "it cannot be unpacked in $place: $(last_words)"
}
python=$place/tree/bin/python3
version=$("$python" -I -S -c "import sys; sys.stdout.write(\"%d.%d.%d\" % sys.version_info[:3])" </dev/null 2>"$place/words") ||
    fail interpreter "$python does not start: $(last_words)"
case $version in
    3.9.*|3.[1-9][0-9].*) ;;
    *) fail interpreter "it is Python $version; the engine needs 3.9 or newer" ;;
esac
trap - EXIT
rm -f "$place/tar" "$place/run" "$place/names" "$place/list" "$place/words" "$place/wgetrc" "$place/address"
printf "hermetic-bootstrap-1 version=%s root_made=%s place=%s archive=%s\n" "$version" "${root_made:-no}" "$place" "$found"
