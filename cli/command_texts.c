// SPDX-License-Identifier: MIT
//
// The commands, with the texts of --help and of the man page.

#include "option_table.h"

const struct command_text command_texts[N_COMMANDS] = {
    [COMMAND_SEARCH] =
        {
            .name = "search",
            .synopsis = "[search] PATTERN... [WHERE] [OUTPUT] IMAGE...",
            .summary = "find values, text, expressions (the default)",
            .man =
                "Searches each image for all patterns at once and prints every match, "
                "overlapping ones too, by space and ascending address: virtual addresses of the "
                "kernel first, then physical ones, behind p:, of the memory that it does not "
                "map; where no page tables are found, physical ones alone. A match never holds "
                "a byte that the image does not hold. Three or more matches of one pattern in a "
                "row, in one module and section or one block of pool where these are known, are "
                "one line, \"repeated N times\". Behind a match in the memory of a Windows kernel "
                "stands whose it is: module, section and nearest export; or pool, tag and block, "
                "with the distance of the match from the block's header and its size, and in "
                "brackets whether it is free, protected (before Windows 8), or guessed.",
            .examples =
                {
                    {"memscan -d 78090043 image.raw", "a DWORD, everywhere"},
                    {"memscan -a 'Se  ' -u secret image.raw", "two texts, one as UTF-16"},
                    {"memscan -d 78090043 --range 80000000+fffff DUMP", "a DWORD, in a range"},
                    {"memscan -e 'MZ.{58}' -C 32 image.raw", "an expression, with context"},
                },
        },
    [COMMAND_INFO] =
        {
            .name = "info",
            .synopsis = "info [OPTIONS] IMAGE...",
            .summary = "what an image is: format, machine, memory, holes",
            .man =
                "Prints what the headers of each image say: the container, the machine, which "
                "stretches of physical memory the file holds, and what is wrong with them. Then "
                "the page tables that were found, who told of them, and others that might have "
                "been meant; and of a Windows kernel where it is, its version, its debugger data "
                "block (KDBG) and how many modules it lists.",
            .examples =
                {
                    {"memscan info image.raw", "format, machine, memory"},
                    {"memscan info --format jsonl *.dmp", "one JSON object an image"},
                },
        },
    [COMMAND_DUMP] =
        {
            .name = "dump",
            .synopsis = "dump [OPTIONS] ADDR[+BYTES] IMAGE",
            .summary = "print memory, as db, dd, da, ... do",
            .man = "Prints the bytes from an address on, 128 unless told otherwise. All forms of a "
                   "range "
                   "are understood. A byte that is not in the image prints as ??. Addresses are "
                   "virtual where page tables are found; physical ones have p: in front.",
            .examples =
                {
                    {"memscan dump 80521000 MEMORY.DMP", "128 bytes of the kernel"},
                    {"memscan dump -d 'p:1000,L?20' image.raw", "32 DWORDs, physical"},
                    {"memscan dump -u 1f3a0+40 image.raw", "UTF-16 text, up to a NUL"},
                },
        },
    [COMMAND_SPACES] =
        {
            .name = "spaces",
            .synopsis = "spaces [OPTIONS] IMAGE...",
            .summary = "address spaces: page tables, size, holes",
            .man = "Prints a line for each address space: how many bytes of memory it maps, in how "
                   "many segments, by which page tables, and how many bytes are missing, by "
                   "reason: paged out, absent (not in the image) or unreadable (the tables are "
                   "broken).",
            .examples =
                {
                    {"memscan spaces MEMORY.DMP", "physical, kernel, unmapped"},
                    {"memscan spaces --space root:1ad000 MEMORY.DMP", "a process's"},
                },
        },
    [COMMAND_MAP] =
        {
            .name = "map",
            .synopsis = "map [OPTIONS] IMAGE...",
            .summary = "what is mapped where",
            .man = "Lists what the address spaces map: first and last address, bytes, what the "
                   "pages allow (read, write, execute, user), the state (present, absent, "
                   "paged-out or unreadable) and the physical address of the first byte. "
                   "Neighbours that are not neighbours in physical memory have lines of their own.",
            .examples =
                {
                    {"memscan map --executable --writable MEMORY.DMP", "where code may hide"},
                    {"memscan map --range 80000000,80ffffff MEMORY.DMP", "a range"},
                },
        },
    [COMMAND_V2P] =
        {
            .name = "v2p",
            .synopsis = "v2p [OPTIONS] ADDR... IMAGE",
            .summary = "virtual to physical addresses",
            .man = "Translates virtual addresses, in their order. - stands for addresses from "
                   "standard input, one a line; all of them take one walk through the page tables.",
            .examples =
                {
                    {"memscan v2p fffff80000d00813 MEMORY.DMP", "an address"},
                    {"memscan v2p - MEMORY.DMP < addresses", "many"},
                },
        },
    [COMMAND_P2V] =
        {
            .name = "p2v",
            .synopsis = "p2v [OPTIONS] ADDR... IMAGE",
            .summary = "all virtual addresses of physical ones",
            .man = "Lists every virtual address that the spaces have for each physical address, by "
                   "space and virtual address; last come those that none of them maps. - stands "
                   "for addresses from standard input, one a line; all of them take one walk "
                   "through the page tables of each space.",
            .examples =
                {
                    {"memscan p2v 1a2b038 MEMORY.DMP", "in the kernel"},
                    {"memscan p2v --space kernel,root:1ad000 - MEMORY.DMP", "many, in two spaces"},
                },
        },
    [COMMAND_MODULES] =
        {
            .name = "modules",
            .synopsis = "modules [OPTIONS] IMAGE...",
            .summary = "Windows: kernel and drivers, as lm lists them",
            .man = "Lists the modules that a Windows kernel has loaded, by ascending address, as "
                   "lm does: first address, first address behind, name; then the time stamp (UTC) "
                   "and the path. They come from the kernel's own list, and with --scan from what "
                   "lies in memory; a module that the list does not have is marked \"unlisted\". "
                   "The kernel is called nt. What is broken or not in the image is passed over "
                   "and told on standard error. With --space root:ADDR the modules of a session "
                   "are read in a space that has their pages.",
            .examples =
                {
                    {"memscan modules MEMORY.DMP", "what lm lists"},
                    {"memscan modules --scan MEMORY.DMP", "also what no list has"},
                    {"memscan modules --verbose --module 'nt*' DUMP", "what lmv says, by name"},
                    {"memscan modules --at fffff80003101234 DUMP", "whose address it is"},
                },
        },
    [COMMAND_NEAR] =
        {
            .name = "near",
            .synopsis = "near [OPTIONS] ADDR... IMAGE",
            .summary = "Windows: module and nearest exports, as ln tells",
            .man = "Tells what is at virtual addresses, in their order, as ln does: the nearest "
                   "export at or below the address, how far it is, and the next one; behind them "
                   "module and section. An address in pool has its block instead. On x64 the table "
                   "of functions (.pdata) says where the "
                   "address lies in a function that begins behind the export: this is marked "
                   "\"another function\". - stands for addresses from standard input, one a line.",
            .examples =
                {
                    {"memscan near fffff80002a0c8fd MEMORY.DMP", "an address"},
                    {"memscan near - MEMORY.DMP < addresses", "many"},
                },
        },
    [COMMAND_IMPORTS] =
        {
            .name = "imports",
            .synopsis = "imports [OPTIONS] IMAGE...",
            .summary = "Windows: import tables, and who imports a function",
            .man = "Lists the slots of modules' import tables, also delay-loaded ones: address of "
                   "the slot, its value, the module, and what the table of names asks for. Where "
                   "the value does not point there, what it really points to follows behind an "
                   "arrow: another name of the function or what it is forwarded to, or, marked "
                   "\"hooked\", something else. Where the table of names is not in the image, "
                   "the value alone tells what is imported, marked \"by value\": the slots come "
                   "from the import address table, or without headers from rows of pointers to "
                   "exports. A value of those that is no export is marked \"no export\".",
            .examples =
                {
                    {"memscan imports --of SeTokenType MEMORY.DMP", "who imports a function"},
                    {"memscan imports --of 'nt:Se*' MEMORY.DMP", "or one of several"},
                    {"memscan imports --module ntfs MEMORY.DMP", "what a driver imports"},
                    {"memscan imports --format csv DUMP | grep hooked", "slots that are hooked"},
                },
        },
    [COMMAND_REFS] =
        {
            .name = "refs",
            .synopsis = "refs [OPTIONS] TARGET IMAGE...",
            .summary = "Windows: what points to a function or module",
            .man = "Prints every pointer to TARGET that lies in a module of a Windows kernel, by "
                   "ascending address: where it lies, its value and what is there, as dps does, "
                   "and behind that module, section and kind of the place. TARGET is an export, "
                   "as NAME, mod:NAME or 'mod!NAME', where mod and NAME may be globs; a whole "
                   "module, as mod: with nothing behind; an address; or a range of addresses, "
                   "START+BYTES or START,END. A bare name that several modules export is an error "
                   "that lists them.\nThe kind of a place is iat, an import slot, as far as the "
                   "module's tables tell; code, another place in a section that can be executed; "
                   "data, one in any other section; header, one that lies in no section; module, "
                   "one in a module whose header is not in the image; pool, one in a block of "
                   "pool; and none, where neither is: these two --everywhere alone finds. "
                   "Pointers are as long as the addresses of "
                   "the space, and lie at multiples of that length.\nWith --code, instructions "
                   "that reach the target are lines of kind code with the instruction behind it. "
                   "On x64 they are decoded from the start of their function, as the module's "
                   "table of functions (.pdata) has it. Where it has none, or is not in the "
                   "image, or decoding breaks off, where an instruction begins is guessed by the "
                   "bytes in front of it, and the line is marked uncertain. A call through an "
                   "import slot reaches the slot: look for the slot's address. The closing line "
                   "counts instructions among the hits, and tells how many they are; so do hits "
                   "and code_hits of --format jsonl. --max-hits counts them as one pattern.",
            .examples =
                {
                    {"memscan refs SeQueryInformationToken MEMORY.DMP", "which drivers use it"},
                    {"memscan refs DRIVER_X: MEMORY.DMP", "pointers into a driver"},
                    {"memscan refs --everywhere 8096c8cc DUMP", "also in pool and stacks"},
                    {"memscan refs --within 20 8a3c5010 DUMP", "to an object or around it"},
                    {"memscan refs --code nt:SeTokenType DUMP", "calls and jumps to it, too"},
                },
        },
    [COMMAND_POOL] =
        {
            .name = "pool",
            .synopsis = "pool [OPTIONS] IMAGE...",
            .summary = "Windows: pool blocks and tags, as !pool, !poolused",
            .man = "Tells of a Windows kernel's pool, one list at a time.\n--tag lists the blocks "
                   "of a tag, as !poolfind does: address of the header, size, size of the block "
                   "before it, state and tag, and behind them the pool. Large allocations are "
                   "whole pages without a header; special pool is that of Driver Verifier.\n--at "
                   "lists the blocks of a page, as !pool does, the one that holds the address "
                   "with a star. Bytes of which no header tells any more have \"no valid "
                   "header\".\n--used lists what each tag has, as !poolused does: allocations "
                   "that were not freed, and their bytes, by the kernel's own table; and beside "
                   "that by counting the blocks that lie in the image. != is between counts that "
                   "differ: blocks are in pages that the image does not hold, or one of the two "
                   "was overwritten. Blocks of sessions and of special pool are in neither. With "
                   "--tag only tags that fit.\n--special lists the allocations of special pool, "
                   "and beside which of them something was written.\nFrom build 18362 on, pool is "
                   "a segment heap, in which blocks are not linked: there a block is guessed by a "
                   "header that looks right, and is marked so.",
            .examples =
                {
                    {"memscan pool --used --top 10 MEMORY.DMP", "who eats the pool"},
                    {"memscan pool --tag 'Se  ' MEMORY.DMP", "all blocks of a tag"},
                    {"memscan pool --at fffffa8001234560 MEMORY.DMP", "whose block it is"},
                    {"memscan pool --special --find A.dmp B.dmp C.dmp", "who overwrote it"},
                },
        },
    [COMMAND_PROCESSES] =
        {
            .name = "processes",
            .synopsis = "processes [OPTIONS] IMAGE...",
            .summary = "Windows: processes, as !process 0 0 lists them",
            .man =
                "Lists the processes of a Windows kernel in the order of its list, as !process 0 0 "
                "does: address of the EPROCESS, session, number (Cid, hexadecimal), PEB, parent, "
                "physical address of the page tables, handle table, name; behind that what is out "
                "of the ordinary. exited: it has ended, and something still refers to it. "
                "critical: its end would stop the machine. With --scan come those that lie in "
                "pool alone. hidden: it runs, and the list, which was read to its end, does not "
                "have it. freed: its memory is free, and this is what is left of it.\n"
                "Where fields lie is told by --symbols, else by tables of the builds of Windows, "
                "and proved by the process System. Where the build is in none of them, or does "
                "not find it, the layouts of other builds are tried, and all rows are marked "
                "guessed.\n"
                "A process's own memory is the space process:PID or process:NAME of --space, the "
                "memory of its session session:N.",
            .examples =
                {
                    {"memscan processes MEMORY.DMP", "what !process 0 0 lists"},
                    {"memscan processes --scan MEMORY.DMP", "hidden ones, too"},
                    {"memscan processes --name 'svc*' MEMORY.DMP", "some of them"},
                    {"memscan -u key --space process:lsass.exe DUMP", "search in one"},
                },
        },
    [COMMAND_THREADS] =
        {
            .name = "threads",
            .synopsis = "threads [OPTIONS] IMAGE...",
            .summary = "Windows: threads, their states and stacks",
            .man =
                "Lists the threads of a Windows kernel's processes, as !process and !thread print "
                "them: ETHREAD, numbers of process and thread, TEB, state and what it waits for; "
                "with -v where it began, its kernel stack and priority. Each process has two lists "
                "of its threads. One that only one of them has is marked: a thread that ends "
                "leaves the kernel-list first. With --scan, one in pool that no list has: hidden, "
                "if it has not ended and the lists were read whole.",
            .examples =
                {
                    {"memscan threads --name lsass.exe MEMORY.DMP", "of a process"},
                    {"memscan threads --scan -v MEMORY.DMP", "all that is known, hidden ones too"},
                },
        },
    [COMMAND_STACKS] =
        {
            .name = "stacks",
            .synopsis = "stacks [OPTIONS] IMAGE...",
            .summary = "Windows: who is stuck in a driver, as !stacks",
            .man =
                "Prints each thread with the return addresses on its kernel stack, the innermost "
                "first, as !stacks 2 does: values from where the thread was switched away from up "
                "to the stack's end that point into an executable section of a module, right "
                "behind "
                "a CALL. Tables of functions are not needed for that, but what calls that have "
                "returned have left behind may be among them. Pages that are missing, code that is "
                "not in the image and stacks that are paged out are told. Of a thread that runs, "
                "the stack is that of its last switch. -v adds where on the stack each is.",
            .examples =
                {
                    {"memscan stacks --module FooDRV MEMORY.DMP", "who is in a driver"},
                    {"memscan stacks --pid 4 MEMORY.DMP", "the system's own threads"},
                },
        },
    [COMMAND_DRIVERS] =
        {
            .name = "drivers",
            .synopsis = "drivers [OPTIONS] IMAGE...",
            .summary = "Windows: driver objects, and who hooked them",
            .man =
                "Lists the driver objects of a Windows kernel by address, as !drvobj does: name, "
                "image, device objects, and which of its routines, major functions and fast I/O "
                "routines lie elsewhere than in its image. Behind each is where that is: a "
                "function, or MODULE+OFFSET, in a module; a block of pool; or that nothing is "
                "there. Code that only jumps on is followed by one step, with its instructions "
                "before an arrow. With --verbose all pointers are listed. Driver objects come from "
                "the directories \\Driver and \\FileSystem, and with --scan from blocks of pool: "
                "one that no directory has is marked \"hidden\", one in a free block \"freed\". "
                "Where the directories are not found, pool is looked through anyway.\nA pointer is "
                "marked \"hooked\" if it, or what it jumps to, lies neither in the driver's "
                "image, nor in the kernel, nor in a module that handles requests for other "
                "drivers, such as CLASSPNP, ndis or Wdf01000: these are marked \"framework\", and "
                "have to be in the kernel's list of modules. A jump of a module through its own "
                "memory, as through an import slot, hooks nothing unless it leaves all modules. "
                "What a driver does not handle leads to one function of the kernel, marked \"not "
                "set\": IopInvalidDeviceRequest by a symbol file, else what most such slots "
                "have.",
            .examples =
                {
                    {"memscan drivers --hooked MEMORY.DMP", "pointers that lead elsewhere"},
                    {"memscan drivers -v --name Ntfs MEMORY.DMP", "one, as !drvobj prints it"},
                    {"memscan drivers --scan MEMORY.DMP", "also what no directory has"},
                },
        },
};
