# --explain says what a search would do, without an image, and stops.
# needs: regexes
. "$TEST_LIBRARY"
for i in 1 2 3 4 5 6 7 8 9 a b c; do echo "d ${i}8090043"; done >dwords
run --explain --simd scalar -d 78090043
run --explain --simd scalar -a 'Se  ' -e 'https?://[a-z]+' -q fffff80000000000..fffff80000ffffff -x 00000000000000 -d '7809????' missing
run --explain --simd scalar --align 16 -f dwords
run --explain --engine scalar --simd scalar -a one
run --explain --engine texts --simd scalar -a 'Se  ' -i -a one
run --explain --simd scalar --format jsonl -d 78090043 -a 'Se  '
run --explain --format csv -d 1
run --explain --format kd -d 1
run --explain
run --explain -d 7809004g
