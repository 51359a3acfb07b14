// SPDX-License-Identifier: MIT
//
// R: how fast one thread can just read the file in the page cache. The upper bound of every search,
// and the measure of them all: it is taken beside each, because it moves with the machine's load.

#include "bench.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2_READER
#endif

#define MAX_READERS 64

double now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double processor_seconds(void)
{
    struct timespec taken;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &taken);
    return (double)taken.tv_sec + (double)taken.tv_nsec / 1e9;
}

uint64_t anonymous_bytes(pid_t process)
{
    unsigned long long size, resident = 0, file = 0;
    char path[32];
    FILE *statm;

    snprintf(path, sizeof(path), process ? "/proc/%d/statm" : "/proc/self/statm", (int)process);
    statm = fopen(path, "r");

    if (!statm)
        return 0;
    if (fscanf(statm, "%llu %llu %llu", &size, &resident, &file) != 3)
        resident = file = 0;
    fclose(statm);
    return (resident - file) * (uint64_t)sysconf(_SC_PAGESIZE);
}

// == Reading ==

static uint64_t or_words(const uint8_t *bytes, size_t length)
{
    uint64_t sums[8] = {0};
    size_t at = 0;

    for (; at + sizeof(sums) <= length; at += sizeof(sums)) {
        uint64_t words[8];

        memcpy(words, bytes + at, sizeof(words));
        for (size_t i = 0; i < 8; i++)
            sums[i] |= words[i];
    }
    for (; at < length; at++)
        sums[0] |= bytes[at];
    for (size_t i = 1; i < 8; i++)
        sums[0] |= sums[i];
    return sums[0];
}

#ifdef HAVE_AVX2_READER
__attribute__((target("avx2"))) static uint64_t or_vectors(const uint8_t *bytes, size_t length)
{
    __m256i sums[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                       _mm256_setzero_si256()};
    uint64_t words[4];
    size_t at = 0;

    for (; at + 128 <= length; at += 128) {
        for (size_t i = 0; i < 4; i++) {
            const void *from = bytes + at + 32 * i;

            sums[i] = _mm256_or_si256(sums[i], _mm256_loadu_si256(from));
        }
    }
    sums[0] = _mm256_or_si256(_mm256_or_si256(sums[0], sums[1]), _mm256_or_si256(sums[2], sums[3]));
    _mm256_storeu_si256((__m256i *)(void *)words, sums[0]);
    return words[0] | words[1] | words[2] | words[3] | or_words(bytes + at, length - at);
}

static bool use_vectors(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
static uint64_t or_vectors(const uint8_t *bytes, size_t length)
{
    return or_words(bytes, length);
}

static bool use_vectors(void)
{
    return false;
}
#endif

const char *read_method(void)
{
    return use_vectors() ? "avx2" : "64-bit words";
}

// == Threads ==

struct reader {
    const uint8_t *bytes;
    size_t length;
    uint64_t sum;
};

static void *reader_main(void *context)
{
    struct reader *reader = context;

    reader->sum = use_vectors() ? or_vectors(reader->bytes, reader->length)
                                : or_words(reader->bytes, reader->length);
    return NULL;
}

static uint64_t read_bytes(const uint8_t *bytes, size_t length, unsigned threads)
{
    struct reader readers[MAX_READERS];
    pthread_t ids[MAX_READERS];
    bool started[MAX_READERS] = {false};
    uint64_t sum = 0;

    threads = threads < MAX_READERS ? threads : MAX_READERS;
    for (unsigned i = 0; i < threads; i++) {
        size_t start = length / threads * i;

        readers[i] = (struct reader){
            .bytes = bytes + start,
            .length = i + 1 == threads ? length - start : length / threads,
        };
        if (i > 0)
            started[i] = pthread_create(&ids[i], NULL, reader_main, &readers[i]) == 0;
    }
    for (unsigned i = 0; i < threads; i++) {
        if (started[i])
            pthread_join(ids[i], NULL);
        else
            reader_main(&readers[i]);
        sum |= readers[i].sum;
    }
    return sum;
}

bool read_image(const char *path, unsigned threads, struct measurement *ret)
{
    double start = now_seconds(), processor_start = processor_seconds();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts = {0};
    void *bytes = MAP_FAILED;
    volatile uint64_t sum;

    if (fd >= 0 && fstat(fd, &facts) == 0)
        bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED) {
        perror(path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    sum = read_bytes(bytes, (size_t)facts.st_size, threads);
    (void)sum;
    munmap(bytes, (size_t)facts.st_size);
    close(fd);
    *ret = (struct measurement){
        .seconds = now_seconds() - start,
        .processor_seconds = processor_seconds() - processor_start,
    };
    return true;
}
