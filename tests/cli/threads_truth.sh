# Threads and stacks of machines of many versions of Windows are those that the image builder says it has made.
# needs: python3
. "$TEST_LIBRARY"

cat >compare.py <<'PYTHON'
import json, os, subprocess, sys

STATES = ("Initialized Ready Running Standby Terminated Waiting Transition DeferredReady GateWait "
          "WaitingForProcessInSwap").split()
REASONS = {0: "Executive", 4: "DelayExecution", 6: "UserRequest", 13: "WrUserRequest", 15: "WrQueue",
           16: "WrLpcReceive", 31: "WrDispatchInt", 35: "WrGuardedMutex"}
SOURCES = {"kernel": "kernel-list", "process": "process-list", "pool": "pool"}

def rows(command, image):
    result = subprocess.run([os.environ["MEMSCAN"], command, "--scan", "--quiet", "--format", "jsonl", image],
                            stdout=subprocess.PIPE)
    return [json.loads(line) for line in result.stdout.decode().splitlines()]

def number(row, name):
    return int(row.get(name, "0x0"), 16)

# What is left of one that is gone is in no source of the builder's; memscan finds it in pool.
def expected_thread(f):
    sources = [SOURCES[word] for word in f[17].split("+") if word != "-"]
    waits = int(f[4]) in (5, 8)
    return (int(f[1], 16), int(f[2]), int(f[3]), STATES[int(f[4])], REASONS[int(f[5])] if waits else None,
            int(f[6]), int(f[7], 16), int(f[8], 16), int(f[9], 16), int(f[10], 16), int(f[11], 16),
            int(f[13], 16), "paged-out" if f[14] == "swapped" else "resident", f[15] == "terminated",
            ",".join(sources) or "pool", not sources, sources == ["pool"] and f[15] != "terminated")

def found_thread(row):
    return (number(row, "address"), row["pid"], row["tid"], row["state"], row.get("wait_reason"), row["priority"],
            number(row, "start"), number(row, "win32_start"), number(row, "teb"), number(row, "stack_limit"),
            number(row, "stack_base"), number(row, "kernel_stack"), row.get("stack", "unknown"),
            row.get("terminated", False), row["sources"], row.get("freed", False), row.get("hidden", False))

threads, frames, pages, unproven, address_of = {}, {}, {}, {}, {}
for line in open(sys.argv[2]):
    f = line.split()
    if f and f[0] == "layout":
        layout = f[1]
    elif f and f[0] == "thread":
        threads[f[1]] = expected_thread(f)
        address_of[f[3]] = f[1] # of the thread with that number
        frames[f[1]], unproven[f[1]] = [], 0
        pages[f[1]] = (int(f[11], 16) - int(f[10], 16)) // 4096, int(f[16])
    elif f and f[0] == "frame":
        if f[6] == "held":
            frames[address_of[f[1]]].append((int(f[2], 16), int(f[3], 16)))
        unproven[address_of[f[1]]] += f[6] == "unproven"

# Of some builds the builder does not know where a thread says whether its stack is in memory.
def forget_residence(thread):
    return thread[:12] + thread[13:]

wrong = 0
def check(what, expected, found):
    global wrong
    if expected != found:
        wrong += 1
        print(what, "expected", expected, "found", found, sep="\n  ")

found = {row["address"]: row for row in rows("threads", sys.argv[1])}
check("threads", sorted(threads), sorted(found))
for address, row in found.items():
    forget = forget_residence if layout == "22000" else tuple
    check("thread " + address, forget(threads.get(address, ())), forget(found_thread(row)))
    check("guessed " + address, sys.argv[3] == "guessed", row.get("guessed", False))
stacks = {row["thread"]: row for row in rows("stacks", sys.argv[1])}
check("stacks", sorted(threads), sorted(stacks))
for address, row in stacks.items():
    check("frames " + address, frames.get(address),
          [(int(frame["slot"], 16), int(frame["address"], 16)) for frame in row["frames"]])
    check("unproven " + address, unproven.get(address), row["unverified"])
    check("pages " + address, True, row["pages"] <= pages[address][0] and row["missing"] <= pages[address][1])
print(len(threads), "threads,", sum(map(len, frames.values())), "frames,", wrong, "wrong")
PYTHON

# compare SPEC SURE|GUESSED OPTION...
compare() {
    local spec=$1 sure=$2
    shift 2
    printf '%s %s: ' "$spec" "$*"
    "$MKIMAGE" --truth truth "$@" "$TEST_SPECS/$spec.spec" image
    python3 -B compare.py image truth "$sure"
}

for build in 10240 10586 14393 15063 16299 17134 17763 18362 19041 22000; do
    compare objects64 sure --set BUILD=$build
done
compare objects64 guessed --set BUILD=18950 --set LAYOUT=18362
compare objects64 guessed --set BUILD=18950 --set LAYOUT=19041
compare objects7 sure
compare objects32 sure
compare objects32 sure --set BUILD=2600
for format in crash64-full crash64-bitmap; do
    compare objects64 sure --format $format
done
