# memscan v2p: addresses of the command line and of standard input, in their order.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
addresses=(fffff80000000010 'fffff800`00001ff4' fffff80000002000 fffff80000004abc fffff80000005000 0xfffff80000007fff
    10000 ffffffffffffffff fffff80000000010)
run v2p "${tables[@]}" "${addresses[@]}" dump
run v2p "${tables[@]}" --format jsonl "${addresses[@]}" dump
run v2p "${tables[@]}" --format csv --space kernel,root:1000 "${addresses[@]}" dump
run v2p "${tables[@]}" --space root:1000,kernel 10020 dump
printf 'fffff80000001000\n\n  0xfffff80000000ffc \r\nffff' | run v2p "${tables[@]}" ffffffffffffffff - 10000 dump
run v2p "${tables[@]}" - dump </dev/null
run v2p "${tables[@]}" fffff80000002000 dump
run v2p fffff80000002000 dump --space root:1000 --arch x64
# Errors come before anything is opened.
run v2p dump
run v2p
run v2p p:1000 missing
run v2p 1000g missing
printf 'fffff80000001000\nzz\n' | run v2p - missing
printf '1000\n1000\0\n' | run v2p - missing
printf '1000 2000\n' | run v2p - missing
run v2p "${tables[@]}" --space physical 1000 dump
run v2p 1000 missing
