#!/bin/sh
# Checks what a compiler and the tests do not: formatting, include order, headers that compile alone, shell scripts that
# parse, nothing stray beside the rooms.
#
#   tests/lint.sh "CC CFLAGS" FOLDER...      the folders in layer order: each may include itself and those named before it
#
# Prints each violation, as FILE:LINE where there is one, and ends with 1 when there was any.
set -u

cc=$1
shift
bad=0
folders=$*

complain() {
    echo "lint: $1"
    bad=1
}

sources() { # of our own, in the rooms and outside; the build folder is not among them
    find "$@" -name '*.[ch]' 2>/dev/null | sort
}

# ---- formatting, by .clang-format ----

if command -v clang-format >/dev/null; then
    sources souk.c $folders tests bench | xargs clang-format --dry-run -Werror 2>&1 || complain "clang-format -i mends these"
else
    complain "clang-format is not installed"
fi
sources souk.c $folders tests bench | xargs grep -nE '[[:space:]]+$' && complain "spaces at the ends of lines"

# ---- include order ----

seen=
for folder in $folders; do
    seen="$seen${seen:+|}$folder"
    grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$folder"/*.[ch] |
        grep -vE "#[[:space:]]*include[[:space:]]*\"(($seen)/|pages_list\.h\")" && complain "$folder/ includes what comes after it"
done

# ---- each header compiles alone ----

for header in $(for folder in $folders tests bench; do ls "$folder"/*.h 2>/dev/null; done); do
    $cc -fsyntax-only -Werror -Wno-unused-function -x c "$header" || complain "$header does not compile alone"
done

# ---- shell scripts parse ----

for script in .ci/run $(find tests bench -name '*.sh' | sort); do
    [ -e "$script" ] || continue
    case $(head -n 1 "$script") in
    '#!/bin/sh') shell=sh ;;
    '#!/bin/bash' | '#!/usr/bin/env bash') shell=bash ;;
    *)
        complain "$script: its first line names neither /bin/sh nor /bin/bash"
        continue
        ;;
    esac
    $shell -n "$script" || complain "$script does not parse"
    [ -x "$script" ] || complain "$script is not executable"
    if command -v shellcheck >/dev/null; then shellcheck -S warning "$script" || complain "$script: see above"; fi
done

# ---- nothing stray ----

if [ -e .git ] && command -v git >/dev/null; then
    for name in $(git ls-files 2>/dev/null | sed 's,/.*,,' | sort -u); do
        case " $folders tests bench Makefile README.md LICENSE souk.c " in
        *" $name "*) ;;
        *) case $name in .*) ;; *) complain "$name does not belong here" ;; esac ;;
        esac
    done
fi

[ $bad -eq 0 ] && echo "lint: all well"
exit $bad
