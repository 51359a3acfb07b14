# Names and bytes that mean harm: nothing but printable ASCII comes from memory, lines stay lines, and
# JSON and CSV stay valid.
. "$TEST_LIBRARY"
name=$'ima\n\x1b[31mge,"1".raw'
zeros "$name" 4096
hex 1b5b33316d 00 7f 80 ff 22 2c 0a 43 | poke "$name" 0x10
pattern=$'\x1b[31m'
run --quiet -a "$pattern" "$name"
run --quiet -a "$pattern" -b 7f "$name" "$name"
run --quiet -c -a "$pattern" -a $'\xff\xc3\xa9\xed\xa0\x80' "$name"
run --quiet --format csv -a "$pattern" "$name" | tr -d '\033'
run --quiet --format csv -c -a ',"' "$name"
cp "$name" 'comma,'
run --quiet --format csv -a "$pattern" 'comma,' | tr -d '\033'
printf 'a "\xff\xfe" "na\xc0me"\nb 22 "quo\\"te"\n' >patterns
"$MEMSCAN" --format jsonl -f patterns -a "$pattern" -a $'\xf4\x90\x80\x80\x01\t"\\' "$name"
"$MEMSCAN" -a x $'missing\n\x1b[31m'
"$MEMSCAN" -a $'\x01' -f $'missing\n' "$name"
"$MEMSCAN" info "$name"
"$MEMSCAN" info --format jsonl "$name"
