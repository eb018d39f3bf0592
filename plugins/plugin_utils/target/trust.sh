# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Part of probe.sh and bootstrap.sh: which directories and files could another user change? One program, ls, for all of them.
# Trusted are root and this user. What others may change stands in $bad, a line each, as host_trust.py reads it:
# "hermetic-distrust-1 parent|root|home|part owner|mode UID MODE PATH". No single quotes, as in the files that it becomes part of.
unset TIME_STYLE QUOTING_STYLE CLICOLOR_FORCE
uid=$(id -u)
nl="
"

# Adds each directory and link on the way to $1 to $way, as written and as resolved; $here is where it leads, if it leads anywhere.
trace() {
    rest=$1 here= hops=0 way=$way$nl/
    while [ -n "$rest" ]; do
        part=${rest%%/*}
        case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
        case $part in
            ""|.) continue ;;
            ..) here=${here%/*}; continue ;;
        esac
        case $part in *"$nl"*) return 1 ;; esac
        way=$way$nl$here/$part
        if [ -L "$here/$part" ]; then
            hops=$((hops + 1))
            [ "$hops" -le 40 ] && part=$(readlink "$here/$part") || return 1
            case $part in /*) here= ;; esac
            rest=$part/$rest
        else
            here=$here/$part
            [ -e "$here" ] || return 0
        fi
    done
}

# Succeeds when others than root and this user are in group $1, or may be by an access list, which a + at the end of mode $2 is the sign of.
shared() {
    case $2 in *+*) return 0 ;; esac
    [ "$1" = 0 ] && return 1
    me=$(id -un)
    members=$(getent group "$1") || return 0
    # The first group of a user is his alone where it has his name; of any other, a directory service need not list who else begins with it.
    [ "$1" = "$(id -g)" ] && [ "${members%%:*}" != "$me" ] && return 0
    case ,${members##*:}, in ,,|,root,|,$me,|,root,$me,|,$me,root,) ;; *) return 0 ;; esac
    (getent passwd | (while IFS=: read -r _ _ number primary _; do
        [ "$primary" = "$1" ] && [ "$number" != 0 ] && [ "$number" != "$uid" ] && exit 0
    done; exit 1))
}

# Judges the paths in $way, and forgets them. $real is the root as resolved, where there is one, and $unsafe is yes where any directory
# above will do: the sticky bit protects what is in a directory above the root, but not the root and what is below it.
judge() {
    bad= listed=
    IFS=$nl
    set -f
    for line in $(ls -ldn $way 2>/dev/null); do
        listed=yes fault= kind=parent
        IFS=" "
        set -- $line
        rights=$1 owner=$3 group=$4
        shift 8
        spot="$*"
        IFS=$nl
        case $rights in l*) spot=${spot%% -> *} ;; esac
        [ -n "$real" ] && case $spot in
            "$real"|"$real"/bundles) kind=home ;;
            "$real"/*) kind=part ;;
        esac
        case $kind$rights in
            partl*|parentl*|homel*|parentd????????[tT]*) ;;
            *) case $rights in
                ????????w*) fault=mode ;;
                ?????w*) shared "$group" "$rights" && fault=mode ;;
            esac ;;
        esac
        if [ "$owner" != 0 ] && [ "$owner" != "$uid" ]; then
            fault=owner
            [ "$spot" = "$real" ] && kind=root
        fi
        [ -n "$fault" ] && [ "$kind$unsafe" != parentyes ] && bad="$bad${nl}hermetic-distrust-1 $kind $fault $owner $rights $spot"
    done
    set +f
    unset IFS
    way=
    [ -n "$listed" ] || bad="${nl}hermetic-distrust-1 parent mode 0 unknown /"
}
