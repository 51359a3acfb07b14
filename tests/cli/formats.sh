# Every format, with -1, -c and several patterns.
. "$TEST_LIBRARY"
small_raw image
printf 'd 78090043 slop\na/i "se  " "a, \\"b\\""\n' >patterns
for format in text kd jsonl csv; do
    run --format $format -d 78090043 -u secret -f patterns image
    run --format $format -c -d 78090043 -u secret -f patterns image
done
run --format text -1 -d 78090043 image
run --format kd -1 -d 78090043 image
run --format jsonl -1 -d 78090043 image
run --format csv -1 -d 78090043 image
run -1 -c -d 78090043 image
