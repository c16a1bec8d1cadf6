#!/bin/sh
# Kills souk index at random moments, again and again: what it reported as committed is there, the index opens, and a run that
# may finish gives what an undisturbed one gives.
#
#   tests/crash.sh BUILD_DIR [ROUNDS]      10 rounds by default; SOUK, SOUK_MODEL and PRODUCTS (20000) may be set
set -u

[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [ROUNDS]" >&2; exit 2; }
top=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
SOUK=${SOUK:-$build/souk}
SOUK_MODEL=${SOUK_MODEL:-$top/embed/models/souk-static.gguf}
export SOUK_MODEL
tmp=$(mktemp -d "${TMPDIR:-/tmp}/souk-crash.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
cd "$tmp" || exit 1

cat >crash.py <<'PYTHON'
import json, os, random, signal, subprocess, sys, time

souk, rounds, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random.seed(4)
words = "red blue shoe lamp табурет кружка 携帯 ケース كتاب حقيبة รองเท้า stuhl größe chaussure lampe zapato".split()
bad = 0

def wrong(what):
    global bad
    bad += 1
    print("crash: " + what)

def product(i, version):
    # every few hundred products one is large and comes twice in a row, so that pages are taken and freed in one commit
    size = 40000 if i % 700 == 3 else 12
    text = " ".join(words[(i * k + version * k * k) % len(words)] for k in range(1, size // 4))
    return {"id": "p%d" % i, "title": "%s %s %d" % (words[i % 16], words[i // 16 % 16], i), "description": text,
            "price": (i * 7 + version) % 1000 / 10, "brand": "b%d" % (i % 50), "version": version}

def catalogue(path, version):
    with open(path, "w", encoding="utf-8") as f:
        for i in range(n):
            if i % 700 == 3:
                f.write(json.dumps(product(i, version + 9)) + "\n")
            f.write(json.dumps(product(i, version), ensure_ascii=False) + "\n")

def export(data):
    done = subprocess.run([souk, "export", "-D", data], capture_output=True)
    if done.returncode:
        wrong("export: exit %d: %s" % (done.returncode, done.stderr.decode()))
        return {}
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    found = {p["id"]: p for p in lines}
    if len(found) != len(lines):
        wrong("export: an id comes twice")
    return found

def index(data, path, *options):
    return subprocess.Popen([souk, "index", "-D", data, *options, path], stderr=subprocess.PIPE, text=True)

for version in (0, 1):
    catalogue("v%d.jsonl" % version, version)
began = time.time()
process = index("whole", "v0.jsonl", "-q")
process.communicate()
duration = time.time() - began
whole = export("whole")
if process.returncode or len(whole) != n:
    wrong("the undisturbed run: exit %d, %d products" % (process.returncode, len(whole)))

# ---- kill -9 ----

known = {}  # what was there after the last kill
killed = 0
for attempt in range(rounds):
    version = attempt % 2
    process = index("data", "v%d.jsonl" % version, *(["--rebuild"] if attempt % 5 == 4 else []))
    time.sleep(random.random() * duration * 0.9)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    killed += process.returncode == -signal.SIGKILL
    if not os.path.exists("data/products/CURRENT"):
        continue
    if subprocess.run([souk, "info", "-D", "data"], capture_output=True).returncode:
        wrong("round %d: info fails" % attempt)
    found = export("data")
    for i, p in found.items():
        if p["version"] not in (0, 1, 9, 10) or p != product(int(i[1:]), p["version"]):
            wrong("round %d: %s is not as it was sent" % (attempt, i))
            break
    lost = set(known) - set(found)
    if lost:
        wrong("round %d: %d products are gone" % (attempt, len(lost)))
    known = found
    hit = subprocess.run([souk, "search", "-D", "data", "--json", "lamp"], capture_output=True)
    if hit.returncode or "hits" not in json.loads(hit.stdout):
        wrong("round %d: search: exit %d: %s" % (attempt, hit.returncode, hit.stderr.decode()))

# ---- what is reported as committed survives ----

with open("told.jsonl", "w", encoding="utf-8") as f:
    for i in range(5000):  # more than one batch; the second line of each pair is refused, aloud, after its commit
        f.write(json.dumps(product(i, 0)) + "\n{\"id\":\"p%d\",\"price\":\"x\"}\n" % i)
process = index("told", "told.jsonl")
told = 0
while told < 3000:
    line = process.stderr.readline()
    if not line:
        break
    if line.startswith("souk: told.jsonl:"):
        told = int(line.split(":")[2])
process.send_signal(signal.SIGKILL)
process.communicate()
found = export("told")
missing = [i for i in range(told // 2) if "p%d" % i not in found]
if told < 3000 or missing:
    wrong("reported up to line %d, but %d of its products are missing" % (told, len(missing)))

# ---- Ctrl-C: what is committed stays, exit 1, and it says so ----

process = index("stopped", "v0.jsonl")
time.sleep(duration * 0.5)
process.send_signal(signal.SIGINT)
said = process.communicate(timeout=60)[1]
if process.returncode == 1 and "lines are committed" not in said or process.returncode not in (0, 1):
    wrong("Ctrl-C: exit %d: %s" % (process.returncode, said))
export("stopped")

# ---- in the end all is as if nothing had happened ----

for data in ("data", "stopped"):
    process = index(data, "v0.jsonl", "-q")
    said = process.communicate()[1]
    if process.returncode or export(data) != whole:
        wrong("%s: the last run does not give what an undisturbed one gives (exit %d, %s)" % (data, process.returncode, said))
print("crash: %d products, %d of %d runs killed in %.1f s each, %d wrong" % (n, killed, rounds, duration, bad))
sys.exit(bad != 0)
PYTHON
python3 crash.py "$SOUK" "${2:-10}" "${PRODUCTS:-20000}"
