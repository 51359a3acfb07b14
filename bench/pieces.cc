// SPDX-License-Identifier: MIT
//
// The pieces handed to Google Benchmark; all else about them is C.

#include "pieces.h"

#include <benchmark/benchmark.h>

namespace
{

bool any_failed;

void fail(benchmark::State &state, const char *what)
{
    state.SkipWithError(what);
    any_failed = true;
}

void measure(benchmark::State &state, const piece &piece)
{
    void *made = piece.create(&piece);
    bool ok = made != nullptr;

    if (!ok)
        fail(state, "it could not be made");
    while (ok && state.KeepRunning()) {
        ok = piece.run(made);
        if (!ok)
            fail(state, "it failed");
    }
    if (made != nullptr)
        piece.release(made);
    if (piece.bytes > 0)
        state.SetBytesProcessed(static_cast<int64_t>(piece.bytes) * state.iterations());
    if (piece.items > 0)
        state.SetItemsProcessed(static_cast<int64_t>(piece.items) * state.iterations());
}

void add(const piece *added)
{
    benchmark::RegisterBenchmark(added->name, measure, *added);
}

} // namespace

int main(int argc, char **argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    pieces_all(add);
    benchmark::RunSpecifiedBenchmarks();
    return any_failed ? 1 : 0;
}
