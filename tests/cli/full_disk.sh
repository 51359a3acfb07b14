# A write that fails is an error; a reader that leaves early ends the program as it ends grep.
. "$TEST_LIBRARY"
zeros image 4M
[[ -w /dev/full ]] || exit 0
"$MEMSCAN" --quiet -d 0 image >/dev/full
echo "exit $?"
"$MEMSCAN" --quiet --format kd -b 0 image >/dev/full
echo "exit $?"
"$MEMSCAN" info image >/dev/full
echo "exit $?"
"$MEMSCAN" dump 0+100000 image >/dev/full
echo "exit $?"
"$MEMSCAN" --help >/dev/full
echo "exit $?"
"$MEMSCAN" --quiet --format kd -b 0 image | head -n 1
echo "exit ${PIPESTATUS[0]}"
(trap '' PIPE; "$MEMSCAN" --quiet --format kd -b 0 image; echo "exit $?" >&2) | head -n 1
