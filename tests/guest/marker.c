// SPDX-License-Identifier: MIT
//
// Two programs in one, so that both know the same markers:
//
//   guest_marker patterns   prints a pattern for each search, as memscan -f reads them
//   guest_marker            as the first process of a guest: plants markers in its memory, and says
//                           on QEMU's debug port where the guest's kernel has put them
//
// What it says there, one fact a line; addresses are of 16 digits, but for those of facts:
//
//   ram FIRST LAST                  memory as the kernel sees it
//   SPACE ADDRESS PATTERN LENGTH    pattern number PATTERN matches here, and nowhere else:
//   physical,
//                                   user (in this process), kernel, or unmapped (a physical
//                                   address that the kernel does not map)
//   apart PHYSICAL MARKER           a marker goes on in a page whose frame is elsewhere: it matches
//                                   in this process alone
//   cut PHYSICAL MARKER             only the beginning of a marker, at the end of its page: no
//   match torn PHYSICAL MARKER            a marker with a page that is not present in it: no match
//   page user|kernel ADDRESS PHYSICAL   all of a page's addresses
//   hole ADDRESS                    a page of this process that is not present
//   symbol NAME ADDRESS PHYSICAL    of the kernel
//   fact NAME VALUE                 as memscan info should have it
//   failed WHAT...                  the last line, if it is not
//   ready                           nothing moves any more
//
// A marker's bytes must be nowhere but where they are planted. So they are computed, one byte at a
// time, and stored at once: no register, stack, file or pipe ever holds two of them. The debug port
// has no buffers in the guest, and only addresses go there.

#include "guest_memory.h"
#include "guest_say.h"
#include "guest_windows.h"
#include "markers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

// What the kernel tells of itself, it tells QEMU by this module.
static void say_facts(void)
{
    int fd = open("/qemu_fw_cfg.ko", O_RDONLY | O_CLOEXEC);
    struct utsname name;

    if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
        fail("qemu_fw_cfg.ko");
    close(fd);
    if (uname(&name))
        fail("uname");
    say("fact os_release %s", name.release);
    say("fact page_size %ld", sysconf(_SC_PAGESIZE));
}

static void mount_at(const char *path, const char *type)
{
    if (mkdir(path, 0700) || mount(type, path, type, 0, NULL))
        fail(path);
}

// STOP, a parameter of the kernel that it hands on: "user" for a machine that is to be stopped
// while it runs a program, else it is idle.
static void wait_for_the_end(void)
{
    const char *stop = getenv("STOP");

    if (stop && strcmp(stop, "user") == 0) {
        for (volatile unsigned n = 0;; n++)
            ;
    }
    stay();
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "patterns") == 0) {
        print_patterns();
        return 0;
    }
    if (getpid() != 1 || ioperm(DEBUG_PORT, 1, 1)) {
        fprintf(stderr, "usage: %s patterns, or as the first process of a guest\n", argv[0]);
        return 2;
    }
    mount_at("/proc", "proc");
    mount_at("/sys", "sysfs");
    say_facts();
    memory_ask();
    windows_plant();
    windows_plant_edges();
    windows_check();
    say("ready");
    wait_for_the_end();
}
