// SPDX-License-Identifier: MIT
//
// Makes something go wrong at a chosen moment: preloaded in front of the C library, it counts
// calls, and lets one of them fail or does something before it. The environment says what:
//
//     FAULT="EVENT WHEN ACTION [ARGUMENT]", several separated by ';'
//     FAULT_IMAGE   the path of the image, as memscan is given it
//     FAULT_FD      a descriptor that gets a byte when one of them happens
//
// EVENT is what is counted and WHEN the number of the call, from 1; N+ is call N and all behind it.
//
//     open stat seek map read   calls about the image
//     write                     to standard output
//     alloc                     malloc(), calloc(), realloc(), by libraries too, from main() on.
//     Not
//                               posix_memalign(): only the compiler of Hyperscan calls it, and that
//                               of 5.4.0 crashes without the memory (its issue 317)
//     thread                    pthread_create()
//     call                      any of these, and some that cannot fail
//     touch                     here WHEN is no number but a place: the first access to that offset
//                               of the image, mapped or read
//
// ACTION is one of
//
//     fail ERRNO, short BYTES   the call fails, or reads or writes no more than that
//     nonblock                  standard output does not wait any more
//     hasten SECONDS            the clock jumps
//     raise SIGNAL              before the call, on its thread
//     truncate SIZE, rewrite BYTE, remove, rename PATH
//                               what happens to the image before the call; rename puts PATH there
//     bad LENGTH                with touch: each access to that many bytes fails, as on a bad disk

// The functions that memscan calls have names of their own, open64() for one; so have those here.
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE         4096
#define MAX_FAULTS   4

// The function that stands behind the one of that name here.
#define NEXT(name) (__extension__(__typeof__(&(name))) dlsym(RTLD_NEXT, #name))

// == Faults ==

enum event { OPEN, STAT, SEEK, MAP, READ, WRITE, ALLOC, THREAD, CALL, TOUCH, N_EVENTS };

static const char *const event_names[N_EVENTS] = {
    "open", "stat", "seek", "map", "read", "write", "alloc", "thread", "call", "touch",
};

struct fault {
    enum event event;
    int64_t when;
    bool from_then_on;
    // Returns the errno that the call fails with, or 0.
    int (*act)(const struct fault *fault);
    int64_t number; // the argument, as such
    char text[200]; // and as it is written
    atomic_bool happened;
};

static struct fault faults[MAX_FAULTS];
static size_t n_faults;
static bool armed;
static atomic_long counts[N_EVENTS];
static atomic_long skew; // of the clock, in seconds
static int report_fd = -1;

static struct image {
    const char *path;
    atomic_int fd;
    uint8_t *view; // while it is mapped
    size_t view_length;
} image = {.fd = -1};

// == Actions ==

static int fail(const struct fault *fault)
{
    return (int)fault->number;
}

// How much that is, limit() tells.
static int shorten(const struct fault *fault)
{
    (void)fault;
    return 0;
}

static int raise_signal(const struct fault *fault)
{
    raise((int)fault->number);
    return 0;
}

static int make_nonblocking(const struct fault *fault)
{
    (void)fault;
    return fcntl(STDOUT_FILENO, F_SETFL, O_WRONLY | O_NONBLOCK) == 0 ? 0 : errno;
}

static int hasten(const struct fault *fault)
{
    atomic_fetch_add(&skew, fault->number);
    return 0;
}

static int truncate_image(const struct fault *fault)
{
    return truncate(image.path, fault->number) == 0 ? 0 : errno;
}

static int rename_image(const struct fault *fault)
{
    return rename(fault->text, image.path) == 0 ? 0 : errno;
}

static int remove_image(const struct fault *fault)
{
    (void)fault;
    return unlink(image.path) == 0 ? 0 : errno;
}

static int rewrite_image(const struct fault *fault)
{
    int fd = open(image.path, O_WRONLY);
    char bytes[PAGE];
    struct stat status;

    memset(bytes, (int)fault->number, sizeof(bytes));
    if (fd < 0 || fstat(fd, &status) != 0)
        return errno;
    for (off_t at = 0; at < status.st_size; at += PAGE) {
        if (pwrite(fd, bytes, PAGE, at) != PAGE)
            return errno;
    }
    return close(fd);
}

static int refuse(const struct fault *fault)
{
    (void)fault;
    return EIO;
}

static const struct {
    const char *name;
    int (*act)(const struct fault *fault);
} actions[] = {
    {"fail", fail},
    {"short", shorten},
    {"raise", raise_signal},
    {"rename", rename_image},
    {"truncate", truncate_image},
    {"rewrite", rewrite_image},
    {"remove", remove_image},
    {"bad", refuse},
    {"nonblock", make_nonblocking},
    {"hasten", hasten},
};

static const struct {
    const char *name;
    int number;
} numbers[] = {
    {"EINTR", EINTR},     {"EIO", EIO},         {"EAGAIN", EAGAIN},     {"ENOMEM", ENOMEM},
    {"ENOSPC", ENOSPC},   {"EPIPE", EPIPE},     {"EACCES", EACCES},     {"EMFILE", EMFILE},
    {"SIGHUP", SIGHUP},   {"SIGINT", SIGINT},   {"SIGQUIT", SIGQUIT},   {"SIGPIPE", SIGPIPE},
    {"SIGTERM", SIGTERM}, {"SIGUSR1", SIGUSR1}, {"SIGCONT", SIGCONT},   {"SIGSTOP", SIGSTOP},
    {"SIGXCPU", SIGXCPU}, {"SIGXFSZ", SIGXFSZ}, {"SIGWINCH", SIGWINCH},
};

// == When ==

static void happen(struct fault *fault)
{
    if (!atomic_exchange(&fault->happened, true) && report_fd >= 0)
        (void)!write(report_fd, "!", 1);
}

// Counts a call, and does what is to be done before it. Returns the errno that it is to fail with,
// or 0.
static int count(enum event event)
{
    const enum event counted[] = {event, CALL};
    int failure = 0, result;

    for (size_t i = 0; armed && i < (event == CALL ? 1 : COUNT(counted)); i++) {
        long n = 1 + atomic_fetch_add(&counts[counted[i]], 1);

        for (size_t k = 0; k < n_faults; k++) {
            struct fault *fault = &faults[k];

            if (fault->event != counted[i] || n < fault->when ||
                (n > fault->when && !fault->from_then_on))
                continue;
            happen(fault);
            result = fault->act(fault);
            failure = result != 0 ? result : failure;
        }
    }
    return failure;
}

static bool fails(enum event event)
{
    int failure = count(event);

    if (failure != 0)
        errno = failure;
    return failure != 0;
}

// What a read or write that has just been counted may do at the most.
static size_t limit(enum event event, size_t length)
{
    for (size_t i = 0; i < n_faults; i++) {
        const struct fault *fault = &faults[i];
        long n = atomic_load(&counts[event]);

        if (fault->event == event && fault->act == shorten && (size_t)fault->number < length &&
            (n == fault->when || (n > fault->when && fault->from_then_on)))
            return (size_t)fault->number;
    }
    return length;
}

// == Places ==

// Does what is to be done at an access to bytes [offset, offset + *length) of the image; what is in
// front of a bad place can be read.
static int touch(int64_t offset, size_t *length)
{
    for (size_t i = 0; i < n_faults; i++) {
        struct fault *fault = &faults[i];

        if (fault->event != TOUCH || offset + (int64_t)*length <= fault->when)
            continue;
        if (fault->act == refuse && offset < fault->when + fault->number) {
            if (offset < fault->when) {
                *length = (size_t)(fault->when - offset);
                continue;
            }
            happen(fault);
            return EIO;
        }
        if (fault->act != refuse && offset <= fault->when && !atomic_load(&fault->happened)) {
            happen(fault);
            fault->act(fault);
        }
    }
    return 0;
}

static size_t min(int64_t a, int64_t b)
{
    return (size_t)(a < b ? a : b);
}

// A page that cannot be had raises the same signal as one behind the end of a file.
static void lose(uint8_t *page, size_t length)
{
    int nothing = memfd_create("nothing", MFD_CLOEXEC);

    if (NEXT(mmap64)(page, length, PROT_READ, MAP_SHARED | MAP_FIXED, nothing, 0) != page)
        abort();
    NEXT(close)(nothing);
}

static void guard_places(void)
{
    for (size_t i = 0; i < n_faults; i++) {
        const struct fault *fault = &faults[i];

        if (fault->event != TOUCH || (uint64_t)fault->when >= image.view_length)
            continue;
        if (fault->act == refuse)
            lose(image.view + fault->when,
                 min(fault->number, (int64_t)image.view_length - fault->when));
        else if (!atomic_load(&fault->happened))
            mprotect(image.view + fault->when / PAGE * PAGE, PAGE, PROT_NONE);
    }
}

// Somebody has come to a guarded page.
static void on_access(int number, siginfo_t *info, void *context)
{
    uintptr_t at = (uintptr_t)info->si_addr, start = (uintptr_t)image.view;
    uintptr_t page = at / PAGE * PAGE;
    size_t length = PAGE;

    (void)context;
    if (image.view == NULL || at < start || at - start >= image.view_length) {
        signal(number, SIG_DFL);
        return; // to the access, which then ends the process
    }
    touch((int64_t)(page - start), &length);
    mprotect((void *)page, PAGE, PROT_READ);
}

// == What the program calls ==

#define EXPORT __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

EXPORT void *malloc(size_t size)
{
    return fails(ALLOC) ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t n, size_t size)
{
    return fails(ALLOC) ? NULL : __libc_calloc(n, size);
}

EXPORT void *realloc(void *memory, size_t size)
{
    return fails(ALLOC) ? NULL : __libc_realloc(memory, size);
}

EXPORT void free(void *memory)
{
    count(CALL);
    __libc_free(memory);
}

EXPORT int open64(const char *path, int flags, ...)
{
    bool is_image = image.path != NULL && strcmp(path, image.path) == 0;
    mode_t mode = 0;
    va_list arguments;
    int fd;

    va_start(arguments, flags);
    if (flags & O_CREAT)
        mode = va_arg(arguments, mode_t);
    va_end(arguments);
    if (is_image && fails(OPEN))
        return -1;
    fd = NEXT(open64)(path, flags, mode);
    if (is_image)
        atomic_store(&image.fd, fd);
    return fd;
}

EXPORT int close(int fd)
{
    count(CALL);
    if (fd == atomic_load(&image.fd))
        atomic_store(&image.fd, -1);
    return NEXT(close)(fd);
}

EXPORT int fstat64(int fd, struct stat64 *status)
{
    return fd == atomic_load(&image.fd) && fails(STAT) ? -1 : NEXT(fstat64)(fd, status);
}

EXPORT off64_t lseek64(int fd, off64_t offset, int whence)
{
    return fd == atomic_load(&image.fd) && fails(SEEK) ? -1 : NEXT(lseek64)(fd, offset, whence);
}

EXPORT void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
    bool is_image = fd >= 0 && fd == atomic_load(&image.fd);
    void *memory;

    if (is_image && fails(MAP))
        return MAP_FAILED;
    memory = NEXT(mmap64)(address, length, protection, flags, fd, offset);
    if (is_image && memory != MAP_FAILED) {
        image.view = memory;
        image.view_length = length;
        guard_places();
    }
    return memory;
}

EXPORT int munmap(void *memory, size_t length)
{
    count(CALL);
    if (memory == image.view)
        image.view = NULL;
    return NEXT(munmap)(memory, length);
}

EXPORT ssize_t pread64(int fd, void *bytes, size_t length, off64_t offset)
{
    if (fd == atomic_load(&image.fd)) {
        if (fails(READ))
            return -1;
        length = limit(READ, length);
        errno = touch(offset, &length);
        if (errno != 0)
            return -1;
    }
    return NEXT(pread64)(fd, bytes, length, offset);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t length)
{
    if (fd == STDOUT_FILENO) {
        if (fails(WRITE))
            return -1;
        length = limit(WRITE, length);
    }
    return NEXT(write)(fd, bytes, length);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument)
{
    int failure = count(THREAD);

    return failure != 0 ? failure : NEXT(pthread_create)(thread, attributes, start, argument);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result;

    count(CALL);
    result = NEXT(clock_gettime)(clock, now);
    now->tv_sec += atomic_load(&skew);
    return result;
}

EXPORT int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    count(CALL);
    return NEXT(sigaction)(number, action, before);
}

// == The environment ==

static void give_up(const char *text)
{
    fprintf(stderr, "shim: FAULT: not understood: %s\n", text);
    abort();
}

static int64_t parse_number(const char *text)
{
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (strcmp(numbers[i].name, text) == 0)
            return numbers[i].number;
    return strtoll(text, NULL, 0);
}

static void parse_fault(const char *text)
{
    struct fault *fault = &faults[n_faults++];
    char event[16], when[24], action[16];

    if (n_faults > MAX_FAULTS ||
        sscanf(text, "%15s %23s %15[^; ] %199[^; ]", event, when, action, fault->text) < 3)
        give_up(text);
    for (fault->event = 0; fault->event < N_EVENTS; fault->event++)
        if (strcmp(event_names[fault->event], event) == 0)
            break;
    for (size_t i = 0; i < COUNT(actions); i++)
        if (strcmp(actions[i].name, action) == 0)
            fault->act = actions[i].act;
    if (fault->event == N_EVENTS || fault->act == NULL)
        give_up(text);
    fault->when = strtoll(when, NULL, 0);
    fault->from_then_on = strchr(when, '+') != NULL;
    fault->number = parse_number(fault->text);
}

// The constructors of libraries have run before that of what is preloaded.
__attribute__((constructor)) static void arm(void)
{
    struct sigaction action = {.sa_sigaction = on_access, .sa_flags = SA_SIGINFO | SA_NODEFER};
    const char *fault = getenv("FAULT"), *fd = getenv("FAULT_FD");

    image.path = getenv("FAULT_IMAGE");
    if (fault == NULL)
        return;
    if (fd != NULL)
        report_fd = atoi(fd);
    parse_fault(fault);
    while ((fault = strchr(fault, ';')) != NULL)
        parse_fault(++fault);
    sigaction(SIGSEGV, &action, NULL);
    armed = true;
}
