#!/bin/sh
# Runs every test of a build: the fuzz targets over their saved inputs, the end-to-end scripts, then the Criterion suites,
# whose own summary closes the output.
#
#   tests/check.sh BUILD_DIR [NAME...]      from the top of the source tree; NAME: only these steps, "criterion" is the last
#
# A script of tests/ is a test when its name does not say otherwise below; it gets BUILD_DIR as its argument, and in the
# environment SOUK (the binary), SOUK_MODEL (the default model) and TMPDIR (its own, removed afterwards). What a step printed
# is kept in BUILD_DIR/log and shown when it fails. One failure does not stop the others. Ends with 1 when a step failed.
set -u

[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [NAME...]" >&2; exit 2; }
build=$1
shift
only=$*
top=$(pwd)
logs=$build/log
tmp=$(mktemp -d "${TMPDIR:-/tmp}/souk-check.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$logs"
failed= n=0

SOUK=$top/$build/souk
SOUK_MODEL=${SOUK_MODEL:-$top/embed/models/souk-static.gguf}
export SOUK SOUK_MODEL

# Sanitizers speak up and end the process with a code that no test takes for one of souk's.
ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export ASAN_OPTIONS UBSAN_OPTIONS

wanted() {
    [ -z "$only" ] && return 0
    case " $only " in *" $1 "*) return 0 ;; esac
    return 1
}

seconds_since() { # of a time in nanoseconds
    ms=$((($(date +%s%N) - $1) / 1000000))
    printf '%d.%02d' $((ms / 1000)) $((ms % 1000 / 10))
}

step() { # name, command
    name=$1
    shift
    wanted "$name" || return 0
    n=$((n + 1))
    began=$(date +%s%N)
    mkdir -p "$tmp/$name"
    if TMPDIR=$tmp/$name timeout -k 10 900 "$@" >"$logs/$name.log" 2>&1; then
        printf 'ok    %-16s %6s s  %s\n' "$name" "$(seconds_since "$began")" "$(tail -n 1 "$logs/$name.log" | cut -c 1-90)"
    else
        code=$?
        printf 'FAIL  %-16s %6s s  exit %d\n' "$name" "$(seconds_since "$began")" $code
        tail -n 100 "$logs/$name.log" | sed 's/^/      /'
        failed="$failed $name"
    fi
    rm -rf "${tmp:?}/$name"
}

for target in "$build"/tests/fuzz_*; do
    case $target in *.o | *.d | *'*') continue ;; esac
    step "$(basename "$target")" "$target"
done

for script in tests/*.sh tests/*.py; do
    case $script in
    tests/check.sh | tests/lint.sh | tests/score.py) continue ;; # not tests
    *'*'*) continue ;;
    esac
    case $script in *.py) shell=python3 ;; *) shell=$(sed -n '1s/^#! *//p' "$script") ;; esac
    step "$(basename "$script" | sed 's/\.[a-z]*$//')" $shell "$script" "$build"
done

if [ -n "$failed" ]; then echo "check: $n steps, failed:$failed"; else echo "check: $n steps, all well"; fi

if wanted criterion; then
    echo "      criterion"
    "$build/tests/run" --timeout 300 || failed="$failed criterion"
fi
[ -z "$failed" ]
