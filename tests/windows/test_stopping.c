// SPDX-License-Identifier: MIT
//
// Searches through all of memory that are stopped, after each mebibyte: what they found until then
// is there.

#include "windows/driver_machine.h"
#include "windows/small_threads.h"

TestSuite(stopping);

#define LARGE_PAGE UINT64_C(0x200000)
#define MACHINE    UINT64_C(0x1000000) // bytes
#define FAR_AWAY   UINT64_C(0xa00000)  // an offset in the last of what is mapped
#define STEP       (LARGE_PAGE / 2)

// Gives a machine more memory, mapped every other 2 MiB, with a tag in each page so that a search
// has much to look at twice.
static void enlarge(struct windows *windows, const char *tag)
{
    struct small_machine machine = machine_of(MACHINE);

    memcpy(machine.bytes, windows->machine.bytes, windows->machine.size);
    free(windows->machine.bytes);
    windows->machine = machine;
    for (unsigned i = 1; MEMORY + (i + 1) * LARGE_PAGE <= MACHINE; i += 2)
        put64(&windows->machine, 0x3000, i, (MEMORY + i * LARGE_PAGE) | 0xe3);
    for (uint64_t at = MEMORY + LARGE_PAGE; at < MACHINE; at += 0x1000)
        put_text(&windows->machine, at + 0xff4, tag);
}

// Stops as soon as so many bytes are done.
struct stopper {
    uint64_t at;
    uint64_t all; // bytes that there were to do at the last call; 0: nobody knew
};

static int stop_there(void *user, const struct ms_progress *progress)
{
    struct stopper *stopper = user;

    stopper->all = progress->all_bytes;
    return progress->done_bytes >= stopper->at;
}

// == What is found ==

struct answer {
    enum ms_status status;
    size_t n;        // objects
    size_t n_hidden; // of these, that a search alone finds
};

typedef struct answer ask_function(const struct ms_spaces *spaces, const struct ms_modules *modules,
                                   bool scan, struct stopper *stopper);

static struct answer ask_modules(const struct ms_spaces *spaces, const struct ms_modules *known,
                                 bool scan, struct stopper *stopper)
{
    const struct ms_modules_options options = {
        .flags = scan ? MS_MODULES_SCAN : 0, .progress = stop_there, .user = stopper};
    struct ms_modules *modules = NULL;
    struct answer answer = {.status = ms_modules_create(spaces, 0, &options, &modules, NULL)};

    (void)known;
    answer.n = ms_modules_count(modules);
    for (size_t i = 0; i < answer.n; i++)
        answer.n_hidden += !(ms_modules_info(modules, i).sources & MS_MODULE_LIST);
    ms_modules_free(modules);
    return answer;
}

static struct answer ask_processes(const struct ms_spaces *spaces, const struct ms_modules *modules,
                                   bool scan, struct stopper *stopper)
{
    const struct ms_processes_options options = {
        .flags = scan ? MS_PROCESSES_SCAN : 0, .progress = stop_there, .user = stopper};
    struct ms_processes *processes = NULL;
    struct answer answer = {.status = ms_processes_create(modules, &options, &processes, NULL)};

    (void)spaces;
    answer.n = ms_processes_count(processes);
    for (size_t i = 0; i < answer.n; i++) {
        struct ms_process_info info = ms_processes_info(processes, i);

        answer.n_hidden += info.hidden;
        cr_assert(eq(sz, ms_processes_at(processes, info.address), i));
    }
    ms_processes_free(processes);
    return answer;
}

static struct answer ask_threads(const struct ms_spaces *spaces, const struct ms_modules *modules,
                                 bool scan, struct stopper *stopper)
{
    const struct ms_threads_options options = {
        .flags = scan ? MS_THREADS_SCAN : 0, .progress = stop_there, .user = stopper};
    struct ms_processes *processes = NULL;
    struct ms_threads *threads = NULL;
    struct answer answer = {.status = ms_processes_create(modules, NULL, &processes, NULL)};

    (void)spaces;
    cr_assert(eq(int, (int)answer.status, MS_OK));
    answer.status = ms_threads_create(processes, &options, &threads, NULL);
    answer.n = ms_threads_count(threads);
    for (size_t i = 0; i < answer.n; i++)
        answer.n_hidden += ms_threads_info(threads, i).hidden;
    ms_threads_free(threads);
    ms_processes_free(processes);
    return answer;
}

static struct answer ask_drivers(const struct ms_spaces *spaces, const struct ms_modules *modules,
                                 bool scan, struct stopper *stopper)
{
    const struct ms_drivers_options options = {
        .flags = scan ? MS_DRIVERS_SCAN : 0, .progress = stop_there, .user = stopper};
    struct ms_drivers *drivers = NULL;
    struct answer answer = {.status = ms_drivers_create(modules, &options, &drivers, NULL)};

    (void)spaces;
    answer.n = ms_drivers_count(drivers);
    for (size_t i = 0; i < answer.n; i++)
        answer.n_hidden += ms_drivers_info(drivers, i).hidden;
    ms_drivers_free(drivers);
    return answer;
}

// == Stopping it ==

// Two are hidden, far from each other. It is not stopped before `first` bytes are done.
static void check(struct windows *windows, uint64_t first, ask_function *ask)
{
    struct found_windows found = find_windows(windows, 0);
    struct stopper never = {.at = UINT64_MAX};
    struct answer listed = ask(found.spaces, found.modules, false, &never), before = listed;
    struct answer all = ask(found.spaces, found.modules, true, &never), answer = {MS_STOPPED, 0, 0};
    bool had_one = false;

    cr_assert(listed.status == MS_OK && listed.n > 0 && listed.n_hidden == 0);
    cr_assert(all.status == MS_OK && all.n == listed.n + 2 && all.n_hidden == 2);
    for (uint64_t at = first; answer.status == MS_STOPPED; at += STEP) {
        struct stopper stopper = {.at = at};

        answer = ask(found.spaces, found.modules, true, &stopper);
        cr_assert(answer.status == MS_STOPPED || (answer.status == MS_OK && answer.n == all.n),
                  "status %d, %zu found", answer.status, answer.n);
        cr_assert(at > 0 || answer.n_hidden == 0, "it is stopped before it begins");
        cr_assert(answer.n == listed.n + answer.n_hidden && answer.n >= before.n);
        had_one |= answer.status == MS_STOPPED && answer.n_hidden == 1;
        before = answer;
    }
    cr_assert(had_one);
    release_found(&found);
    free(windows->machine.bytes);
}

Test(stopping, modules)
{
    struct windows windows = windows_of(10);

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    enlarge(&windows, "MmLd");
    poke_image(&windows, DRIVERS, 0x2000, ".text");
    poke_image(&windows, FAR_AWAY, 0x2000, ".text");
    check(&windows, 0x2000, ask_modules); // once a page or two were looked at, there is the kernel
}

Test(stopping, processes)
{
    struct windows windows = windows_with_processes(&fields_19041);

    enlarge(&windows, "Proc");
    poke_process(&windows, &fields_19041, 3, 900, "evil.exe");
    poke_process(&windows, &fields_19041, (FAR_AWAY - PROCESS_PAGES) / 0x1000, 904, "worse.exe");
    check(&windows, 0, ask_processes);
}

Test(stopping, threads)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);

    enlarge(&windows, "Thre");
    poke_thread(&windows, fields, 4, 2, 680);
    poke_thread(&windows, fields, (FAR_AWAY - THREAD_PAGES) / 0x1000, 2, 680);
    check(&windows, 0, ask_threads);
}

Test(stopping, drivers)
{
    struct driver_machine machine = two_drivers();

    enlarge(&machine.windows, "Driv");
    add_driver(&machine, "Ghost", OTHER, 0x3000, OTHER);
    machine.n_objects = (FAR_AWAY - OBJECTS) / 0x1000;
    add_driver(&machine, "Spirit", OTHER, 0x3000, OTHER);
    check(&machine.windows, 0, ask_drivers);
}

// == The kernel ==

// Nothing leads to it, and its header is not in memory: all pages are looked at, then memory is
// searched for its KDBG. Without it nothing is known, and nothing else is looked for.
Test(stopping, kernel)
{
    struct windows windows = windows_of(10);
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct ms_error error = {.status = MS_STOPPED};
    bool in_pages = false, in_search = false;

    put64(&windows.machine, 0x4000, NT_IMAGE / 0x1000, 0);
    enlarge(&windows, "KDBG");
    image = open_machine(&windows.machine);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    for (uint64_t at = 0; error.status == MS_STOPPED; at += STEP / 4) {
        struct stopper stopper = {.at = at};
        const struct ms_modules_options options = {
            .flags = MS_MODULES_SCAN, .progress = stop_there, .user = &stopper};
        struct ms_modules *modules = NULL;

        error.status = MS_OK;
        if (ms_modules_create(spaces, 0, &options, &modules, &error) == MS_STOPPED) {
            in_pages |= at > 0 && stopper.all == 0;
            in_search |= stopper.all > 0 && !ms_modules_system(modules).found;
        }
        cr_assert(eq(int, error.status == MS_OK || error.status == MS_STOPPED, true));
        cr_assert(error.status == MS_STOPPED || ms_modules_system(modules).found);
        cr_assert(ms_modules_system(modules).found || ms_modules_count(modules) == 0);
        cr_assert(ms_modules_system(modules).found || ms_modules_n_notes(modules) == 0);
        ms_modules_free(modules);
    }
    cr_assert(in_pages && in_search);
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(windows.machine.bytes);
}
