# -C: rows around a match, at the ends of the image and next to holes, for long matches and formats.
. "$TEST_LIBRARY"
small_raw image
lime_with_hole dump.lime
run --quiet -C 16 -d 78090043 image
run --quiet -C 20 -a 'Se  ' image
run --quiet -C 1 -b '05 06 07 08' image
run --quiet -C 0 -a 'Se  ' image
run --quiet -C 16 -a 'Se  tag, then SECRET words' image
run --quiet -C 32 -d 78090043 dump.lime
run --quiet -C 16 --format kd -a 'Se  ' image
run --quiet -C 4 --format jsonl -d 78090043 dump.lime
run --quiet -C 16 -a 'Se  ' image ./image
run --quiet -C 16 --format csv -a 'Se  ' image
run --quiet -C 16 -c -a 'Se  ' image
