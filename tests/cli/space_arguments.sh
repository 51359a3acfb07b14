# Errors of names and numbers come before anything is opened or printed.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
run --format csv --space kernal -d 1 missing
run --format csv --space kernel, -d 1 missing
run --format csv --space '' -d 1 missing
run --format csv --space kernel:1 -d 1 missing
run --format csv --space root: -d 1 missing
run --format csv --space root:1000g -d 1 missing
run --format csv --space kernel --space process: -d 1 missing
run --format csv --space "kernel,root:$(printf '%0100d' 1)" -d 1 missing
run --format csv --space $'kernel,\e[1m' -d 1 missing
run --format csv --dtb -1 -d 1 missing
run --format csv --arch arm64 -d 1 missing
run --format csv --from unmapped:x -d 1 missing
run --format csv --hole 1000+800 -d 1 missing
run --space
# Names that an image may not have are its own errors; the others are searched.
run --format jsonl --quiet -c -d 78090043 --space root:1000 "${tables[@]}" missing dump
run -d 78090043 --space kernel,process:4 dump
run -d 78090043 --space session:0 dump
run -d 78090043 --space user dump
run -d 78090043 --dtb 1000 --arch x64 --quiet -c --space root:p:1000,kernel dump
