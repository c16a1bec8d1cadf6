#!/bin/bash
# make eval: how good the answers are on the sample catalogue, in seconds.
#
#   bench/sample/eval.sh BUILD_DIR
#
# Indexes bench/sample into BUILD_DIR/eval and prints the table by language (hybrid search over all queries with judgments),
# then lexical and semantic search in one line each, then two kinds of query of which every one must come out right: article
# numbers (P@1), and needs for which the store has nothing (the share that found nothing). Fails when a step fails or when an
# article number misses its product.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 BUILD_DIR" >&2; exit 2; }
build=$1
here=$(dirname "$0")
work=$build/eval
export SOUK_MODEL=${SOUK_MODEL:-$(pwd)/embed/models/souk-static.gguf}
rm -rf "$work"
mkdir -p "$work"

"$build/souk" index -q -D "$work/data" "$here/products.jsonl"

evaluate() { # mode, queries
    "$build/souk" eval -D "$work/data" --queries "$2" --qrels "$here/qrels.txt" --run "$work/$1.run" --mode "$1"
}

# Article numbers (x..) have no language: they would be a row of the table that is always 1.
grep -v '^x' "$here/queries.tsv" >"$work/words.tsv"
grep '^x' "$here/queries.tsv" >"$work/numbers.tsv"

evaluate hybrid "$work/words.tsv"
for mode in lexical semantic; do
    evaluate $mode "$work/words.tsv" | sed -n "s/^all   */$mode /p" |
        awk '{ printf "%-18s %8s %10s %10s %10s %10s %10s %10s %10s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9 }'
done

awk -F '\t' '
    FILENAME ~ /\.run$/ { split($0, f, " "); found[f[1]]++; next }
    $1 ~ /^n/ { asked++; if (!($1 in found)) right++; else wrong = wrong " " $1 }
    END {
        printf "\nnothing fits: %d of %d such queries found nothing (%.3f)\n", right, asked, right / asked
        if (wrong != "") print "  found something:" wrong
    }' "$work/hybrid.run" "$work/words.tsv"

evaluate hybrid "$work/numbers.tsv" | awk '
    $1 == "all" { printf "article numbers: P@1 %s over %d queries\n", $8, $2; ok = $8 == 1 }
    END { exit !ok }'
