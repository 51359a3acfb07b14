# Bytes that the image does not hold print as ??, and no match holds one.
. "$TEST_LIBRARY"
lime_with_hole dump.lime
run -d 78090043 dump.lime
run -b '43 00' dump.lime
run -w 43 dump.lime
run -q 0..ffffffffffffffff --range 1ff0+30 dump.lime
run -u C dump.lime
run --gaps -d 78090043 --range 0+5000 dump.lime
run --gaps --format jsonl -d 78090043 --range 0+5000 dump.lime
run --gaps -d 78090043 --quiet --range 0+5000 dump.lime ./dump.lime
