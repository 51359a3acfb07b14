# --max-hits holds back, per pattern, and still counts.
. "$TEST_LIBRARY"
small_raw image
run --max-hits 2 -a Q -d 78090043 image
run --max-hits 2 -a Q --format kd image
run --max-hits 0 -a Q image
run --max-hits 0x2 -1 -a Q image
run --max-hits 2 --format jsonl -a Q image
run --max-hits 2 -c -a Q image
