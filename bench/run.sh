#!/bin/bash
# make bench: how long indexing takes, how good the answers are by language, and how fast they come over HTTP.
#
#   bench/run.sh BUILD_DIR [DATA]
#
# Without DATA on the sample catalogue. DATA is a folder with products.jsonl or products.jsonl.zst, queries.tsv and qrels.txt
# (forms: README.md, "souk eval"), or a folder of such folders, measured one after the other. bench/README.md says what the
# figures mean. SECONDS_EACH (10) is how long each HTTP load lasts; INDEXES keeps the indexes in that folder.
set -u

[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [DATA]" >&2; exit 2; }
build=$1
data=${2:-bench/sample}
seconds=${SECONDS_EACH:-10}
souk=$build/souk
client=$build/bench/bench_http
export SOUK_MODEL=${SOUK_MODEL:-$(pwd)/embed/models/souk-static.gguf}
work=${INDEXES:-$(mktemp -d "${TMPDIR:-/tmp}/souk-bench.XXXXXX")}
mkdir -p "$work"
server=

# shellcheck disable=SC2317 # called by the trap
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    wait
    [ -n "${INDEXES:-}" ] || rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

get() { # port, path: the whole answer
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$2" >&3
    cat <&3
    exec 3<&- 3>&-
}

serve() { # index folder; sets server, port, and prints how long the start took
    "$souk" serve -D "$1" --listen 127.0.0.1:0 2>"$work/serve.log" &
    server=$!
    for _ in $(seq 500); do
        port=$(sed -n 's,.*http://[^ ]*:\([0-9]*\)/.*,\1,p' "$work/serve.log")
        [ -z "$port" ] || return 0
        kill -0 $server 2>/dev/null || break
        sleep .02
    done
    cat "$work/serve.log"
    return 1
}

stop() {
    kill $server
    wait $server
    server=
}

# The column of query texts as bodies of POST /indexes/products/search.
bodies() { # queries.tsv
    awk -F '\t' '{ gsub(/\\/, "\\\\", $3); gsub(/"/, "\\\"", $3); print "{\"q\":\"" $3 "\",\"facets\":[\"brand\"]}" }' "$1"
}

# From the start of souk index --update with 100 prices until the service answers with the last of them.
update_prices() { # index folder
    "$souk" export -D "$1" 2>/dev/null | head -n 100 | sed 's/^{"id":\("[^"]*"\).*/{"id":\1,"price":12345.75}/' >"$work/prices.jsonl"
    id=$(tail -n 1 "$work/prices.jsonl" | sed 's/^{"id":"\([^"]*\)".*/\1/')
    began=$(now_ms)
    "$souk" index -q -D "$1" --update "$work/prices.jsonl" || return 1
    written=$(now_ms)
    for _ in $(seq 500); do
        if get "$port" "/indexes/products/documents/$id" | grep -q '12345\.75'; then
            echo "update of 100 prices: written after $((written - began)) ms, seen by the service after $(($(now_ms) - began)) ms"
            return 0
        fi
    done
    echo "update of 100 prices: not seen"
    return 1
}

measure() { # folder of a set
    set=$(basename "$1")
    products=$1/products.jsonl
    [ -e "$products" ] || products=$1/products.jsonl.zst
    index=$work/$set
    rm -rf "$index"
    echo
    echo "==== $set ===="
    echo
    echo "-- index, from nothing"
    "$souk" index -D "$index" "$products" 2>&1 | tail -n 1
    "$souk" info -D "$index" -i products | grep -E '^  (on disk|graph|words)'
    labels=
    [ ! -e "$1/labels.tsv" ] || labels="--labels $1/labels.tsv"
    for mode in hybrid semantic lexical; do
        echo
        echo "-- relevance, $mode"
        # shellcheck disable=SC2086 # two words
        "$souk" eval -D "$index" --queries "$1/queries.tsv" --qrels "$1/qrels.txt" $labels --mode $mode >"$work/eval.txt" || bad=1
        if [ $mode = hybrid ]; then cat "$work/eval.txt"; else grep -E '^(language|all|mean)' "$work/eval.txt"; fi
    done
    echo
    echo "-- HTTP, hybrid, 20 hits and a facet, the queries above in turn"
    serve "$index" || return 1
    sed 's/^souk: //' "$work/serve.log"
    bodies "$1/queries.tsv" >"$work/bodies.jsonl"
    for connections in 2 8; do
        "$client" --port "$port" --connections $connections --seconds "$seconds" --post /indexes/products/search \
            "$work/bodies.jsonl" >"$work/http.csv" || bad=1
        [ $connections = 2 ] || sed -i 1d "$work/http.csv"
        cat "$work/http.csv"
    done
    update_prices "$index" || bad=1
    stop
}

echo "CPU       $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sort | uniq -c | sed 's/^ *\([0-9]*\) /\1 x /')"
echo "compiler  $(readelf -p .comment "$souk" 2>/dev/null | sed -n 's/^ *\[ *[0-9a-f]*\] *//p' | head -n 1)"
echo "commit    $(git describe --always --dirty 2>/dev/null || echo unknown)"
echo "model     $("$souk" model "$SOUK_MODEL" | sed -n 's/^id *//p')"
echo "load      $(cut -d ' ' -f 1-3 /proc/loadavg) before the start"

bad=0 any=
for folder in "$data" "$data"/*/; do
    folder=${folder%/}
    if [ -e "$folder/queries.tsv" ] && [ -e "$folder/qrels.txt" ]; then
        any=1
        measure "$folder" || bad=1
    fi
done
[ -n "$any" ] || { echo "$0: no set with products, queries.tsv and qrels.txt in $data" >&2; exit 2; }
exit $bad
