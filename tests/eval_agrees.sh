#!/bin/sh
# Do the figures of 'souk eval' agree with tests/score.py, which shares no code with it?
#
#   SOUK=./souk tests/eval_agrees.sh OUTDIR
#
# Indexes the sample catalogue into OUTDIR/data, evaluates it three times (as it comes; with few hits and labelled pairs; by
# words alone with a higher bar), and compares every figure of every language to four digits. Then the exit codes. What was
# written stays in OUTDIR for a look.
set -eu

[ $# -eq 1 ] || { echo "usage: SOUK=./souk $0 OUTDIR" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
souk=${SOUK:-$root/souk}
out=$1
queries=$root/bench/sample/queries.tsv
qrels=$root/bench/sample/qrels.txt
labels=$out/labels.tsv
mkdir -p "$out"
rm -rf "$out/data"
"$souk" index -q -D "$out/data" "$root/bench/sample/products.jsonl"

# Labelled pairs out of the judgments (fits or fits partly), with one pair twice, products that are not there, and a query
# that nobody asks.
awk '{ print $1 "\t" $3 "\t" ($4 == 2) }
     NR % 50 == 0 { print $1 "\tno-such-product\t" NR % 100 / 50 }
     END { print $1 "\t" $3 "\t" ($4 == 2); print "nobody\t" $3 "\t1" }' "$qrels" >"$labels"

bad=0
compare() { # name, options of souk eval --- options of score.py
    name=$1 ours= theirs= side=ours
    shift
    for word; do
        if [ "$word" = --- ]; then side=theirs; elif [ $side = ours ]; then ours="$ours $word"; else theirs="$theirs $word"; fi
    done
    "$souk" eval -D "$out/data" --queries "$queries" --qrels "$qrels" --run "$out/$name.run" --json $ours >"$out/$name.json"
    python3 "$root/tests/score.py" "$queries" "$qrels" "$out/$name.run" --json $theirs >"$out/$name.score.json"
    python3 - "$name" "$out/$name.json" "$out/$name.score.json" <<'PYTHON' || bad=1
import json, sys

name = sys.argv[1]
ours, theirs = (json.load(open(path, encoding="utf-8")) for path in sys.argv[2:])
seen, wrong = 0, []

def check(path, a, b):
    global seen
    if isinstance(b, dict):
        if not isinstance(a, dict):
            wrong.append("%s: missing" % path)
            return
        for key in b:
            check(path + "." + key, a.get(key), b[key])
        for key in set(a) - set(b):
            wrong.append("%s.%s: only souk eval has it" % (path, key))
        return
    seen += 1
    if a is None or abs(a - b) > 5e-5:
        wrong.append("%s: souk eval says %s, score.py %s" % (path, a, b))

for part in theirs:
    check(part, ours.get(part), theirs[part])
means = [q["ndcg_10"] for q in ours["queries"] if "ndcg_10" in q]
if abs(sum(means) / len(means) - ours["all"]["ndcg_10"]) > 5e-5:
    wrong.append("queries: their mean is not that of all")
print("eval_agrees: %s: %d figures, %d differ" % (name, seen, len(wrong)))
for line in wrong[:20]:
    print("  " + line)
sys.exit(bool(wrong))
PYTHON
}

expect() { # exit code, words that stderr has, options
    want=$1 words=$2
    shift 2
    got=0
    "$souk" eval -D "$out/data" "$@" >"$out/table" 2>"$out/stderr" || got=$?
    if [ $got -ne "$want" ] || ! grep -q -- "$words" "$out/stderr"; then
        echo "eval_agrees: souk eval $*: exit $got, not $want, or its stderr does not say '$words':"
        cat "$out/stderr"
        bad=1
    fi
}

compare plain
compare labels -n 5 --labels "$labels" --threads 3 --- --labels "$labels"
compare words --mode lexical --rel 2 --- --rel 2

printf 'q1\ten\tshoes\n q2 en no tabs\nq3\ten\t\n' >"$out/bad.tsv"
printf 'q1 0 x 1\nq1 0 x\n' >"$out/bad.txt"
expect 3 'bad.tsv:2: ' --queries "$out/bad.tsv" --qrels "$qrels"
expect 3 'query q3: it has no text' --queries "$out/bad.tsv" --qrels "$qrels"
expect 3 'bad.txt:2: ' --queries "$queries" --qrels "$out/bad.txt"
expect 2 'needs --queries' --qrels "$qrels"
expect 2 'mode' --queries "$queries" --qrels "$qrels" --mode psychic
expect 1 'no index' -i nothing --queries "$queries" --qrels "$qrels"
expect 1 'nowhere' --queries "$out/nowhere" --qrels "$qrels"
expect 1 'holds no query' --queries /dev/null --qrels "$qrels"
expect 1 'is a folder\|Is a directory' --queries "$queries" --qrels "$qrels" --run "$out"
exit $bad
