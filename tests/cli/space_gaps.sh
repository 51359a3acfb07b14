# What was not searched, by space and reason.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
run "${tables[@]}" --gaps -d 78090043 dump
run "${tables[@]}" --gaps --format jsonl -d 78090043 --range fffff80000000000+9000 dump
run "${tables[@]}" --gaps -d 78090043 --space kernel,root:1000 dump
run "${tables[@]}" --gaps -d 78090043 --range fffff80000001ff0,fffff8000000400f --range p:17ff0+20 dump
# 20480 bytes of 32768 are there.
run "${tables[@]}" --quiet -c -d 78090043 --space kernel --require-coverage 62.5% dump
run "${tables[@]}" -c -d 78090043 --space kernel --require-coverage 62.6% dump
# What nothing maps does not count.
run "${tables[@]}" -c -d 78090043 --range fffff80000000000+4000 --require-coverage 100% dump
