# memscan info.
. "$TEST_LIBRARY"
lime_with_hole dump.lime
zeros odd.raw 4097
run info dump.lime
run info dump.lime odd.raw missing.raw
run info --quiet --as raw dump.lime
run info --format jsonl dump.lime odd.raw
{ lime_run 0 0 && hex 00 && lime_run -1 -1 && hex 00; } >top.lime
run info --quiet top.lime
