# memscan spaces: sizes, segments and holes of every space, in every format.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
pae_machine pae
small_raw image
run spaces "${tables[@]}" dump
run spaces "${tables[@]}" --format jsonl dump
run spaces "${tables[@]}" --format csv dump
run spaces "${tables[@]}" --space unmapped,kernel --space root:1000,root:0x1000 dump
run spaces "${tables[@]}" --space unmapped dump
run spaces --dtb 1000 --arch pae --format csv pae
run spaces image
run spaces image missing dump --dtb 1000 --arch x64 --quiet
run spaces --space kernel image
run spaces --format csv missing
run spaces
run spaces --space process:4 dump
run spaces --space session:1 dump
run spaces --space user dump
run spaces --space root:ffffffffff000 --arch x64 dump
