# Names in an image are bytes of strangers: text stays on its line and is printable ASCII, JSON is
# JSON, and CSV has its columns, for every command that prints names.
# needs: python3
. "$TEST_LIBRARY"
"$MKIMAGE" "$TEST_SPECS/nt64.spec" honest
python3 - <<'PYTHON'
import csv, io, json, os, subprocess

memscan = os.environ["MEMSCAN"]

# What is in the image by what takes its place, and what must be seen of that in which outputs.
NAMES = (
    (b"XyzCallback\0", b"Xyz\x1b[2J,\"\n\xff\0"),  # an export, which is imported, too
    (b"SeTokenType\0", b"S\xe2\x80\xae\xc2\x9b=1\\\r\t\0"),
    (b"AbcRegister\0", b"\"Abc\"\"\n\x80,;\x7f\0"),
    (b"POOLCODE", b"P\x1b\"\n,\xff\x01="),  # a section
    (b"ntkrnlmp.pdb\0", b"nt\x1b]0;\xc0,\"\n\x9fb\0"),
    ("ABCMiniFilter".encode("utf-16-le"), "A\x1b\"\n,\u202e\ud800\u0085ilter".encode("utf-16-le", "surrogatepass")),
    ("dump_diskdump.sys".encode("utf-16-le"), "dump_\x1b[31m\n\"\u00e9.sys".encode("utf-16-le")),
)
image = open("honest", "rb").read()
for old, new in NAMES:
    assert len(old) == len(new) and old in image, old
    image = image.replace(old, new)
open("hostile", "wb").write(image)

COMMANDS = (
    ("-a", "Se  ", "-d", "02a0a8c0"),
    ("-a", "Se  ", "--modules", "--stats"),
    ("-q", "fffff80003201100", "--section", "iat"),
    ("-x", "4? 8b", "--section", "*"),
    ("modules", "--unloaded"),
    ("modules", "--verbose", "--scan"),
    ("near", "fffff80003201101", "fffff80002a0a8c0", "fffff80002a08ff0", "fffff80003101900", "fffff8000310a000",
     "fffff80002a09000"),
    ("imports",),
    ("refs", "--everywhere", "--within", "40", "fffff80003201100"),
    ("refs", "nt:"),
    ("refs", "no*such"),
    ("info",),
)

def run(name, command, form):
    arguments = [memscan, *command, "--format", form, name]
    result = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert result.returncode in (0, 1, 2), arguments
    assert printable(result.stderr), (arguments, result.stderr)
    return result

def printable(text):
    return all(0x20 <= byte < 0x7f or byte == 0x0a for byte in text)

def check_text(out):
    assert printable(out)
    return out.count(b"\n")

def check_json(out):
    lines = out.split(b"\n")
    assert lines.pop() == b""
    return len([json.loads(line.decode("utf-8", "strict")) for line in lines])

def check_csv(out):
    rows = list(csv.reader(io.StringIO(out.decode("utf-8", "surrogateescape"), newline=""), strict=True))
    assert all(len(row) == len(rows[0]) for row in rows)
    return len(rows)

CHECKS = {"text": check_text, "kd": check_text, "jsonl": check_json, "csv": check_csv}
seen = {form: b"" for form in CHECKS}
for command in COMMANDS:
    search = command[0].startswith("-")
    for form, check in CHECKS.items():
        if (form == "kd" and not search) or (form == "csv" and command[0] == "info"):
            continue
        hostile, honest = run("hostile", command, form), run("honest", command, form)
        # Not one line more, and not one less.
        assert check(hostile.stdout) == check(honest.stdout), (command, form)
        assert hostile.returncode == honest.returncode, (command, form)
        seen[form] += hostile.stdout

for form, text in (
        ("text", rb'XYZFilter!Xyz\x1b[2J,"\x0a\xff'),
        ("text", rb"nt!S\xe2\x80\xae\xc2\x9b=1"),
        ("text", rb'P?"?,??='),
        ("text", rb"drivers\A\x1b"),
        ("text", rb'dump_\x1b[31m\x0a"\xc3\xa9.sys'),
        ("text", rb'nt?]0;?,"??b/3844'),
        ("jsonl", rb'XYZFilter!Xyz\\x1b[2J,\"\\x0a\\xff'),
        ("jsonl", b"\\\\drivers\\\\A\\u001b\\\"\\n,\xe2\x80\xae\xef\xbf\xbd\xc2\x85ilter"),
        ("jsonl", b'dump_\\u001b[31m\\n\\"\xc3\xa9.sys'),
        ("csv", rb'"XYZFilter!Xyz\x1b[2J,""\x0a\xff"'),
        ("csv", rb'"P?""?,??="')):
    assert text in seen[form], (form, text)
PYTHON
