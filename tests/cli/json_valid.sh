# Whatever the pattern and the names are, each line of JSON is read by a parser of others.
# needs: python3
. "$TEST_LIBRARY"
python3 - <<'PYTHON'
import json, os, random, subprocess

memscan = os.environ["MEMSCAN"]
random.seed(1)
with open("image", "wb") as image:
    image.write(bytes(random.randrange(256) for _ in range(8192)))

def check(*arguments):
    result = subprocess.run([memscan, *arguments], stdout=subprocess.PIPE, check=False)
    assert result.returncode in (0, 1), arguments
    lines = result.stdout.split(b"\n")
    assert lines.pop() == b""
    return [json.loads(line.decode("utf-8", "strict")) for line in lines]

for round in range(60):
    text = bytes(random.choice((random.randrange(1, 256), 0xc3, 0xed, 0xa0, 0xf4, 0x22, 0x5c, 0x0a))
                 for _ in range(random.randrange(1, 12)))
    lines = check("--quiet", "--format", "jsonl", "--gaps", "-C", "5", "-a", text, "-b", "2?", "image")
    assert [line["type"] for line in (lines[0], lines[-2], lines[-1])] == ["begin", "coverage", "end"]
    # Parsers differ in how many U+FFFD they make of a broken character, not in the rest.
    assert lines[0]["patterns"][0]["text"].replace("\ufffd", "") == text.decode("utf-8", "ignore")
    hits = [line for line in lines if line["type"] == "hit"]
    assert sum(hit.get("repeat", 1) for hit in hits) == lines[-1]["hits"] == sum(lines[-1]["pattern_hits"])
    for hit in hits:
        start = int(hit["address"], 16)
        with open("image", "rb") as image:
            data = image.read()
        assert hit["bytes"].replace("?", "") == data[start:start + 16].hex()
        assert len(hit["bytes"]) == 32
        assert hit["before"] == data[max(start - 5, 0):start].hex()
    names = check("info", "--quiet", "--format", "jsonl", "image")
    assert names[0]["type"] == "info"
for name in (b"\xff\xfe.raw", b"\xed\xa0\x80", b"tab\there", "grün".encode()):
    with open(name, "wb") as image:
        image.write(bytes(4096))
    assert check("--quiet", "--format", "jsonl", "-b", "1", name)[0]["image"] == \
        name.decode("utf-8", "replace")
PYTHON
