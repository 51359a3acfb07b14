// SPDX-License-Identifier: MIT
//
// All options, with the texts of --help and of the man page. To add an option: an id
// in option_table.h, an entry here, and a line in the table of settings.c that says what it sets.

#include "option_table.h"

#define SEARCH    (1u << COMMAND_SEARCH)
#define INFO      (1u << COMMAND_INFO)
#define DUMP      (1u << COMMAND_DUMP)
#define SPACES    (1u << COMMAND_SPACES)
#define MAP       (1u << COMMAND_MAP)
#define V2P       (1u << COMMAND_V2P)
#define P2V       (1u << COMMAND_P2V)
#define MODULES   (1u << COMMAND_MODULES)
#define NEAR      (1u << COMMAND_NEAR)
#define IMPORTS   (1u << COMMAND_IMPORTS)
#define REFS      (1u << COMMAND_REFS)
#define POOL      (1u << COMMAND_POOL)
#define PROCESSES (1u << COMMAND_PROCESSES)
#define THREADS   (1u << COMMAND_THREADS)
#define STACKS    (1u << COMMAND_STACKS)
#define DRIVERS   (1u << COMMAND_DRIVERS)
#define OBJECTS   (PROCESSES | THREADS | STACKS | DRIVERS)
#define ALL       ((1u << N_COMMANDS) - 1)

const char *const group_names[N_GROUPS] = {
    [GROUP_PATTERNS] = "Patterns",
    [GROUP_WHERE] = "Where",
    [GROUP_OUTPUT] = "Output",
    [GROUP_OTHER] = "Other",
};

const struct option_entry option_table[] = {
    // == Patterns ==
    {OPT_BYTE, SEARCH, 'b', "byte", "VALUES", NULL, GROUP_PATTERNS, false,
     "values of 1 byte: 43, \"43 00\", 4?, 20..7e, \"'R'\"",
     "Values of one byte. Values are hexadecimal; 0x is allowed and 0n means decimal. Several are "
     "a "
     "sequence, ? is any nibble, LO..HI an inclusive range of values, 'abcd' a character constant "
     "whose "
     "last character is the lowest byte."},
    {OPT_WORD, SEARCH, 'w', "word", "VALUES", NULL, GROUP_PATTERNS, false,
     "values of 2 bytes, at multiples of 2",
     "Values of two bytes, lowest byte first, at addresses that are multiples of 2."},
    {OPT_DWORD, SEARCH, 'd', "dword", "VALUES", NULL, GROUP_PATTERNS, false,
     "values of 4 bytes: 78090043, \"'Reff'\"",
     "Values of four bytes, lowest byte first, at addresses that are multiples of 4."},
    {OPT_QWORD, SEARCH, 'q', "qword", "VALUES", NULL, GROUP_PATTERNS, false,
     "values of 8 bytes, at multiples of 8",
     "Values of eight bytes, lowest byte first, at addresses that are multiples of 8."},
    {OPT_ASCII, SEARCH, 'a', "ascii", "TEXT", NULL, GROUP_PATTERNS, false,
     "the bytes of a text; blanks count: 'Se  '",
     "The bytes of the text exactly as they are given; blanks count."},
    {OPT_UTF16, SEARCH, 'u', "utf16", "TEXT", NULL, GROUP_PATTERNS, false,
     "a text, given in UTF-8, as UTF-16LE",
     "The text, given in UTF-8, as UTF-16 with the lowest byte first."},
    {OPT_HEX, SEARCH, 'x', "hex", "BYTES", NULL, GROUP_PATTERNS, false,
     "bytes in memory order: \"48 8b ?? c3\"",
     "Hexadecimal bytes in the order of memory; blanks between them are optional."},
    {OPT_REGEX, SEARCH, 'e', "regex", "EXPR", NULL, GROUP_PATTERNS, false,
     "a regular expression over bytes",
     "A regular expression over bytes, in Hyperscan's syntax, where . is any byte. Anchors, word "
     "boundaries and lookaround are refused. A match is 1 to 4096 bytes long."},
    {OPT_FILE, SEARCH, 'f', "file", "FILE", NULL, GROUP_PATTERNS, false,
     "patterns, one a line; - is standard input",
     "Patterns, one a line: KIND[/i][/align=N] VALUE [NAME], KIND being the letter of the option "
     "above. "
     "A # at the start of a word begins a comment. - is standard input."},
    {OPT_IGNORE_CASE, SEARCH, 'i', "ignore-case", NULL, NULL, GROUP_PATTERNS, false,
     "fold ASCII letters in -a, -u and -e",
     "Fold ASCII letters in all patterns of text and in expressions."},
    {OPT_ALIGN, SEARCH, 0, "align", "N", NULL, GROUP_PATTERNS, true,
     "matches start at multiples of N",
     "Matches start at multiples of N, a power of two up to 4096; 1 finds a DWORD at every byte. "
     "Lines of "
     "a pattern file that set their own alignment keep it."},
    // == Where ==
    {OPT_SPACE, ALL & ~INFO, 0, "space", "NAMES", NULL, GROUP_WHERE, false,
     "kernel, process:PID, physical, ...; with commas",
     "Address spaces, by commas or several times. physical: what the image holds. kernel: the "
     "upper "
     "half of the kernel's page tables. process:PID and process:NAME: the other half of the page "
     "tables of a process of Windows. session:N: what the processes of a session of Windows have "
     "in "
     "the upper half, and the kernel's page tables have not. root:ADDR: all that the page tables "
     "at "
     "this physical address map. unmapped: physical memory in pages that no other space on the "
     "list maps, or, "
     "alone, that the kernel's page tables do not map. Without it: kernel and then unmapped where "
     "page tables were found, else physical; with addresses or ranges, kernel for virtual ones and "
     "physical for those behind p:."},
    {OPT_RANGE, SEARCH, 0, "range", "RANGE", NULL, GROUP_WHERE, false,
     "START+BYTES, START,END or START,L?N; repeatable",
     "Search only these addresses: START+BYTES, or START,END with both ends inclusive, or "
     "START,LN, START,L?N and START,L-N, where N counts elements of the patterns' size. May be "
     "given several times; a match lies wholly inside one range. Ranges are virtual, or physical "
     "behind p: and where only physical memory is searched."},
    {OPT_RANGE, MAP, 0, "range", "RANGE", NULL, GROUP_WHERE, false,
     "START+BYTES or START,END; repeatable",
     "List only these addresses, by START+BYTES, or START,END with both ends inclusive. May be "
     "given several times. Ranges are virtual, or physical behind p:."},
    {OPT_FROM, SEARCH | REFS, 0, "from", "ADDR", NULL, GROUP_WHERE, true,
     "leave out matches below; goes on where ^C stopped",
     "Leave out matches of the first space that start below the address. SPACE:ADDR leaves out all "
     "spaces before that one, too. An interrupted search says from where to go on."},
    {OPT_WRITABLE, SEARCH | MAP | REFS, 0, "writable", NULL, NULL, GROUP_WHERE, true,
     "only pages that can be written",
     "Only pages that the page tables let be written. Without --space, unmapped is left out."},
    {OPT_EXECUTABLE, SEARCH | MAP | REFS, 0, "executable", NULL, NULL, GROUP_WHERE, true,
     "only pages that can be executed",
     "Only pages that the page tables let be executed. Without --space, unmapped is left out."},
    {OPT_MODULES, SEARCH, 0, "modules", NULL, NULL, GROUP_WHERE, false,
     "only in modules of a Windows kernel",
     "Search only the modules of a Windows kernel, from the first byte of each to its last: what "
     "--module '*' does. A match lies wholly in one of them. Not together with --range. The space "
     "is kernel, or the one of --space. With --format jsonl, a coverage line tells of each module "
     "what of it could be searched."},
    {OPT_MODULE, SEARCH | REFS, 0, "module", "GLOB", NULL, GROUP_WHERE, true,
     "only in modules of that name: nt, 'dump_*'",
     "Only in modules whose name, or whose file's name, fits: * is any text, ? any character, "
     "[a-z] one of a set; letters are equal in both cases. May be given several times."},
    {OPT_NOT_MODULE, SEARCH | REFS, 0, "not-module", "GLOB", NULL, GROUP_WHERE, true,
     "only in modules of other names",
     "Only in modules whose name, and whose file's name, does not fit. May be given several "
     "times."},
    {OPT_SECTION, SEARCH | REFS, 0, "section", "GLOB", NULL, GROUP_WHERE, true,
     "only in such sections: .text, 'PAGE*', iat",
     "Only in sections of modules whose name fits, not in headers; iat means import slots, as far "
     "as the module's tables tell. May be given several times. A match lies wholly in one section. "
     "A module whose header is not in the image is passed over, and told on standard error."},
    {OPT_EVERYWHERE, REFS, 0, "everywhere", NULL, NULL, GROUP_WHERE, false,
     "in all of the space, not in modules alone",
     "Look in all of the kernel's space, or of the one of --space: pool, stacks and page tables, "
     "too."},
    {OPT_MODULE, MODULES | IMPORTS, 0, "module", "GLOB", NULL, GROUP_WHERE, false,
     "modules of that name: nt, 'dump_*'; repeatable",
     "Only modules whose name, or whose file's name, fits: * is any text, ? any character, [a-z] "
     "one of a set; letters are equal in both cases. May be given several times."},
    {OPT_AT, MODULES, 0, "at", "ADDR", NULL, GROUP_WHERE, false,
     "the module with that address; - reads addresses",
     "Only modules that hold the address. May be given several times; - stands for addresses from "
     "standard input, one a line."},
    {OPT_WITHIN, REFS, 0, "within", "BYTES", NULL, GROUP_WHERE, false,
     "also to addresses up to BYTES below or above",
     "Also pointers to addresses that lie up to so many bytes (a hexadecimal number) below or "
     "above the target."},
    {OPT_UNALIGNED, REFS, 0, "unaligned", NULL, NULL, GROUP_WHERE, false,
     "also pointers at odd addresses",
     "Also pointers that lie at addresses which are not multiples of their length."},
    {OPT_CODE, REFS, 0, "code", NULL, NULL, GROUP_WHERE, false,
     "also instructions: calls, jumps, operands",
     "Also instructions that reach the target: calls and jumps with 32 bits, memory relative to "
     "RIP; on 32-bit machines also addresses in the instruction, as displacement or immediate. "
     "Looked for in executable sections, of modules without headers in executable pages, with "
     "--everywhere in all executable pages outside of modules, too. Needs Zydis."},
    {OPT_SCAN, SEARCH, 0, "scan", NULL, NULL, GROUP_WHERE, true, "modules that no list has, too",
     "Where modules are searched, or tell whose a hit is: also those that no list has, as memscan "
     "modules --scan finds them."},
    {OPT_TAG, POOL, 0, "tag", "TAG", NULL, GROUP_WHERE, false, "all blocks of a tag: 'Se  ', 'Nt*'",
     "List all blocks with this tag, also large allocations: * is any text, ? any character. A tag "
     "of less than four "
     "characters has blanks behind it. May be given several times."},
    {OPT_AT, POOL, 0, "at", "ADDR", NULL, GROUP_WHERE, false,
     "the blocks of the page with that address",
     "List the blocks of the page that holds the address, the one that holds it marked with *. May "
     "be given several "
     "times; - stands for addresses from standard input, one a line."},
    {OPT_USED, POOL, 0, "used", NULL, NULL, GROUP_WHERE, false, "allocations and bytes of each tag",
     "List each tag with its allocations and bytes, by the kernel's own table and by counting "
     "blocks."},
    {OPT_SPECIAL, POOL, 0, "special", NULL, NULL, GROUP_WHERE, false,
     "special pool, and what overwrote it",
     "List the allocations of special pool (Driver Verifier's) in all images, whether what fills "
     "the rest of their pages is intact or what overwrote it, and the DWORDs that the garbage of "
     "these pages shares: those of most dumps and pages first, then those that are rarest in the "
     "rest of kernel memory."},
    {OPT_FIND, POOL, 0, "find", NULL, NULL, GROUP_WHERE, false,
     "with --special: search the first such DWORD",
     "With --special: search the first of these DWORDs in all of kernel memory of all images, and "
     "name the drivers "
     "that hold it."},
    {OPT_PID, PROCESSES | THREADS | STACKS, 0, "pid", "N", NULL, GROUP_WHERE, false,
     "only the process with that number",
     "Only the process with this number: decimal, or hexadecimal behind 0x. May be given several "
     "times."},
    {OPT_NAME, PROCESSES | THREADS | STACKS | DRIVERS, 0, "name", "GLOB", NULL, GROUP_WHERE, false,
     "only of that name: lsass.exe, 'svc*'",
     "Only processes, or driver objects, whose name fits: * is any text, ? any character, [a-z] "
     "one of a set; letters "
     "are equal in both cases. May be given several times."},
    {OPT_MODULE, STACKS, 0, "module", "GLOB", NULL, GROUP_WHERE, false,
     "only threads with return addresses into it",
     "Only threads whose kernel stack holds a return address into a module whose name, or whose "
     "file's name, fits. "
     "May be given several times."},
    {OPT_HOOKED, DRIVERS, 0, "hooked", NULL, NULL, GROUP_WHERE, false,
     "only drivers with pointers that lead elsewhere",
     "Only driver objects with a pointer that leaves the driver's image for neither the kernel nor "
     "a framework, and "
     "only these pointers."},
    {OPT_SCAN, OBJECTS, 0, "scan", NULL, NULL, GROUP_WHERE, false,
     "look through pool for what lists lack",
     "Also look through all of the kernel's memory for pool blocks that hold such objects, and "
     "lists do not have."},
    {OPT_SCAN, MODULES | NEAR | IMPORTS | REFS, 0, "scan", NULL, NULL, GROUP_WHERE, false,
     "look through memory for what the list lacks",
     "Also look through all of the kernel's memory for PE headers at the starts of pages (scan) "
     "and for entries of the list in pool blocks (pool)."},
    {OPT_OF, IMPORTS, 0, "of", "TARGET", NULL, GROUP_WHERE, false,
     "only imports of NAME, nt:NAME, 'nt:Se*', nt: or ADDR",
     "Only slots that ask for this function by their table of names, or that hold its address: "
     "NAME, which must not mean different functions in several modules, or MODULE:NAME, or the "
     "same with an exclamation mark; both may be patterns, as with --module. MODULE: means all "
     "that the module exports, MODULE:#12 an export without a name. ADDR is an address. A word of "
     "less than 8 hexadecimal digits that may be a name as well is refused: write *:NAME or 0x."},
    {OPT_UNLOADED, MODULES, 0, "unloaded", NULL, NULL, GROUP_WHERE, false,
     "also drivers that are gone",
     "Also list drivers that were unloaded, the last one first, as far as the kernel remembers "
     "them."},
    {OPT_SYMBOLS, SEARCH | INFO | MODULES | NEAR | IMPORTS | REFS | POOL | OBJECTS, 0, "symbols",
     "FILE", NULL, GROUP_WHERE, true, "a symbol file (Volatility's ISF) of a module",
     "A file with the names of a module's functions and variables, which its exports are a few of, "
     "and with the layout of its structures: JSON in Volatility's Intermediate Symbol Format, "
     "plain "
     "or as .xz, as its pdbconv.py makes it of a PDB file. It is used for the module that has the "
     "GUID and age of this PDB, as memscan modules -v shows them; where the image does not hold "
     "what tells these, for the module of its name, with a warning. One that no module wants is an "
     "error. The kernel's also helps to find its lists. May be given several times, once a "
     "module."},
    {OPT_DTB, ALL, 0, "dtb", "ADDR", NULL, GROUP_WHERE, true,
     "physical address of the kernel's page tables",
     "The physical address of the kernel's page-table root (the DTB, CR3), instead of looking for "
     "it. memscan info tells what is found without it."},
    {OPT_ARCH, ALL, 0, "arch", "NAME", "x86 pae x64 x64-5", GROUP_WHERE, true,
     "how they translate: x86, pae, x64 or x64-5",
     "How page tables translate: x86 (32 bits), pae (32 bits, entries of 8 bytes), x64 (4 levels) "
     "or x64-5 (5 levels). Needed with --dtb where the image does not say."},
    {OPT_KERNEL_START, ALL, 0, "kernel-start", "ADDR", NULL, GROUP_WHERE, true,
     "where the kernel's half begins, 32 bits",
     "The first address of the kernel's half on machines with addresses of 32 bits, instead of "
     "80000000, or c0000000 on Linux."},
    {OPT_HOLE, ALL, 0, "hole", "RANGE", NULL, GROUP_WHERE, true,
     "addresses that a raw image leaves out",
     "Physical addresses that the file of a raw image leaves out, often those of devices below 4 "
     "GiB: START,END or START+BYTES, in whole pages. Without it both layouts are tried with the "
     "page tables found; memscan info says which one fits."},
    {OPT_AS, ALL, 0, "as", "FORMAT", NULL, GROUP_WHERE, true,
     "read the image as this container, raw for example",
     "Take the image for this container instead of recognising it; raw takes any file."},
    // == Output ==
    {OPT_FORMAT, SEARCH, 0, "format", "FORMAT", "text kd jsonl csv", GROUP_OUTPUT, false,
     "text, kd (WinDbg's lines alone), jsonl or csv",
     "text: WinDbg's lines, with what they mean behind them. kd: WinDbg's lines alone. jsonl: one "
     "JSON "
     "object a line. csv: a header and a line a match."},
    {OPT_FORMAT, INFO | DUMP, 0, "format", "FORMAT", "text jsonl", GROUP_OUTPUT, false,
     "text or jsonl", "text for people, jsonl with one JSON object a line for programs."},
    {OPT_FORMAT, SPACES | MAP | V2P | P2V | MODULES | NEAR | IMPORTS | REFS | POOL | OBJECTS, 0,
     "format", "FORMAT", "text jsonl csv", GROUP_OUTPUT, false, "text, jsonl or csv",
     "text for people; for programs jsonl with one JSON object a line, or csv with a header."},
    {OPT_SORT, POOL, 0, "sort", "KEY", "tag nonpaged paged difference", GROUP_OUTPUT, false,
     "of --used: tag, nonpaged, paged, difference",
     "The order of --used: by tag, or by bytes, the most first: nonpaged, paged, or by how much "
     "the two counts "
     "differ."},
    {OPT_TOP, POOL, 0, "top", "N", NULL, GROUP_OUTPUT, false, "of --used: only the first N",
     "Print only the first N tags of --used; the total is that of all."},
    {OPT_TAGS, POOL, 0, "tags", "FILE", NULL, GROUP_OUTPUT, false,
     "a pooltag.txt that says what tags mean",
     "A file that says what tags mean, as WinDbg's pooltag.txt: TAG - DRIVER - TEXT on each line. "
     "Goes before the "
     "tags that memscan knows itself."},
    {OPT_VERBOSE, OBJECTS | POOL, 'v', "verbose", NULL, NULL, GROUP_OUTPUT, false,
     "all that is known of each",
     "Print all that is known of each row. With --format text; the others always have it."},
    {OPT_VERBOSE, MODULES, 'v', "verbose", NULL, NULL, GROUP_OUTPUT, false,
     "all that is known of each, as lmv prints it",
     "Print all that is known of each module below its line, as lmv does. With --format text; the "
     "others always have it."},
    {OPT_BYTE, DUMP, 'b', "byte", NULL, NULL, GROUP_OUTPUT, false, "bytes (the default)",
     "Bytes and characters, as db prints them. This is the default."},
    {OPT_WORD, DUMP, 'w', "word", NULL, NULL, GROUP_OUTPUT, false, "words of 2 bytes",
     "Words of two bytes and characters, as dW prints them."},
    {OPT_DWORD, DUMP, 'd', "dword", NULL, NULL, GROUP_OUTPUT, false, "words of 4 bytes",
     "Words of four bytes and characters, as dc prints them."},
    {OPT_QWORD, DUMP, 'q', "qword", NULL, NULL, GROUP_OUTPUT, false, "words of 8 bytes",
     "Words of eight bytes, as dq prints them."},
    {OPT_ASCII, DUMP, 'a', "ascii", NULL, NULL, GROUP_OUTPUT, false, "text up to a NUL",
     "Text, 48 characters a line, up to a NUL or the end of the range, as da prints it."},
    {OPT_UTF16, DUMP, 'u', "utf16", NULL, NULL, GROUP_OUTPUT, false, "UTF-16 text up to a NUL",
     "UTF-16 text, 48 characters a line, up to a NUL or the end of the range, as du prints it."},
    {OPT_ADDRESSES, SEARCH, '1', "addresses", NULL, NULL, GROUP_OUTPUT, false,
     "addresses only, each on a line",
     "Print only the address of each match. With --format text and kd."},
    {OPT_COUNT, SEARCH, 'c', "count", NULL, NULL, GROUP_OUTPUT, false,
     "only how often each pattern matches", "Print only how many matches each pattern has."},
    {OPT_CONTEXT, SEARCH, 'C', "context", "N", NULL, GROUP_OUTPUT, false,
     "N bytes of context on both sides",
     "Print N bytes before and after each match as well, up to 1048576. Text shows whole rows of "
     "16 bytes, "
     "marks the row of the match with > and separates matches with a line --; JSON Lines have "
     "exactly N "
     "bytes as before and after. The context of repeated matches is that of the first one. Not "
     "with csv."},
    {OPT_MAX_HITS, SEARCH | REFS, 0, "max-hits", "N", NULL, GROUP_OUTPUT, true,
     "print N matches of a pattern, count the rest",
     "Print at most N matches of each pattern; the rest are counted, and their number is told. The "
     "default "
     "is 10000 where standard output is a terminal, else all."},
    {OPT_ONCE, SEARCH, 0, "once", NULL, NULL, GROUP_OUTPUT, true,
     "one hit for all addresses of the same bytes",
     "Count and print one hit for all places that map the same bytes, with a list of them. Not "
     "for expressions, nor for matches that reach into another page. Places that are mapped more "
     "than 64 times are always treated so; of them the first 64 are listed."},
    {OPT_EDGE, SEARCH, 0, "edge", NULL, NULL, GROUP_OUTPUT, true,
     "also matches that a hole cuts in half, not counted",
     "Also print matches of 8 bytes or more that are cut off by a hole but have at least half of "
     "their bytes. They are marked as partial and not counted. Not for expressions. With --format "
     "text, jsonl and csv."},
    {OPT_GAPS, SEARCH, 0, "gaps", NULL, NULL, GROUP_OUTPUT, true,
     "also list what was asked for and not there",
     "After the matches of an image, list each stretch that was asked for but could not be "
     "searched, and why: unmapped, paged-out, absent (not in the image) or unreadable. With "
     "--format text and jsonl."},
    {OPT_REQUIRE_COVERAGE, SEARCH | REFS, 0, "require-coverage", "PCT%", NULL, GROUP_OUTPUT, true,
     "exit 3 if less of what is mapped was searched",
     "Exit with status 3 if less than this percentage of the bytes asked for, not counting those "
     "that "
     "nothing describes, could be searched."},
    {OPT_STATS, SEARCH | REFS, 0, "stats", NULL, NULL, GROUP_OUTPUT, true,
     "time, rate and the engines' work, on stderr",
     "Print to standard error how long each image took, at what rate, how much of the file was "
     "mapped and read, and what each engine did."},
    {OPT_EXPLAIN, SEARCH, 0, "explain", NULL, NULL, GROUP_OUTPUT, true,
     "say how a search would be done, and stop",
     "Do not search: print how it would be done, and why. Which engine gets which patterns; how "
     "each of them searches: the kernel's test, the part of the patterns that is looked for, how "
     "often it is expected, what the tests compared would cost, the size of filters and of "
     "Hyperscan's databases; and how much of two pages that are apart in memory is searched for "
     "matches across them. No image is needed, and none is opened. With --format text and jsonl."},
    {OPT_QUIET, ALL, 0, "quiet", NULL, NULL, GROUP_OUTPUT, true, "nothing but errors on stderr",
     "Print nothing but errors to standard error: no summary, warnings or progress."},
    {OPT_COLOR, SEARCH, 0, "color", "WHEN", "auto always never", GROUP_OUTPUT, true,
     "auto, always or never; NO_COLOR is respected",
     "Whether --format text highlights the matched bytes. auto does on a terminal, unless NO_COLOR "
     "is set."},
    {OPT_NO_PROGRESS, SEARCH | REFS, 0, "no-progress", NULL, NULL, GROUP_OUTPUT, true,
     "no progress line on a terminal",
     "Do not show progress, which is otherwise shown where standard error is a terminal."},
    // == Other ==
    {OPT_THREADS, SEARCH | REFS, 0, "threads", "N", NULL, GROUP_OTHER, true,
     "search with N threads; 0: one a processor",
     "Search with N threads, up to 1024. The default, 0, is one for each processor. The output is "
     "the same "
     "for any number."},
    {OPT_SIMD, SEARCH | REFS, 0, "simd", "NAME", "scalar avx2 avx512 avx512vbmi", GROUP_OTHER, true,
     "force a kernel: scalar, avx2, avx512 or avx512vbmi",
     "Use these kernels instead of the fastest that the processor has. For tests and "
     "measurements."},
    {OPT_CHUNK, SEARCH | REFS, 0, "chunk", "BYTES", NULL, GROUP_OTHER, true,
     "bytes a thread takes at a time",
     "Bytes that a thread takes at a time, with K or M behind it if wished. For tests and "
     "measurements."},
    {OPT_ENGINE, SEARCH | REFS, 0, "engine", "LIST", "scalar words runs hyperscan texts",
     GROUP_OTHER, true, "let the planner use only these engines",
     "Let the planner use only these engines, separated by commas: scalar, words, runs, hyperscan, "
     "texts. For tests and measurements."},
    {OPT_MMAP, SEARCH | REFS, 0, "mmap", NULL, NULL, GROUP_OTHER, true,
     "map the image (the default)", "Map the image into memory. This is the default."},
    {OPT_NO_MMAP, SEARCH | REFS, 0, "no-mmap", NULL, NULL, GROUP_OTHER, true,
     "read the image, do not map it",
     "Read the image instead of mapping it, as for a file on a slow or unreliable file system."},
    {OPT_HELP, ALL, 'h', "help", NULL, NULL, GROUP_OTHER, true, "this help",
     "Print the options of the command."},
    {OPT_VERSION, ALL, 'V', "version", NULL, NULL, GROUP_OTHER, true,
     "version, and what was compiled in", "Print the version and what was compiled in."},
};

const size_t option_table_length = sizeof(option_table) / sizeof(option_table[0]);
