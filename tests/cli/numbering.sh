# Patterns are numbered as the command line has them, files where they stand, - being standard input.
. "$TEST_LIBRARY"
small_raw image
printf 'w 7809 second\nb 43 third\n' >patterns
printf 'x 488b fourth # comment\n' | run --quiet -c -d 78090043 -f patterns -f - -a Q image
printf 'd 4348 unaligned\nd/align=4 78090043 own\n' | run --quiet --align 1 -f - image
