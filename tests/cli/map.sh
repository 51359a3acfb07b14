# memscan map: mappings, filters, ranges.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
pae_machine pae
small_raw image
run map "${tables[@]}" dump
run map "${tables[@]}" --format jsonl dump
run map "${tables[@]}" --format csv --space kernel dump
run map "${tables[@]}" --space root:1000 dump
run map "${tables[@]}" --space root:1000,kernel --writable --executable dump
run map "${tables[@]}" --executable dump
run map "${tables[@]}" --range fffff80000000ffe+4 --range ffffffffffffff00+1000 dump
run map "${tables[@]}" --range fffff80000000000,fffff80000000fff --range p:11000+2000 dump
run map "${tables[@]}" --range fffff80000002000+1000 dump
run map --space physical --range 2000+10 dump
run map --space unmapped "${tables[@]}" --range 11f00+1000 dump
run map --dtb 1000 --arch pae pae image
run map --dtb 1000 --arch pae --space kernel --kernel-start c0000000 pae
run map --writable image
run map --space physical --writable "${tables[@]}" dump
run map "${tables[@]}" --space kernel --range p:1000+10 dump
run map "${tables[@]}" --space kernel,physical --range 1000+10 dump
run map "${tables[@]}" --space kernel,physical --range p:1000+10 dump
run map --range 10 dump
run map
