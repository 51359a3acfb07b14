// SPDX-License-Identifier: MIT

#include <memscan/memscan.h>

#ifdef MS_HAVE_HYPERSCAN
#include <hs.h>
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

#ifdef MS_HAVE_AVX2
#define KERNELS "avx2 scalar"
#else
#define KERNELS "scalar"
#endif

#ifdef MS_HAVE_HYPERSCAN
#define HYPERSCAN STRINGIFY(HS_MAJOR) "." STRINGIFY(HS_MINOR) "." STRINGIFY(HS_PATCH)
#else
#define HYPERSCAN "none: no regexes, and unaligned patterns are slower"
#endif

const char *ms_version(void)
{
    return MEMSCAN_VERSION;
}

const char *ms_build_fact(size_t index)
{
    static const char *const facts[] = {
        "compiler: " COMPILER,
        "simd kernels: " KERNELS,
        "hyperscan: " HYPERSCAN,
    };

    return index < sizeof(facts) / sizeof(facts[0]) ? facts[index] : NULL;
}
