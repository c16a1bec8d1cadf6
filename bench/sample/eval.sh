#!/bin/bash
# make eval: how good the answers are on the sample catalogue, in seconds.
#
#   bench/sample/eval.sh BUILD_DIR
#
# Indexes bench/sample into BUILD_DIR/eval and prints the table by language for hybrid search, the line "all" of lexical and of
# semantic search, the share of the needs for which the store has nothing that really found nothing, and P@1 of the article
# numbers. Fails when a step fails or when an article number does not bring its product first.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 BUILD_DIR" >&2; exit 2; }
build=$1
here=$(dirname "$0")
work=$build/eval
export SOUK_MODEL=${SOUK_MODEL:-$(pwd)/embed/models/souk-static.gguf}
rm -rf "$work"
mkdir -p "$work"

"$build/souk" index -q -D "$work/data" "$here/products.jsonl"

# Article numbers (x..) have no language: in the table they would be a row that is always 1.
for file in queries.tsv qrels.txt; do
    grep -v '^x' "$here/$file" >"$work/words-$file"
    grep '^x' "$here/$file" >"$work/numbers-$file"
done

evaluate() { # words or numbers, mode
    "$build/souk" eval -D "$work/data" --queries "$work/$1-queries.tsv" --qrels "$work/$1-qrels.txt" --mode "$2" \
        --run "$work/$1-$2.run"
}

evaluate words hybrid
for mode in lexical semantic; do
    evaluate words $mode | awk -v mode=$mode '
        $1 == "all" { printf "%-18s %8s", mode, $2; for (i = 3; i <= NF; i++) printf " %10s", $i; print "" }'
done

awk -F '\t' '
    FILENAME ~ /\.run$/ { split($0, f, " "); found[f[1]]++; next }
    $1 ~ /^n/ { asked++; if (!($1 in found)) right++; else wrong = wrong " " $1 }
    END {
        printf "\nnothing fits: %d of %d such queries found nothing (%.3f)\n", right, asked, right / asked
        if (wrong != "") print "  found something:" wrong
    }' "$work/words-hybrid.run" "$work/words-queries.tsv"

evaluate numbers hybrid | awk '
    $1 == "all" { printf "article numbers: P@1 %s over %d queries\n", $8, $2; ok = $8 == 1 }
    END { exit !ok }'
