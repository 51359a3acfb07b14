# --once: one hit for all places that map the same bytes. --edge: what a hole cuts off.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
for format in text kd jsonl csv; do
    run "${tables[@]}" --once --format $format -d 78090043 dump
done
run "${tables[@]}" --once -d 78090043 --space root:1000,kernel dump
run "${tables[@]}" --once --format jsonl -d 78090043 --space root:1000,kernel dump
for format in text jsonl csv; do
    run "${tables[@]}" --edge --format $format -a SECRET-WORDS-AND-MORE -a SECRET dump
done
run "${tables[@]}" --edge -a XECRET-WORDS -x '43 00 09 78 00 00 00 00' dump
run "${tables[@]}" --edge -a SECRET-WORDS-AND-MORE dump
run --edge -a SECRET-WORDS --format kd missing
run --edge -a SECRET-WORDS -1 missing
run --edge -a SECRET-WORDS -c --format jsonl missing
# A page that is mapped 70 times, and one more often than is listed.
build raw many <<'EOF'
run 0 0x8000
tables 0x1000 0x4000
space k x64 root 0x1000
map k 0xfffff80000000000 280K entry 0x6003
plant 0x6010 dword 78090043
EOF
run "${tables[@]}" -d 78090043 many
run "${tables[@]}" --format jsonl -d 78090043 many
run "${tables[@]}" --format csv -d 78090043 many
