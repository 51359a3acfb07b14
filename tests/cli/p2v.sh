# memscan p2v: all virtual addresses of physical ones.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
run p2v "${tables[@]}" 11010 p:13ff4 100abc 16020 17020 dump
run p2v "${tables[@]}" --space root:1000,kernel 11010 16020 dump
run p2v "${tables[@]}" --space root:1000,kernel --format jsonl 11010 17020 dump
run p2v "${tables[@]}" --space root:1000,kernel --format csv 11010 17020 dump
printf '17020\n\n11010\n15fff\n11010\n' | run p2v "${tables[@]}" - p:14000 dump
run p2v "${tables[@]}" - dump </dev/null
run p2v "${tables[@]}" 17020 dump
run p2v "${tables[@]}" --space unmapped 17020 dump
run p2v 1000,2000 missing
printf '1\n\n-1\n' | run p2v - missing
run p2v missing
