# Byte patterns are found where GNU grep finds them; its look-ahead makes it report overlapping matches too.
# needs: regexes
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/small.spec" image

# grep_finds PERL-EXPRESSION: offsets. A newline ends what grep matches, so no pattern here can match one.
grep_finds() {
    LC_ALL=C grep -obUaP "$1" image | LC_ALL=C sed -n 's/^\([0-9]*\):.*/\1/p'
}

compare() {
    local first=$1 rest=$2
    shift 2
    grep_finds "$first(?=$rest)" >expected
    "$MEMSCAN" -1 --format kd --quiet "$@" image | sed 's/0x//; s/`//' |
        while read -r address; do echo $((16#$address)); done >actual
    if cmp -s expected actual; then
        echo "same, $(test -s actual && echo some || echo none): $*"
    else
        echo "differs: $*"
        diff expected actual | head -n 5
    fi
}
compare 'S' 'e  ' -a 'Se  '
compare '[eE]' '[tT]' -i -a et
compare '\x43' '\x00\x09\x78' --align 1 -d 78090043
compare '\x43' '[\x00-\x0f]\x09\x78' -x '43 0? 09 78'
compare '\x20' '\x20' -x 2020
compare '[\x40-\x4f]' '\x8b' -x '4? 8b'
compare '[\x60-\x7a]' '[\x60-\x7a]' -e '[\x60-\x7a]{2}'
compare '\xff' '\xff{2}' -x ffffff
compare '\xff' '' -b ff
