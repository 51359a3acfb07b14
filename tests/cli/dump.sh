# memscan dump: kinds, ranges, holes, text, formats.
. "$TEST_LIBRARY"
small_raw image
lime_with_hole dump.lime
run dump 0 image
run dump 10+10 image
run dump -b p:c0,c8 image
run dump -w 'c0,L4' image
run dump -d 10,L4 image
run dump -d c1+7 image
run dump -q 'c0,L?3' image
run dump -q c0+b image
run dump -a 41 image
run dump -a 101+3 image
run dump -u 81 image
run dump -u 81+5 image
run dump 1ff8+10 dump.lime
run dump -d 1ffe+10 dump.lime
run dump -q 1ff8,L3 dump.lime
run dump -a 1ff8+20 dump.lime
run dump 2000+20 dump.lime
run dump ffffffffffffff00 dump.lime
run dump fffffffffffffff8+20 dump.lime
run dump --format jsonl 1ff8+18 dump.lime
run dump --format jsonl -a 41 image
run dump --format jsonl -d 10+10 image
"$MEMSCAN" dump 0+400000 dump.lime | tail -n 1
