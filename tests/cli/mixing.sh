# Options and images in any order, -- before names that look like options, and commands as names.
. "$TEST_LIBRARY"
small_raw ./-d
small_raw info
run -1 ./info -a 'Se  '
run -1 info -a 'Se  '
run search -1 info -a 'Se  '
run -1 -a 'Se  ' -- -d
run ./info --quiet -1 --ascii='Se  ' ./-d
run -1 -ib 51 -aQ --quiet ./info
