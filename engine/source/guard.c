// SPDX-License-Identifier: MIT
//
// When a page of a mapped file cannot be read, because the file has shrunk or its disk fails, the
// access raises SIGBUS. Jumping out of the access would leave Hyperscan's scratch in use and every
// caller's state half done. Instead the handler maps a page of zeros over the lost one, notes the
// place, and lets the access go on; the scanner finds the note when it is done, and starts again
// from what read() returns. A page replaced by one thread may be read by another: so the note
// belongs to the mapping, and is made before the page is replaced.

#include "source/guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// initial-exec: reading a variable of the general model may allocate, which a handler must not.
static _Thread_local struct ms_mapping *guarded __attribute__((tls_model("initial-exec")));

static struct sigaction previous;
static uintptr_t page_bytes;
static bool installed;

static void note_lost(struct ms_mapping *mapping, uint64_t first, uint64_t last)
{
    uint64_t seen = atomic_load(&mapping->first_lost);

    while (first < seen && !atomic_compare_exchange_weak(&mapping->first_lost, &seen, first))
        ;
    seen = atomic_load(&mapping->last_lost);
    while (last > seen && !atomic_compare_exchange_weak(&mapping->last_lost, &seen, last))
        ;
}

static bool replace_page(struct ms_mapping *mapping, uintptr_t address)
{
    uintptr_t base = (uintptr_t)mapping->base;
    uintptr_t page = address & ~(page_bytes - 1);

    if (address < base || address - base >= mapping->length)
        return false;
    note_lost(mapping, page - base, page - base + page_bytes - 1);
    // Not on POSIX's list of functions for handlers, but a bare system call on Linux.
    return mmap((void *)page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                0) != MAP_FAILED;
}

static void chain(int signal, siginfo_t *info, void *context)
{
    bool sent = info->si_code <= 0; // by a process: there is no access that would be repeated

    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(signal, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal);
    } else if (!sent || previous.sa_handler == SIG_DFL) {
        // The access is repeated when the handler returns, and then ends the process as it should.
        struct sigaction plain = {.sa_handler = SIG_DFL};
        sigaction(signal, &plain, NULL);
        if (sent)
            raise(signal);
    }
}

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
    int saved_errno = errno;

    // Only the kernel's own si_addr is an address.
    if (!guarded || info->si_code <= 0 || !replace_page(guarded, (uintptr_t)info->si_addr))
        chain(signal, info, context);
    errno = saved_errno;
}

static void install(void)
{
    struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO};
    long page = sysconf(_SC_PAGESIZE);

    if (page <= 0)
        return;
    page_bytes = (uintptr_t)page;
    sigemptyset(&action.sa_mask);
    installed = sigaction(SIGBUS, &action, &previous) == 0;
}

bool ms_guard_install(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    return pthread_once(&once, install) == 0 && installed;
}

void ms_guard_set(struct ms_mapping *mapping)
{
    guarded = mapping;
    // The handler runs on this thread: what matters is that the compiler keeps accesses inside.
    atomic_signal_fence(memory_order_seq_cst);
}
