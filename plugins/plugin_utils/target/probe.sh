# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Looks at a host and prints one line of facts. POSIX sh only; starts as few programs as it can. $1 is the root, $2 may be
# still (below), $3 is yes where directories above the root are not judged. Nothing of a root is started before it is known that no
# other user can change it.
# No single quotes: Ansible and become quote the script again at each layer, and each layer would multiply them.
[ -n "${ZSH_VERSION-}" ] && emulate sh
LC_ALL=C
export LC_ALL
# include trust.sh
# include mounts.sh
root=$1 still=${2-} unsafe=${3-} real= way= distrust= stop=
case $root in
    "~") root=$HOME ;;
    "~/"*) root=$HOME/${root#??} ;;
esac
os=$(uname -s)
facts="os=$os machine=$(uname -m) uid=$uid"

# A kernel of 64 bits may carry a system of 32, and uname reports the kernel only.
bits=$(getconf LONG_BIT 2>/dev/null)
case $bits in
    32|64) facts="$facts bits=$bits" ;;
esac

libc=none
libc_version=
if [ "$os" = Linux ]; then
    found=$(getconf GNU_LIBC_VERSION 2>/dev/null) || found=
    case $found in
        glibc\ *)
            libc=glibc
            libc_version=${found##* }
            ;;
        *)
            found=$(ldd --version 2>&1)
            case $found in
                *musl*)
                    libc=musl
                    libc_version=$(printf "%s\n" "$found" | sed -n "s/^Version //p")
                    ;;
                *GLIBC*|*"GNU libc"*)
                    libc=glibc
                    libc_version=$(printf "%s\n" "$found" | sed -n "1s/.* //p")
                    ;;
            esac
            ;;
    esac
    # Small images have neither getconf nor ldd; the loader itself reports it.
    if [ "$libc" = none ]; then
        for loader in /lib/ld-linux-*.so.* /lib64/ld-linux-*.so.*; do
            [ -e "$loader" ] || continue
            libc=glibc
            libc_version=$("$loader" --version 2>/dev/null | sed -n "1s/.*version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p")
            break
        done
    fi
    if [ "$libc" = none ]; then
        for loader in /lib/ld-musl-*.so.1; do
            [ -e "$loader" ] || continue
            libc=musl
            libc_version=$("$loader" 2>&1 | sed -n "s/^Version //p")
            break
        done
    fi
fi
facts="$facts libc=$libc"
[ -n "$libc_version" ] && facts="$facts libc_version=$libc_version"

root_type=missing
root_writable=no
if [ -d "$root" ]; then
    trace "$root" || stop=yes
    real=$here
    root_type=empty
    for entry in "$root"/* "$root"/.[!.]*; do
        if [ -e "$entry" ] || [ -L "$entry" ]; then
            root_type=directory
            break
        fi
    done
    [ -w "$root" ] && [ -x "$root" ] && root_writable=yes
elif [ -e "$root" ] || [ -L "$root" ]; then
    root_type=other
else
    parent=$root
    while [ ! -e "$parent" ] && [ ! -L "$parent" ] && [ -n "$parent" ]; do
        parent=${parent%/*}
    done
    parent=${parent:-/}
    [ -d "$parent" ] && [ -w "$parent" ] && [ -x "$parent" ] && root_writable=yes
fi
facts="$facts root_type=$root_type root_writable=$root_writable"

# Judges what is in $way, and lets no interpreter start when the root, its bundles or what is above them is not to be trusted.
weigh() {
    judge
    distrust=$distrust$bad
    case $bad in *"-1 parent "*|*"-1 root "*|*"-1 home "*) stop=yes ;; esac
    [ -z "$bad" ]
}

# Prints what is known of the bundle $1 and succeeds when its interpreter can run the engine. Nothing is started where the second
# argument of the script is "still": then it is held against its manifest first, and its bundle.json has the version.
look() {
    [ -z "$stop" ] || return 1
    # Any other name is none of ours, and would be read as another fact.
    case $1 in
        ""|.*|*[!A-Za-z0-9._+-]*) return 1 ;;
    esac
    [ -d "$root/bundles/$1/lib/engine" ] || return 1
    python=$root/bundles/$1/bin/python3
    [ -e "$python" ] || [ -L "$python" ] || return 1
    tree=$real/bundles/$1
    code=$tree/lib/engine-code
    for each in "$real/bundles" "$tree" "$tree/bin" "$tree/bin/"python3* "$tree/lib" "$tree"/lib/python3* "$tree/libexec" "$tree"/libexec/* \
        "$code" "$code"/*; do
        way=$way$nl$each
    done
    weigh || {
        facts="$facts untrusted=$1"
        return 1
    }
    if [ "$still" = still ]; then
        version=$(sed -n "/^ \"python\": {/,/^ }/s/^  \"version\": \"\([0-9.]*\)\".*/\1/p" "$root/bundles/$1/bundle.json" 2>/dev/null)
    else
        version=$("$python" -I -S -c "import sys; sys.stdout.write(\"%d.%d.%d\" % sys.version_info[:3])" </dev/null 2>/dev/null) || version=
    fi
    case $version in
        3.9.*|3.[1-9][0-9].*)
            facts="$facts engine=$version:$1"
            # What names no engine is left out: another text, and the path where there is no such file.
            [ -f "$code/digest" ] && read -r code <"$code/digest"
            case $code in
                ""|*[!0-9a-f]*) ;;
                *) facts="$facts code=$code" ;;
            esac
            return 0
            ;;
        "") facts="$facts dead=$1" ;;
    esac
    return 1
}

newest=
if [ -L "$root/state/engine" ]; then
    # The link is not used as it is: an interpreter finds its library where its own path leads, and the link may move during the run.
    newest=$(readlink "$root/state/engine")
    newest=${newest##*/}
fi
if [ -z "$newest" ] || ! look "$newest"; then
    for receipt in "$root"/state/receipts/bundles/*.json; do
        [ -e "$receipt" ] || continue
        bundle=${receipt##*/}
        bundle=${bundle%.json}
        [ "$bundle" = "$newest" ] && continue
        look "$bundle" && break
    done
fi

# What a first installation needs room for; a host that has something is asked by its own engine.
above=${parent:-$root}
case $facts in
    *" engine="*) [ "$root_writable" = yes ] && above= ;;
    *)
        free=$(df -Pk "${parent:-$root}" 2>/dev/null | sed -n "s/.* \([0-9][0-9]*\)  *[0-9][0-9]*%.*/\1/p" | tail -n 1)
        [ -n "$free" ] && facts="$facts free=$free"
        ;;
esac

# What could keep the root from being written, or its programs from being started.
if [ -n "$above" ]; then
    held=$(mounted "$above")
    [ -n "$held" ] && facts="$facts mount=$held"
    case $facts in *" dead="*)
        other=$(mounted "$root/bundles")
        [ -n "$other" ] && [ "$other" != "$held" ] && facts="$facts mount=$other"
        ;;
    esac
fi

# Without any bundle, the way to the root is not judged yet.
[ -n "$way" ] && weigh
tools=
for tool in curl wget tar gzip sha256sum shasum openssl mktemp; do
    command -v "$tool" >/dev/null 2>&1 && tools=$tools,$tool
done
printf "%s\n" "$distrust"
printf "hermetic-probe-1 %s tools=%s root=%s\n" "$facts" "${tools#,}" "$root"
