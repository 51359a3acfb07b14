# Processes of machines of many versions of Windows are those that the image builder says it has made.
# needs: python3
. "$TEST_LIBRARY"

cat >compare.py <<'PYTHON'
import datetime, json, os, subprocess, sys, urllib.parse

def rows(*options):
    result = subprocess.run([os.environ["MEMSCAN"], "processes", "--quiet", "--format", "jsonl", *options, sys.argv[1]],
                            stdout=subprocess.PIPE)
    return [json.loads(line) for line in result.stdout.decode().splitlines()]

def number(row, name):
    return int(row.get(name, "0x0"), 16)

def time(ticks):
    if ticks == 0:
        return None
    return (datetime.datetime(1601, 1, 1) + datetime.timedelta(seconds=ticks // 10000000)).isoformat() + "Z"

# What is left of one that is gone is in no source of the builder's; memscan finds it in pool.
def expected(f):
    sources = [word for word in f[11].split("+") if word != "-"]
    exited, flags = int(f[8]) != 0, int(f[10], 16)
    return (int(f[2]), int(f[3]), urllib.parse.unquote(f[12]), int(f[4], 16), int(f[5], 16),
            None if f[6] == "-" else int(f[6]), time(int(f[7])), time(int(f[8])), int(f[9], 16), exited,
            bool(flags & 0x2000), ",".join(sources) or "pool", sources == ["pool"] and not exited, not sources)

def found(row):
    return (row["pid"], row["ppid"], row["name"], number(row, "root"), number(row, "user_root"),
            row.get("session"), row.get("created"), row.get("exited_at"), number(row, "peb"), row.get("exited", False),
            row.get("break_on_termination", False), row["sources"], row.get("hidden", False), row.get("freed", False))

truth = {}
for line in open(sys.argv[2]):
    f = line.split()
    if f and f[0] == "process":
        truth[f[1]] = expected(f)

wrong = 0
scanned, listed = rows("--scan"), rows()
for row in scanned:
    if truth.get(row["address"]) != found(row) or row.get("guessed", False) != (sys.argv[3] == "guessed"):
        wrong += 1
        print(row["address"], "expected", truth.get(row["address"]), "found", found(row), sep="\n  ")
wrong += sorted(truth) != sorted(row["address"] for row in scanned)
wrong += [row["address"] for row in listed] != [row["address"] for row in scanned if "list" in row["sources"]]
print(len(truth), "processes,", wrong, "wrong")
PYTHON

# compare SPEC SURE|GUESSED OPTION...
compare() {
    local spec=$1 sure=$2
    shift 2
    printf '%s %s: ' "$spec" "$*"
    "$MKIMAGE" --truth truth "$@" "$TEST_SPECS/$spec.spec" image
    python3 -B compare.py image truth "$sure"
}

for build in 10240 10586 14393 15063 16299 17134 17763 18362 19041; do
    compare objects64 sure --set BUILD=$build
done
for layout in 17763 18362 19041; do
    compare objects64 guessed --set BUILD=18950 --set LAYOUT=$layout
done
compare objects7 sure
compare objects32 sure
compare objects32 sure --set BUILD=2600
compare objects64 sure --format crash64-full
compare sessions64 sure
