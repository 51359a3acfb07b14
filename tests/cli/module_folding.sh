# Matches in a row are one line within one module and section, whatever range was asked for.
. "$TEST_LIBRARY"
# Two modules without a byte between them, and sections of zeros one behind the other: a flood goes
# through all of them. Sections of the second end at odd places.
{
    sed -e '/^module ABCMiniFilter/,/^$/d' -e '/^module headless/,/^$/d' -e '/^plant ABC/d' \
        -e '/^plant XYZFilter/d' -e '/^module XYZFilter/,/^$/d' -e 's/^run 1M 7M/run 1M 15M/' \
        "$TEST_SPECS/nt64.spec"
    cat <<'SPEC'
module first at kernel:0xfffff80003100000 scatter 8M 4M
  section .text 8K code
  section .data 4K zero
  section TAIL 8K zero
module second at kernel:0xfffff80003106000 scatter 12M 4M
  align 0x80
  section ZERO 0x335 zero
  section NEXT 0x123 zero
  section .text 0x400 code
SPEC
} >flood.spec
"$MKIMAGE" flood.spec flood
run modules --quiet --module first --module second flood
range=fffff80003100000,fffff80003106fff
run --quiet -d 00000000 --range $range flood | grep 'repeated [0-9][0-9][0-9]'
run --quiet -d 00000000 --modules --module first --module second --format csv flood | cut -d, -f3,9,10,15-17 |
    awk -F, '$2 > 99'
# A match belongs to where its first byte lies, also when it reaches into the next section.
run --quiet -x '00 00 00' --range $range --format csv flood | cut -d, -f3,9,10,15-17 |
    awk -F, '$2 > 99'

# Nothing is folded but what has one owner: addresses one by one, their owners by memscan near, and the
# rule by the words of the contract.
fold_naively() {
    awk -F '\t' -v stride="$1" '
        function flush(i) {
            if (n < 3) for (i = 0; i < n; i++) print start[i] ",1," owner
            else print start[0] "," n "," owner
            n = 0
        }
        NR > 1 && ($1 != last + stride || $3 != owner) { flush() }
        { start[n++] = $2; last = $1; owner = $3 }
        END { flush() }'
}
check() {
    local stride=$1 kind=$2 value=$3 options=${*:4}
    # shellcheck disable=SC2086 # options are words
    "$MEMSCAN" --quiet -1 "$kind" "$value" $options flood |
        "$MEMSCAN" near --quiet --format csv - flood | tail -n +2 |
        awk -F , '{ printf "%d\t%s\t%s,%s\n", ("0x" substr($3, 11)), $3, $4, $6 }' |
        fold_naively "$stride" >naive
    # shellcheck disable=SC2086
    for threads in 1 3; do
        for chunk in 4K 64K 1M; do
            "$MEMSCAN" --quiet "$kind" "$value" $options --threads $threads --chunk $chunk \
                --format csv flood | tail -n +2 | cut -d, -f3,9,15,17 >folded
            cmp naive folded || diff naive folded | head -n 5
        done
    done
    echo "$* : $(wc -l <folded) lines"
}
check 4 -d 00000000 --range $range
check 4 -d 00000000 --modules
check 8 -q 0 --range fffff80002a00000,fffff80003110000
check 1 -x '000000' --range $range
check 1 -x '000000' --modules
check 2 -w 0 --section TAIL --section ZERO --section NEXT
