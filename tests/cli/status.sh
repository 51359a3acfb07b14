# The exit status is that of the script: a match here, an error there is 2.
. "$TEST_LIBRARY"
small_raw image
"$MEMSCAN" -d 78090043 image missing.raw
