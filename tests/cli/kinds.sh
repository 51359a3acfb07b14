# The line of each kind of pattern.
# needs: regexes
. "$TEST_LIBRARY"
small_raw image
run --quiet -b '43 00 09' image
run --quiet -w 7809 image
run --quiet -d 78090043 image
run --quiet -d '78090043 02000000' image
run --quiet -d "'dcba'" image
run --quiet -q 0706050403020100 image
run --quiet -a 'Se  ' image
run --quiet -a secret image
run --quiet -i -a secret image
run --quiet -u secret image
run --quiet -x '48 8b ?? c3' image
run --quiet -e 'S[eE].{2}' image
run --quiet -a QQQ image
run --quiet -d 780900?? image
run --quiet -q f000000000000000..ffffffffffffffff image
run --quiet --align 1 -w 4348 image
run --quiet --align 32 -a Q image
