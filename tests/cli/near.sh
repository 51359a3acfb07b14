# memscan near: module, section, nearest exports, functions.
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/nt64.spec" nt64
"$MKIMAGE" "$TEST_SPECS/nt32.spec" nt32
# Behind an export; at two; in a function that no export names, in a gap behind one.
addresses=(fffff80002a0a8fd fffff80002a0a8c0 fffff80002a0ad10 fffff80002a0adc1)
# An export by ordinal, a header, before the first export of a module, without headers, data.
addresses+=(fffff80002a08004 fffff80002a00010 fffff80003101000 fffff80003300010 fffff80002a10004)
# Nowhere.
addresses+=(fffff80003f00000 1000)
run near "${addresses[@]}" nt64
run near --format jsonl "${addresses[@]}" nt64
run near --format csv "${addresses[@]}" nt64
run near --scan fffff80003581000 fffff80003580000 nt64
run near 8260a8c0 8a000801 8a200004 nt32
printf '%s\n' fffff80002a0a8c0 '' 'fffff800`02a0a8c1' | run near - nt64
printf '1000\nwrong\n' | run near - nt64
run near fffff80003f00000 nt64
run near --space root:1ad000 fffff80002a0a8fd nt64
run near p:1000 nt64
run near nt64
run near fffff80002a0a8fd
run near 1000 nosuchfile
