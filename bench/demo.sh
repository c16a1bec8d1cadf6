#!/bin/bash
# make demo: indexes the sample catalogue into ./souk-data, starts the service, shows three searches, and keeps serving until
# Ctrl-C. Needs ./souk and nothing else that a bare Debian lacks (bash speaks HTTP here, so that curl need not be there).
#
#   bench/demo.sh                port 7700 of this machine, or a free one when that is taken
#   LISTEN=0.0.0.0:8080 bench/demo.sh
#   DEMO_ONCE=1 bench/demo.sh    checks that storefront and search answer over HTTP, and ends
set -eu
cd "$(dirname "$0")/.."

data=./souk-data
log=$(mktemp "${TMPDIR:-/tmp}/souk-demo.XXXXXX")
server=

# shellcheck disable=SC2317 # called by the trap
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -f "$log"
}
trap finish EXIT
trap 'exit 0' INT
trap 'exit 143' TERM

fail() {
    echo "demo: $1" >&2
    exit 1
}

get() { # path: the whole answer, head and all
    exec 3<>"/dev/tcp/${address%:*}/${address##*:}" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" "$address" >&3
    cat <&3
    exec 3<&- 3>&-
}

# ---- index and serve ----

./souk index -D $data bench/sample/products.jsonl
judgments=$data/.judgments # a copy: what is judged in the studio stays out of the repository
[ -d $judgments ] || { mkdir $judgments && cp bench/sample/queries.tsv bench/sample/qrels.txt $judgments; }

start() {
    ./souk serve -D $data --listen "$1" --pictures bench/sample/pictures --judgments $judgments 2>"$log" &
    server=$!
    for _ in $(seq 100); do
        url=$(sed -n 's,.* at \(http://[^ ]*\) .*,\1,p' "$log")
        [ -z "$url" ] || return 0
        kill -0 $server 2>/dev/null || break
        sleep .1
    done
    kill $server 2>/dev/null || true
    wait $server 2>/dev/null || true
    server=
    return 1
}

if [ -n "${LISTEN:-}" ]; then
    start "$LISTEN" || fail "the service did not start: $(cat "$log")"
elif ! start 127.0.0.1:7700; then
    grep -q 7700 "$log" || fail "the service did not start: $(cat "$log")"
    start 127.0.0.1:0 || fail "the service did not start: $(cat "$log")"
fi
address=${url#http://}
address=${address%/}
address=${address/0.0.0.0/127.0.0.1}
get /readyz | head -n 1 | grep -q ' 200 ' || fail "the service does not answer at $url"

# ---- show ----

for query in 'rote Schuhe' 'زيت زيتون' 'ヘッドホン'; do
    printf '\n  %s\n' "$query"
    ./souk search -D $data -n 3 -- "$query" | sed 's/^/  /'
done
cat <<END

  souk is serving a sample catalogue of $(wc -l <bench/sample/products.jsonl) products in 30 languages.

      storefront   $url
      relevance    ${url}studio
      search       ${url}indexes/products/search?q=rote+schuhe

END

if [ -n "${DEMO_ONCE:-}" ]; then
    get / | grep -qi '<!doctype html' || fail "there is no storefront at $url"
    get '/indexes/products/search?q=rote+schuhe&limit=3' | grep -q '"hits":\[{"id":"' || fail "the search found nothing"
    kill $server
    wait $server || fail "the service ended with exit code $?"
    server=
    echo "demo: storefront and search answer over HTTP"
    exit 0
fi
echo "  Ctrl-C ends it."
wait $server
