#!/bin/sh
# souk index, delete, export and info as people use them: good catalogues, bad ones, full disks, other models.
#
#   tests/index_cli.sh BUILD_DIR      SOUK and SOUK_MODEL name another binary and model
#
# Every case checks the exit code (0 well, 1 failed, 2 usage, 3 some lines refused) and what stderr must say: file, line,
# field, reason. Prints what went wrong, then one line; ends with 1 when something did.
set -u

[ $# -eq 1 ] || { echo "usage: $0 BUILD_DIR" >&2; exit 2; }
top=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
SOUK=${SOUK:-$build/souk}
SOUK_MODEL=${SOUK_MODEL:-$top/embed/models/souk-static.gguf}
export SOUK_MODEL
sample=$top/bench/sample/products.jsonl
total=$(wc -l <"$sample")
tmp=$(mktemp -d "${TMPDIR:-/tmp}/souk-index-cli.XXXXXX") || exit 1
mounted=
clean() {
    [ -n "$mounted" ] && umount "$mounted"
    rm -rf "$tmp"
}
trap clean EXIT
trap 'exit 130' INT TERM
cd "$tmp" || exit 1
bad=0 n=0 skipped=

wrong() {
    echo "index_cli: $1"
    sed 's/^/    /' err
    bad=$((bad + 1))
}

# expect CODE PATTERN COMMAND [OPTION]...: runs souk; stdout to out, stderr to err. PATTERN is a basic regular expression that
# a line of stderr must match, - for none.
expect() {
    want=$1 pattern=$2
    shift 2
    n=$((n + 1))
    "$SOUK" "$@" >out 2>err
    got=$?
    [ $got -eq "$want" ] || wrong "souk $*: exit $got, not $want"
    [ "$pattern" = - ] || grep -q -- "$pattern" err || wrong "souk $*: stderr does not say '$pattern'"
}

# check WHAT COMMAND...: something that must be true.
check() {
    what=$1
    shift
    n=$((n + 1))
    "$@" >check.out 2>err || wrong "$what"
}

# line TEXT PATTERN: a catalogue of this line (printf format) between two good ones: refused with file, line and reason, and the
# good ones are there.
line() {
    rm -rf refused
    { echo '{"id":"before"}'; printf "$1"; printf '\n{"id":"after"}\n'; } >bad.jsonl
    expect 3 "^souk: bad.jsonl:2: .*$2" index -D refused bad.jsonl
    grep -q "3 lines in .*, 2 added, 1 REFUSED" err || wrong "$1: no summary"
    check "$1: the good lines are not there" sh -c "'$SOUK' export -D refused | cmp - good.jsonl"
}
printf '{"id":"before"}\n{"id":"after"}\n' >good.jsonl
repeat() { # N CHARACTERS
    head -c "$1" /dev/zero | tr '\0' "$2"
}

# ---- a catalogue, and the same again ----

expect 0 "$total lines in .*, $total added; peak memory" index -D data "$sample"
expect 0 "$total unchanged" index -D data "$sample"
expect 0 - info -D data
check "info: names what is there" grep -q "products  *$total\$" out
expect 0 - info -D data --json
check "info --json is JSON" python3 -c 'import json, sys; d = json.load(open("out")); assert d["products"] == int(sys.argv[1]) and d["index"] == "products" and "brand" in d["fields"]' "$total"
expect 0 - export -D data
check "export gives the products back" python3 - "$sample" out <<'PYTHON'
import json, sys
ours, theirs = ([json.loads(line) for line in open(path, encoding="utf-8")] for path in sys.argv[1:])
assert ours == theirs
PYTHON
"$SOUK" export -D data >first.jsonl
expect 0 "$total added" index -D copy first.jsonl
check "export, index, export: the same bytes" sh -c "'$SOUK' export -D copy | cmp - first.jsonl"
check "a pipe of both" sh -c "'$SOUK' export -D data | '$SOUK' index -q -D piped - && '$SOUK' export -D piped | cmp - first.jsonl"

# ---- forms of files ----

head -n 20 "$sample" >small.jsonl
"$SOUK" index -q -D plain small.jsonl && "$SOUK" export -D plain >small.export
same() { # NAME FILE...: the index NAME made of these files is that of small.jsonl
    name=$1
    shift
    expect 0 '20 lines in .*, 20 added' index -D "$name" "$@"
    check "$name: not the same products" sh -c "'$SOUK' export -D $name | cmp - small.export"
}
gzip -c small.jsonl >small.jsonl.gz && same gz small.jsonl.gz
cp small.jsonl.gz anything && same any-name anything
sed 's/$/\r/' small.jsonl >crlf.jsonl && same crlf crlf.jsonl
{ printf '\357\273\277'; cat small.jsonl; } >bom.jsonl && same bom bom.jsonl
{ printf '\n\n  \n'; sed 'a\\' small.jsonl; printf ' \t '; } >blank.jsonl && same blank blank.jsonl
head -c -1 small.jsonl >no-end.jsonl && same no-end no-end.jsonl
head -n 10 small.jsonl >one && tail -n 10 small.jsonl | gzip >two && same two-files one two
expect 0 '20 added' index -D stdin - <small.jsonl
{ head -n 10 small.jsonl | gzip; tail -n 10 small.jsonl | gzip; } >members.gz && same members members.gz
head -c 2000 small.jsonl.gz >cut.gz
expect 1 'cut.gz: line [0-9]*: the compressed file is damaged: it ends in the middle' index -D cut-gz cut.gz
{ head -c 1000 small.jsonl.gz; repeat 1000 x; } >damaged.gz
expect 1 'damaged.gz: line [0-9]*: the compressed file is damaged' index -D damaged damaged.gz
if command -v zstd >/dev/null; then
    zstd -q small.jsonl -o small.jsonl.zst && same zst small.jsonl.zst
    expect 0 '20 added' index -D zst-stdin - <small.jsonl.zst
    head -c 2000 small.jsonl.zst >cut.zst
    expect 1 'cut.zst: line [0-9]*: the compressed file is damaged: it ends in the middle' index -D cut-zst cut.zst
else
    skipped="$skipped zstd"
fi
: >empty.jsonl
expect 0 '0 lines' index -D empty empty.jsonl
expect 0 - info -D empty
expect 1 'nowhere.jsonl: No such file or directory' index -D missing nowhere.jsonl
expect 1 '^souk: \.: is a folder; name the files in it' index -D folder .
expect 1 'nowhere.jsonl: No such file' index -D partly small.jsonl nowhere.jsonl
check "what came before a missing file is kept" sh -c "'$SOUK' export -D partly | cmp - small.export"

# ---- bad lines: each refused alone, by file, line, field and reason ----

line 'id;title;price' 'not JSON'
line '{"id":"x","price":12,90}' 'not JSON'
line '{"id":"x"' 'not JSON'
line '[1,2]' 'a product must be a JSON object, not an array'
line '{"title":"no id"}' '"id" is missing'
line '{"id":7}' '"id" must be a string, not a number'
line '{"id":""}' '"id" is empty'
line '{"id":"x","price":"12,90 €"}' '"price" must be a number, not the string "12,90 €"'
line '{"id":"x","title":["a"]}' '"title" must be a string or an object by language, not an array'
line '{"id":"x","gtin":4006381333931}' '"gtin" must be a string or an array of strings, not a number'
line '{"id":"x","availability":"maybe"}' '"availability" must be "in_stock"'
line '{"id":"x","attributes":{"size":{"eu":42}}}' '"attributes.size" must be'
line '{"id":"x","title":"caf\351"}' 'not UTF-8 at byte 23'
line '{"id":"x","title":"\\ud83d"}' 'not JSON'
line '{"id":"x","title":"a\\u0000b"}' 'NUL'
line '{"id":"x","title":"a\000b"}' 'NUL'
line '{"id":"x","id":"y"}' 'the same key twice'
line '{"id":"x","":1}' 'the name of a field is empty'
line "{\"id\":\"x\",\"$(repeat 600 k)\":1}" 'longer than 128 bytes'
line "{\"id\":\"$(repeat 257 i)\"}" '"id" has 257 bytes, at most 256 are allowed'
{ printf '{"id":"big","title":"'; repeat 10485760 x; printf '"}\n{"id":"after"}\n'; } >big.jsonl
expect 3 '^souk: big.jsonl:1: "title" has 10485760 bytes, at most 1048576 are allowed' index -D big big.jsonl
{ printf '{"id":"big","title":"'; repeat 34000000 x; printf '"}\n{"id":"after"}\n'; } >longer.jsonl
expect 3 '^souk: longer.jsonl:1: the line is longer than 32 MB' index -D longer longer.jsonl
check "what follows a line that is too long is there" sh -c "'$SOUK' export -D longer | grep -q after"
{ printf '{"id":"before"}\n'; repeat 33600000 x; } >cut.jsonl # the end comes when all of the line was already dropped
expect 3 '^souk: cut.jsonl:2: the line is longer than 32 MB' index -D cut cut.jsonl
expect 3 '^souk: stdin:1: not JSON' index -D from-stdin - <<'LINES'
nonsense
LINES
printf '{"id":"a","title":"first"}\n{"id":"b"}\n{"id":"a","title":"second"}\n' >twice.jsonl
expect 0 '^souk: twice.jsonl:3: "id" a came before in this run; this line replaces it' index -D twice twice.jsonl
check "the last of two wins" sh -c "'$SOUK' export -D twice | grep '\"a\"' | grep -q second"
printf '{"id":"a","brand":"%s"}\n' "$(repeat 300 b)" >facet.jsonl
expect 0 '1 facet values cut at 256 bytes' index -q -D facet facet.jsonl

# ---- update, delete, prune, rebuild, dry run ----

count() { # NAME N
    check "$1: not $2 products" test "$("$SOUK" export -D "$1" | wc -l)" -eq "$2"
}
printf '{"id":"de-0001","price":1.5}\n{"id":"no-such","price":1}\n{"id":"de-0002","attributes":{"color":null}}\n' >update.jsonl
expect 0 '1 updated in place, 1 replaced\|1 replaced, 1 updated in place, 1 not there' index -D data --update update.jsonl
check "an update keeps what it does not carry" sh -c "'$SOUK' export -D data | grep '\"de-0001\"' | grep '\"price\":1.5' | grep -q Olivarda"
check "null removes a field" sh -c "'$SOUK' export -D data | grep '\"de-0002\"' | grep -qv '\"color\"'"
count data $total
expect 0 '1 updated in place' index -D data --update - <<'LINES'
{"id":"de-0001","price":1.75}
LINES
expect 0 '1 deleted' index -D data - <<'LINES'
{"id":"de-0001","deleted":true}
LINES
expect 0 'souk: 1 deleted' delete -D data de-0002
expect 3 'there is no product "de-0002"' delete -D data de-0002
printf 'de-0003\nnothing\r\n\nde-0004\r\n' >ids
"$SOUK" delete -D data - <ids >out 2>err
[ $? -eq 3 ] && grep -q 'souk: 2 deleted' err || wrong "delete -: not 2 deleted, 1 absent"
expect 3 'there is no product' delete -D data "$(repeat 3000 x)"
count data $((total - 4))
expect 0 "20 lines in .*, 4 added, 16 unchanged, $((total - 20)) pruned" index -D data --prune small.jsonl
count data 20
"$SOUK" export -D data >before.export
unchanged() {
    check "$1: the index changed" sh -c "'$SOUK' export -D data | cmp - before.export"
}
expect 3 'nothing was pruned: 1 lines were refused' index -D data --prune bad.jsonl
expect 0 '2 deleted' delete -D data before after
expect 1 'nothing was pruned: not all files could be read' index -D data --prune one nowhere.jsonl
expect 1 'nothing was pruned: not all files could be read' index -D data --prune one cut.gz
expect 1 'nothing was pruned: the catalogue holds no product' index -D data --prune empty.jsonl
unchanged prune
expect 1 'the index is as it was: not all files could be read' index -D data --rebuild one nowhere.jsonl
expect 1 'the index is as it was: the files hold no product' index -D data --rebuild empty.jsonl
expect 1 'the index is as it was: 1 lines were refused' index -D data --rebuild bad.jsonl
check "a rebuild that failed leaves its folder" sh -c '[ "$(ls -d data/products/gen-*)" = "data/products/$(cat data/products/CURRENT)" ]'
unchanged rebuild
expect 0 'checked only' index -D data --dry-run "$sample"
expect 0 'checked only' index -D data --dry-run --prune one
expect 0 'checked only' index -D data --dry-run --rebuild one
expect 3 'bad.jsonl:2: ' index -D data --dry-run --update bad.jsonl
unchanged 'dry run'
expect 0 'checked only' index -D never-made --dry-run one
check "a dry run makes no folder" test ! -e never-made
expect 0 "$total added" index -D data --rebuild "$sample"
check "a rebuild gives the same export" sh -c "'$SOUK' export -D data | cmp - first.jsonl"
check "the old generation is removed" test "$(ls data/products | grep -c gen-)" -eq 1
expect 0 "$total unchanged" index -D data "$sample"

# ---- usage ----

expect 2 'no files given' index -D data
expect 2 'unrecognized option' index --no-such-option x
expect 2 "only jsonl is read" index --format csv x
expect 2 'takes 1 to 1024' index --threads 0 x
expect 2 'goes with neither' index --update --prune x
expect 2 'no id given' delete -D data
expect 2 'takes no arguments' export -D data x
expect 1 'is no name for an index' index -D data -i ../other small.jsonl
expect 1 'there is no index "nothing" in data' export -D data -i nothing
expect 1 'there is no index "nothing" in data' delete -D data -i nothing x
expect 1 'cannot read the data folder nowhere' info -D nowhere
expect 0 - index --help
: >out
n=$((n + 1))
"$SOUK" export -D data >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'cannot write' err || wrong "export to a full disk"

# ---- files that are no stores ----

store=$(echo data/products/gen-*/store.mdb)
cp -r data broken && cp "$sample" "$(echo broken/products/gen-*/store.mdb)"
expect 1 'store.mdb: not a souk store, or damaged' export -D broken
expect 1 'store.mdb: not a souk store, or damaged' index -D broken small.jsonl
cp -r data short && truncate -s $(($(stat -c %s "$store") / 2)) "$(echo short/products/gen-*/store.mdb)"
expect 1 'store.mdb: cut short' export -D short
expect 1 'store.mdb: cut short' info -D short
expect 1 'store.mdb: cut short' index -D short small.jsonl

# ---- another model ----

{ cat "$SOUK_MODEL"; echo; } >other.gguf
expect 1 'index "products" was made with the model .*, not .*; use that one, or --rebuild' index -D data --model other.gguf one
expect 0 '10 added' index -D data --model other.gguf --rebuild one
expect 1 'was made with the model .*; give that one with --model' search -D data schuhe
expect 0 - search -D data --model other.gguf schuhe
expect 1 'was made with the model' index -D data one
expect 0 '1 deleted' delete -D data de-0001
expect 1 'nowhere.gguf: No such file' index -D fresh --model nowhere.gguf one
expect 1 'small.jsonl: ' index -D fresh --model small.jsonl one

# ---- one writer at a time; signals ----

wait_for() { # FILE: at most ten seconds
    tries=0
    until [ -s "$1" ] || [ $tries -ge 200 ]; do sleep 0.05; tries=$((tries + 1)); done
}
mkfifo feed
"$SOUK" index -q -D held - <feed 2>held.err &
writer=$!
exec 3>feed
wait_for held/products/lock
wait_for held/products/CURRENT
expect 1 "index \"products\" is being written by souk (process $writer); try again when it is done" index -D held one
expect 1 "is being written by souk (process $writer)" delete -D held x
expect 0 - export -D held
echo '{"id":"1"}' >&3
kill -INT $writer # it waits for the rest of a silent pipe
wait $writer
code=$?
exec 3>&-
cp held.err err
n=$((n + 1))
[ $code -eq 1 ] && grep -q 'stopped; ' err || wrong "Ctrl-C: exit $code"
expect 0 '10 added' index -D held one

# ---- folders and disks that cannot be written to ----

"$SOUK" index -q -D ro small.jsonl
chmod -R a+rX "$tmp"
chmod -R a-w ro
as_nobody=
[ "$(id -u)" -eq 0 ] && as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
if $as_nobody "$SOUK" --version >/dev/null 2>&1 && $as_nobody test -r "$SOUK_MODEL"; then
    n=$((n + 3))
    $as_nobody "$SOUK" export -D ro >ro.out 2>err || wrong "a read-only folder cannot be read"
    cmp ro.out small.export >err 2>&1 || wrong "a read-only folder reads otherwise"
    $as_nobody "$SOUK" index -D ro one 2>err
    [ $? -eq 1 ] && grep -q 'ro/products.*\|no permission' err || wrong "a read-only folder: exit and reason"
    $as_nobody "$SOUK" index -D ro/new one 2>err
    [ $? -eq 1 ] && grep -q 'cannot make the folder ro/new: Permission denied' err || wrong "a folder in a read-only folder"
else
    skipped="$skipped read-only"
fi
chmod -R u+w ro
expect 1 'small.jsonl' index -D small.jsonl one

python3 -c '
for i in range(4000):
    print("{\"id\":\"%d\",\"title\":\"thing number %d\",\"description\":\"%s\"}" % (i, i, " ".join("w%d" % (i * k % 9973) for k in range(150))))' >large.jsonl
mkdir full
if mount -t tmpfs -o size=4m souk full 2>/dev/null; then
    mounted=$tmp/full
    "$SOUK" index -q -D full small.jsonl
    expect 1 'store.mdb: .*disk is full.*what was committed before is safe' index -q -D full large.jsonl
    check "a full disk: what was there is there" sh -c "'$SOUK' export -D full | head -n 20 | cmp - small.export"
    umount "$mounted" && mounted=
else
    "$SOUK" index -q -D full small.jsonl
    n=$((n + 1))
    (ulimit -f 4000 && exec "$SOUK" index -q -D full large.jsonl) 2>err
    [ $? -eq 1 ] && grep -q 'store.mdb: .*what was committed before is safe' err || wrong "a file size limit"
    check "a file size limit: what was there is there" sh -c "'$SOUK' export -D full | head -n 20 | cmp - small.export"
    expect 0 '4000 lines' index -D full large.jsonl
    skipped="$skipped full-disk(file-size-limit-instead)"
fi

echo "index_cli: $n checks, $bad wrong${skipped:+; not possible here:$skipped}"
[ $bad -eq 0 ]
