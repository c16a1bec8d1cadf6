#!/bin/sh
# `souk search` and `souk eval` as people type them: every form of the command, what comes out, exit codes.
#
#   tests/search_cli.sh BUILD_DIR          from anywhere; $SOUK is the binary, else BUILD_DIR/souk
#
# Says what went wrong and ends with 1, or one line that counts the checks.
set -u

[ $# -eq 1 ] || { echo "usage: $0 BUILD_DIR" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
souk=${SOUK:-$(cd "$1" && pwd)/souk}
export SOUK_MODEL="${SOUK_MODEL:-$root/embed/models/souk-static.gguf}"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/souk-cli.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
sample=$root/bench/sample
data=$tmp/data
out=$tmp/out
err=$tmp/err
bad=0 n=0

wrong() { # sentence: about the last command
    echo "search_cli: $last: $1"
    sed 's/^/    /' "$err" | head -n 5
    bad=1
}

run() { # exit code, arguments of souk
    want=$1
    shift
    last="souk $*"
    n=$((n + 1))
    got=0
    "$souk" "$@" >"$out" 2>"$err" </dev/null || got=$?
    [ $got -eq "$want" ] || wrong "exit $got, not $want"
}

says() { # words of standard error
    grep -qF -- "$1" "$err" || wrong "standard error lacks '$1'"
}

shows() { # words of standard output
    grep -qF -- "$1" "$out" || wrong "standard output lacks '$1'"
}

quiet() {
    [ ! -s "$err" ] || wrong "standard error is not empty"
}

holds() { # a Python expression over the answer, a
    n=$((n + 1))
    python3 - "$out" "$1" <<'PYTHON' 2>>"$err" || wrong "does not hold: $1"
import json, sys
a = json.load(open(sys.argv[1], encoding="utf-8"))
hits = a.get("hits", [])
ids = [hit["id"] for hit in hits]
products = [hit["product"] for hit in hits]
sys.exit(not eval(sys.argv[2]))
PYTHON
}

run 0 index -D "$data" -i shop -q "$sample/products.jsonl"

# ---- souk search: the forms ----

run 0 search -D "$data" -i shop rote turnschuhe
quiet
shows ' found in '
run 0 search -D "$data" -i shop --json "rote turnschuhe"
quiet
holds 'a["query"]["q"] == "rote turnschuhe" and a["limit"] == 10 and a["offset"] == 0 and len(hits) == min(10, a["total"])'
run 0 search -D "$data" -i shop --json rote turnschuhe
holds 'a["query"]["q"] == "rote turnschuhe"'
run 0 search --data "$data" --index shop --json --limit 3 schuhe
holds 'len(ids) == 3'
run 0 search -D"$data" -ishop --json -n3 --offset=2 schuhe
holds 'len(ids) == 3 and a["offset"] == 2'
for mode in hybrid semantic lexical; do
    run 0 search -D "$data" -i shop --json -n 5 --mode $mode olivenöl
    holds 'ids and all(0 <= h["score"] <= 1 for h in hits)'
done
run 0 search -D "$data" -i shop --json -n 1000 --filter 'price 10 TO 20 AND NOT lang = "de"' ""
holds 'ids and all(10 <= p["price"] <= 20 and p["lang"] != "de" for p in products)'
run 0 search -D "$data" -i shop --json -n 1000 --sort price:desc,popularity:asc
holds 'len(ids) == 1000 and [p["price"] for p in products] == sorted((p["price"] for p in products), reverse=True)'
run 0 search -D "$data" -i shop --json --facets brand,availability
holds 'sum(a["facets"]["availability"].values()) == a["total"] == 1500 and a["facets"]["brand"]'
run 0 search -D "$data" -i shop --json --lang fr 2969387498917
holds 'products[0]["title"].startswith("Chaussures") and a["query"]["identifier"] == "2969387498917"'
run 0 search -D "$data" -i shop --json --explain -n 1 olivenöl
holds '"explain" in a and "explain" in hits[0]'
run 0 search -D "$data" -i shop --explain -n 1 olivenöl
shows 'cosine '
run 0 search -D "$data" -i shop --json --rerank 50 --budget 100 schuhe
holds 'ids'
run 0 search -D "$data" -i shop --json -n 0 schuhe
holds 'a["total"] > 0 and not ids'

# ---- words that begin with a dash, empty words, no words ----

run 0 search -D "$data" -i shop --json -- -20 grad
holds 'a["query"]["q"] == "-20 grad"'
run 0 search -D "$data" -i shop --json -- --json
holds 'a["query"]["q"] == "--json"'
run 0 search -D "$data" -i shop --json schuhe -- -n
holds 'a["query"]["q"] == "schuhe -n"'
run 0 search -D "$data" -i shop schuhe --json
holds 'a["query"]["q"] == "schuhe"'
run 2 search -D "$data" -i shop -20 grad
run 0 search -D "$data" -i shop --json
holds 'a["total"] == 1500'
run 0 search -D "$data" -i shop --json ""
holds 'a["total"] == 1500'
run 0 search -D "$data" -i shop --json 'q"\<&'
holds 'a["query"]["q"] == "q\"\\<&"'
run 0 search -D "$data" -i shop --mode lexical qwzxv
shows '0 found'

# ---- where the data is ----

last="SOUK_DATA=$data souk search -i shop" n=$((n + 1))
SOUK_DATA=$data "$souk" search -i shop --json schuhe >"$out" 2>"$err" || wrong "exit $?"
holds 'ids'
last="souk search -i shop, beside souk-data" n=$((n + 1))
ln -s "$data" "$tmp/souk-data"
(cd "$tmp" && unset SOUK_DATA && "$souk" search -i shop --json schuhe) >"$out" 2>"$err" || wrong "exit $?"
holds 'ids'
run 0 search -D "$data" -i shop --model "$SOUK_MODEL" --json schuhe
holds 'ids'
run 0 search --help
shows 'Usage: souk search'

# ---- refusals ----

run 1 search -D "$data" schuhe
says 'products'
run 1 search -D "$tmp/nowhere" -i shop schuhe
run 1 search -D "$data" -i shop --model /nowhere.gguf schuhe
says '/nowhere.gguf'
run 1 search -D "$data" -i ../shop schuhe
run 2 search -D "$data" -i shop --mode psychic schuhe
says 'hybrid, semantic or lexical'
run 2 search -D "$data" -i shop -n 1001 schuhe
says 'from 0 to 1000'
run 2 search -D "$data" -i shop -n -1 schuhe
run 2 search -D "$data" -i shop -n five schuhe
run 2 search -D "$data" -i shop --sort price schuhe
says 'price:asc'
run 2 search -D "$data" -i shop --nonsense schuhe
says '--help'
run 2 search -D "$data" -i shop --filter
run 2 search -D "$data" -i shop "$(printf 'caf\351')"
says 'not UTF-8'
run 2 search -D "$data" -i shop --facets "$(printf '\377')" schuhe
says 'not UTF-8'
run 1 search -D "$data" -i shop --filter 'price <' schuhe
says 'at character 8'
run 1 search -D "$data" -i shop --filter 'nothing = 1' schuhe
says 'no product has a field "nothing"'
run 1 search -D "$data" -i shop --sort nothing:asc schuhe
says 'no product has a field "nothing"'

if [ -w /dev/full ]; then
    for form in --json --explain; do
        last="souk search $form >/dev/full" n=$((n + 1)) got=0
        "$souk" search -D "$data" -i shop $form schuhe >/dev/full 2>"$err" || got=$?
        [ $got -eq 1 ] || wrong "exit $got, not 1"
        says 'No space left'
    done
fi

# ---- souk eval ----

head -n 40 "$sample/queries.tsv" >"$tmp/queries.tsv"
set -- -D "$data" -i shop --queries "$tmp/queries.tsv" --qrels "$sample/qrels.txt"
run 0 eval "$@"
shows 'nDCG@10'
run 0 eval "$@" --json
holds '0 < a["all"]["ndcg_10"] <= 1 and len(a["queries"]) == 40'
run 0 eval "$@" -n 20 --mode lexical --rerank 10 --budget 100 --run "$tmp/run" --json
holds 'len(a["queries"]) == 40'
last='the run of souk eval' n=$((n + 1))
awk 'NF != 6 || $2 != "Q0" || $4 < 1 || $4 > 20 || $5 < 0 || $5 > 1 { exit 1 }
     $1 == q && ($4 != rank + 1 || $5 > score) { exit 1 }
     { q = $1; rank = $4; score = $5 }' "$tmp/run" || wrong "is not in the form of TREC, by falling score"
printf 's01\tde-0001\t1\ns01\tko-0020\t0\n' >"$tmp/labels.tsv"
run 0 eval "$@" -n 1 --labels "$tmp/labels.tsv" --run "$tmp/run"
last='the run of souk eval --labels' n=$((n + 1))
[ "$(grep -cE '^s01 Q0 (de-0001|ko-0020) ' "$tmp/run")" -eq 2 ] || wrong "lacks labelled pairs"
printf 'no tabs here\n' >>"$tmp/queries.tsv"
run 3 eval "$@"
says 'queries.tsv:41: '
run 2 eval -D "$data" -i shop
run 2 eval "$@" more
run 1 eval "$@" -i nothing
if [ -w /dev/full ]; then
    last="souk eval --json >/dev/full" n=$((n + 1)) got=0
    "$souk" eval "$@" --json >/dev/full 2>"$err" || got=$?
    [ $got -eq 1 ] || wrong "exit $got, not 1"
    says 'No space left'
fi
run 0 eval --help
shows 'Usage: souk eval'

run 2 nonsense
says 'no command'
run 2

[ $bad -eq 0 ] && echo "search_cli: $n checks, all well"
exit $bad
