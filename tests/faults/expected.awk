# SPDX-License-Identifier: MIT
#
# From the truth of an image to what a search of it finds when part of the file is lost:
#
#     awk -v from=OFFSET -v end=OFFSET -v since=BYTES -f expected.awk TRUTH
#
# Bytes [from, end) of the file are lost to those who come to them when `since` bytes of memory, from
# the lowest address on, have already been searched. Prints "hit ADDRESS", "gap FIRST LAST" and
# "unreadable BYTES".

function number(hex,    value, i) {
    value = 0
    for (i = 3; i <= length(hex); i++)
        value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return value
}

function max(a, b) { return a > b ? a : b }
function min(a, b) { return a < b ? a : b }

$1 == "run" {
    n++
    start[n] = number($2)
    bytes[n] = $3
    offset[n] = number($4)
    before[n] = n == 1 ? 0 : before[n - 1] + bytes[n - 1]
}

$1 == "plant" {
    address = number($2)
    at = number($3)
    for (run = n; start[run] > address; run--)
        ;
    reached = before[run] + address - start[run]
    if (reached < since || at + $4 <= from || at >= end)
        printf "hit 0x%x\n", address
}

END {
    for (i = 1; i <= n; i++) {
        first = max(max(from, offset[i]), offset[i] + since - before[i])
        last = min(end, offset[i] + bytes[i]) - 1
        if (first > last)
            continue
        printf "gap 0x%x 0x%x\n", start[i] + first - offset[i], start[i] + last - offset[i]
        unreadable += last - first + 1
    }
    print "unreadable", unreadable + 0
}
