#!/bin/bash
# SPDX-License-Identifier: MIT
#
# layers.sh ROOT: checks that #include points the right way, and prints each line that does not.
#
# A file may include what its own layer holds and what the layers before it in the list hold. The
# command may not look behind the public headers, and the image builder shares nothing with the
# engine, so that one can be tested against the other.
set -eu -o pipefail

engine_layers="base source format image space match scan windows"
layers="include $engine_layers cli corpus fuzz bench tests"

declare -A rank
n=0
for layer in $layers; do
    rank[$layer]=$((n += 1))
done

# These functions answer in $answer: there are too many lines for a subshell each.

layer_of_file() { # PATH from the root on
    answer=${1#engine/}
    answer=${answer%%/*}
}

# The layer of an included file; "system" for what is none of ours.
layer_of_include() { # NAME DIRECTORY KIND
    local first=${1%%/*}
    if [[ $1 == ../* ]]; then
        layer_of_file "$(realpath -m --relative-to=. "$2/$1")"
    elif [[ $3 == quoted && -e $2/$1 ]]; then
        layer_of_file "$2/$1"
    elif [[ $first == memscan ]]; then
        answer=include
    elif [[ $2 == tests/* && -e tests/$1 ]]; then
        answer=tests
    elif [[ $1 == */* && $first != include && -n ${rank[$first]-} ]]; then
        answer=$first
    elif [[ $3 == quoted ]]; then
        answer=unknown
    else
        answer=system
    fi
}

allowed() { # FROM TO
    [[ $2 == system || $1 == "$2" ]] && return
    [[ $2 == unknown ]] && return 1
    case $1 in
    cli) [[ $2 == include ]] ;;
    corpus) false ;;
    *) [[ ${rank[$2]} -lt ${rank[$1]} ]] ;;
    esac
}

check_line() { # FILE LINE NAME QUOTED
    local from to
    layer_of_file "$1"
    from=$answer
    layer_of_include "$3" "${1%/*}" "$4"
    to=$answer
    allowed "$from" "$to" && return
    echo "$1:$2: $from may not include $3 ($to)"
    bad=1
}

root=$1
bad=0
n=0
cd "$root"
while IFS=: read -r file line text; do
    if [[ $text =~ include[[:blank:]]*\"([^\"]*)\" ]]; then
        name=${BASH_REMATCH[1]} kind=quoted
    elif [[ $text =~ include[[:blank:]]*\<([^\>]*)\> ]]; then
        name=${BASH_REMATCH[1]} kind=angle
        # Without a slash it is the system's: spares the search for most lines.
        [[ $name == */* ]] || continue
    else
        continue
    fi
    n=$((n + 1))
    check_line "$file" "$line" "$name" "$kind"
done < <(grep -rnsE --include='*.[ch]' --include='*.cc' '^[[:blank:]]*#[[:blank:]]*include' \
    engine cli corpus fuzz bench tests | sort)

# A check of nothing would pass.
[[ $n -gt 0 ]] || { echo "no file was found below $root"; exit 1; }
exit $bad
