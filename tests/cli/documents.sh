# Every option stands in the man page and in the completions, and shells accept these.
. "$TEST_LIBRARY"
[[ -n $DOCGEN ]] || exit 0
"$DOCGEN" list - | while read -r command short long; do
    grep -q -e "\*$long\*" "$DOCS/memscan.1.scd" || echo "memscan.1.scd: $long"
    grep -q -e " ${long}[ ']" "$DOCS/memscan.bash" || echo "memscan.bash: $long"
    grep -q -e "[ ,*']${long}[}']" "$DOCS/_memscan" || echo "_memscan: $long"
    grep -q -e "command $command'.* -l ${long#--} " "$DOCS/memscan.fish" || echo "memscan.fish: $long"
    [[ $short == - ]] && continue
    grep -q -e "\*$short\*, \*$long\*" "$DOCS/memscan.1.scd" || echo "memscan.1.scd: $short"
    grep -q -e " $short ${long}[ ']" "$DOCS/memscan.bash" || echo "memscan.bash: $short"
    grep -q -e "{$short,$long}" "$DOCS/_memscan" || echo "_memscan: $short"
    grep -q -e " -s ${short#-} -l ${long#--} " "$DOCS/memscan.fish" || echo "memscan.fish: $short"
done
bash -n "$DOCS/memscan.bash"
if command -v zsh >/dev/null; then zsh -n "$DOCS/_memscan"; fi
if command -v fish >/dev/null; then HOME=$PWD fish --no-execute "$DOCS/memscan.fish"; fi

# What bash makes of a line.
complete_line() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _memscan
    echo "$*: ${COMPREPLY[*]}"
}
complete() { :; }
. "$DOCS/memscan.bash"
complete_line memscan d
complete_line memscan --no
complete_line memscan info --f
complete_line memscan info --format j
complete_line memscan -d 1 --format k
