# Errors of the command line: one line each, before anything is printed or opened.
# needs: regexes
. "$TEST_LIBRARY"
small_raw image
printf 'd 78090043\na "open\n' >unclosed
printf 'd 78090043\n\n  d  7809004g\n' >wrong
: >nothing
run
run image
run -d 78090043
run -d
run -d 7809004g image
run -d 178090043 image
run -b 20..1f image
run -x 4 image
run -e '(' image
run -e '^a' image
run -a '' image
run -f unclosed image
run -f wrong image
run -f nothing image
run -f missing image
run --align 3 -d 1 image
run --align 0 -d 1 image
run --align -1 -d 1 image
run -C x -d 1 image
run -C 9999999 -d 1 image
run --max-hits 1k -d 1 image
run --threads 5000 -d 1 image
run --chunk 0 -d 1 image
run --chunk 4KB -d 1 image
run --simd mmx -d 1 image
run --engine words,magic -d 1 image
run --format xml -d 1 image
run --color blue -d 1 image
run --as magic -d 1 image
run --from 1g -d 1 image
run --require-coverage 101% -d 1 image
run --require-coverage 9x -d 1 image
run --nonsense -d 1 image
run --stats=1 -d 1 image
run -z -d 1 image
run --gaps --format csv -d 1 image
run --gaps -c -d 1 image
run dump 0 image image
run dump 0
run dump x image
run info
run info --color always image
