# Output is byte for byte the same for any number of threads, chunk size and kernel, mapped or read.
# needs: regexes
. "$TEST_LIBRARY"
zeros image 1M
for ((i = 0; i < 200; i++)); do
    printf 'Se  QQQQQ' | poke image $((i * 5003 + 11))
done
search() {
    "$MEMSCAN" --quiet --format jsonl -a 'Se  ' -a QQ -e 'S.{3}Q{2,4}' -w 5151 -d 0 "$@" image
}
search >expected
for threads in 1 2 3; do
    for chunk in 4096 64K 1M; do
        search --threads $threads --chunk $chunk | cmp - expected
        search --threads $threads --chunk $chunk --no-mmap --simd scalar | cmp - expected
    done
done
MEMSCAN_SIMD=scalar search | cmp - expected
grep -c '"hit"' expected
