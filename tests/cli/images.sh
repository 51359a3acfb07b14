# Several images: the name in front, one begin ... end each, and a missing one spoils nothing.
. "$TEST_LIBRARY"
small_raw a.raw
small_raw b.raw
for format in text kd jsonl csv; do
    run --format $format -a 'Se  ' a.raw missing.raw b.raw
done
run -c -a 'Se  ' a.raw b.raw
run -1 -a 'Se  ' a.raw b.raw
run -a nowhere missing.raw a.raw
mkdir folder
run -a nowhere folder
: >empty
run -a nowhere empty
