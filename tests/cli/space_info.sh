# memscan info: which page tables were found and how, and what a raw image leaves out.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
run info --quiet dump
run info "${tables[@]}" dump
run info --dtb 1003 --arch x64 --format jsonl dump
"$MKIMAGE" "$TEST_SPECS/space.spec" low-stub
"$MKIMAGE" --format lime "$TEST_SPECS/space.spec" self-reference
"$MKIMAGE" --format elf64 "$TEST_SPECS/space.spec" note
for image in low-stub self-reference note; do
    run info $image
    run info --format jsonl $image
done
# A machine with nothing between 128 MiB and 4 GiB, whose file leaves that out.
build raw-concat around <<'EOF'
run 0 128M
run 4G 1M
tables 4G 64K
space k x64 root 0x4000
fill 0x1000 4K zero
plant 0x1000 qword 00000001000600e9
plant 0x1070 qword fffff80001010000
plant 0x10a0 qword 0000000000004000
self-map k 0x1b7
map k 0xfffff78000000000 4K to 0x5000 ro nx
plant 0x5030 utf16 "C:\\Windows"
plant 0x5260 dword "00004a61 00000001 00000000 0000000a 00000000"
map k 0xfffff80001000000 64K to 4G+256K
plant k:0xfffff80001000ffe dword 78090043
EOF
run info around
run info --format jsonl --hole 8000000,ffffffff around
run --align 1 -d 78090043 around
run -d 78090043 --space physical --align 1 --quiet around
run v2p --quiet fffff80001000ffe around
run spaces --hole 8000000+8000000 around
run spaces --hole 8000000+8000000 self-reference
# Arguments.
run info --hole 8000000,fffffff0 around
run info --hole 8000800,ffffffff around
run info --hole 0,ffffffffffffffff around
run info --hole 8000000 around
run info --dtb 1000 low-stub
run info --dtb 1g low-stub
run info --arch x65 low-stub
run info --kernel-start 100000000 low-stub
run info --kernel-start p:80000000 low-stub
