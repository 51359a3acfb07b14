# memscan dump of virtual addresses.
. "$TEST_LIBRARY"
tables=(--dtb 1000 --arch x64)
space_machine dump
pae_machine pae
run dump "${tables[@]}" fffff80000000ff0+20 dump
run dump "${tables[@]}" -d 'fffff800`00000ff8,L4' dump
run dump "${tables[@]}" --format jsonl fffff80000000ff0+20 dump
run dump "${tables[@]}" --format jsonl fffff80000001ff8,fffff80000002007 dump
run dump "${tables[@]}" --format jsonl fffff80000004000+8 dump
run dump "${tables[@]}" -a fffff80000001010 dump
run dump "${tables[@]}" p:11ff0+20 dump
run dump "${tables[@]}" --format jsonl p:11ff0+10 dump
run dump "${tables[@]}" --space physical 11ff0+10 dump
run dump "${tables[@]}" --space unmapped 11ff0+20 dump
run dump "${tables[@]}" --space root:1000 10020+10 dump
run dump "${tables[@]}" fffffffffffffff8 dump
run dump --dtb 1000 --arch pae 80000ff8+10 pae
run dump --dtb 1000 --arch pae ffffffe8+100 pae
run dump "${tables[@]}" 10020+10 dump
run dump --dtb 1000 --arch pae 100000000 pae
run dump "${tables[@]}" --space kernel p:1000 dump
run dump "${tables[@]}" --space kernel,root:1000 1000 dump
