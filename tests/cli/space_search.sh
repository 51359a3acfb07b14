# A search of virtual spaces, in every format.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
pae_machine pae
small_raw image
for format in text kd jsonl csv; do
    run "${tables[@]}" --format $format -d 78090043 -a SECRET dump
done
# What is a neighbour in one space is none in the other; half of a match in an unmapped page.
run "${tables[@]}" -d '78090043 02000000' dump
run "${tables[@]}" -d '78090043 02000000' --space physical dump
run "${tables[@]}" -d '78090043 02000000' --space physical,unmapped,kernel dump
run "${tables[@]}" -d '78090043 02000000' --space unmapped --format jsonl dump
run --dtb 1000 --arch pae --align 1 -d 78090043 pae
# Several spaces with virtual addresses.
run "${tables[@]}" -d 78090043 --space root:1000,kernel dump
run "${tables[@]}" -1 -d 78090043 --space root:1000,kernel,unmapped dump
run "${tables[@]}" -1 --format kd -d 78090043 --space root:1000,kernel,unmapped dump
run "${tables[@]}" -c -d 78090043 -a SECRET --space root:1000,kernel,unmapped dump
# Context and bytes are read where the match is mapped.
run "${tables[@]}" -C 16 -d 02000000 --space kernel dump
run "${tables[@]}" -C 4 --format jsonl -d 02000000 --space kernel dump
run "${tables[@]}" -C 16 -d 78090043 --range fffffffffffff000+1000 dump
run --dtb 1000 --arch pae -C 32 -d 78090043 --range fffff000+1000 pae
run --dtb 1000 --arch pae -C 32 --format jsonl -d 78090043 --range fffff000+1000 pae
# Filters of pages.
run "${tables[@]}" --writable -d 78090043 dump
run "${tables[@]}" --executable -d 78090043 dump
run "${tables[@]}" --executable --writable -a SECRET --require-coverage 100% dump
# An image with page tables and one without.
run --dtb 1000 --arch pae -d 78090043 pae missing
run -d 78090043 image --stats --quiet --space kernel
# One virtual page of two spaces: each hit has its own physical address.
build raw two <<'EOF'
run 0 0x10000
tables 0x1000 0x8000
space a x64 root 0x1000
space b x64 root 0x2000
map a 0x7000 4K to 0xa000
map b 0x7000 4K to 0xb000
plant 0xa010 dword 78090043
plant 0xb020 dword 78090043
EOF
run --arch x64 --dtb 1000 --space root:1000,root:2000 --format csv -d 78090043 two
