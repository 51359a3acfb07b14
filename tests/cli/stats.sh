# --stats, --quiet and the closing line on standard error.
. "$TEST_LIBRARY"
small_raw image
run --stats -a Q image
run --stats --quiet --format jsonl -a nowhere image
run --stats --engine scalar --simd scalar --chunk 1K --threads 1 -a Q image
run --stats --no-mmap -a Q image
run --mmap -a Q image
