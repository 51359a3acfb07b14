# Matches in a row are one line in text, jsonl and csv, and lines of their own in kd and with -1.
. "$TEST_LIBRARY"
zeros image 4096
hex 01 | poke image 0x20
hex 01 | poke image 0x2c
run -d 0 image
run -d 0 -q 0 image
run --format jsonl -d 0 image
run --format csv -d 0 image
run --quiet --format kd -d 0 --range 0+30 image
run --quiet -1 -d 0 --range 0+30 image
run --quiet -d 0 --range 0+8 image
run --quiet -C 16 -d 0 --range 0+30 image
run -c -d 0 image
