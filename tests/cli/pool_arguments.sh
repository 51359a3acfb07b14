# memscan pool: what goes with what, tags that are none, files of tags.
. "$TEST_LIBRARY"
"$MKIMAGE" --set BUILD=7601 "$TEST_SPECS/pool64.spec" image
run pool
run pool image
run pool --at ffffe00000003ba4 --used image
run pool --at ffffe00000003ba4 --tag Se image
run pool --special --tag Se image
run pool --used --special image
run pool --tag Se --sort paged image
run pool --tag Se --top 3 image
run pool --used --find image
run pool --special --tags tags image
run pool --used --top many image
run pool --used --sort size image
run pool --tag Token image
run pool --tag '' image
run pool --tag '?????' image
run pool --at p:1000 image
run pool --at wrong image
run pool --tag Se --space physical image
run pool --tag Se --format kd image
run pool --tag Se nosuchfile

# A user's own tags go before memscan's.
printf '%s\n' 'rem mine' 'Leak - leaky.sys - what leaks' 'T?ke - tokens.sys - my own tokens' \
    '// no more' 'Gla1 - <unknown> - fonts' 'no line of tags' 'Toolong - x.sys - no' >tags
printf 'Ab   - ab.sys - a tag of two letters \033[31m\r\nCM* - <unknown> - registry - all of it\n\032\n' >>tags
run pool --used --tags tags --tag Leak --tag Toke --tag 'G*' --tag Ab --tag 'CM*' --tag Thre image
run pool --used --quiet --tags tags --tag Toke --tag Ab --format jsonl image
run pool --quiet --tags tags --at ffffe00000000010 image
run pool --used --tags nosuchfile image
run pool --used --tags image image
printf 'no tags in here\n' >none
run pool --used --tags none image
: >empty
run pool --used --tags empty image
