#!/bin/bash
# SPDX-License-Identifier: MIT
#
# exports.sh NM LIBRARY HEADERS...: the shared library exports what the headers declare, no more and
# no less.
set -eu -o pipefail

nm=$1 library=$2
shift 2
declared=$(cat "$@" | tr '\n' ' ' | grep -oE 'MS_API [^;(#]*\(' | grep -oE 'ms_[a-z0-9_]+ *\($' |
    tr -d ' (' | sort)
exported=$("$nm" -D --defined-only "$library" | awk '{ print $NF }' | sed 's/@.*//' | sort)
[[ -n $declared ]]
diff <(echo "$declared") <(echo "$exported") || {
    echo "< is declared and not exported, > is exported and not declared"
    exit 1
}
