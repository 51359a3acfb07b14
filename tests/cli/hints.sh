# Arguments that are no files but look like something else.
. "$TEST_LIBRARY"
small_raw image
run --quiet -d 78090043 02000000 image
run --quiet -d 1 0x12 image
run --quiet -d 1 "'Reff'" image
run --quiet -d 1 'nt!NtClose' image
run --quiet -d 1 cddx image
run --quiet -d 1 missing.raw image
run --quiet -d 1 folder/missing image
# Only a search has something to search for.
run search --quiet -d 1 cddx image
run pool --used nosuch
run info 02000000
