// SPDX-License-Identifier: MIT

#include <memscan/memscan.h>

#ifdef MS_HAVE_HYPERSCAN
#include <hs.h>
#endif
#ifdef MS_HAVE_JANSSON
#include <jansson.h>
#endif
#ifdef MS_HAVE_LZMA
#include <lzma.h>
#endif

#define STRINGIFY_(x) #x
#define STRINGIFY(x)  STRINGIFY_(x)

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

#ifdef MS_HAVE_X86_KERNELS
#define KERNELS "avx512vbmi avx512 avx2 scalar"
#else
#define KERNELS "scalar"
#endif

#ifdef MS_HAVE_HYPERSCAN
#define HYPERSCAN STRINGIFY(HS_MAJOR) "." STRINGIFY(HS_MINOR) "." STRINGIFY(HS_PATCH)
#else
#define HYPERSCAN "none: no regexes, and unaligned patterns are slower"
#endif

#if defined(MS_HAVE_JANSSON) && defined(MS_HAVE_LZMA)
#define SYMBOL_FILES "jansson " JANSSON_VERSION ", liblzma " LZMA_VERSION_STRING
#elif defined(MS_HAVE_JANSSON)
#define SYMBOL_FILES "jansson " JANSSON_VERSION "; without liblzma not those that are packed"
#else
#define SYMBOL_FILES "none"
#endif

#ifdef MS_HAVE_ZYDIS
#define ZYDIS MEMSCAN_ZYDIS_VERSION
#else
#define ZYDIS "none: no refs --code"
#endif

const char *ms_version(void)
{
    return MEMSCAN_VERSION;
}

const char *ms_build_fact(size_t index)
{
    static const char *const facts[] = {
        "compiler: " COMPILER, "simd kernels: " KERNELS,      "hyperscan: " HYPERSCAN,
        "zydis: " ZYDIS,       "symbol files: " SYMBOL_FILES,
    };

    return index < sizeof(facts) / sizeof(facts[0]) ? facts[index] : NULL;
}
