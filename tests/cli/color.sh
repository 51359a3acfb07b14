# Colour only in text, and only when asked for or on a terminal.
. "$TEST_LIBRARY"
small_raw image
for when in auto always never; do
    "$MEMSCAN" --quiet --color $when -C 16 -d 78090043 -a 'Se  tag, then SECRET' image | tr '\033' '^'
done
NO_COLOR=1 "$MEMSCAN" --quiet --color always -q 0706050403020100 image | tr '\033' '^'
"$MEMSCAN" --quiet --color always --format kd -w 7809 image | tr '\033' '^'
