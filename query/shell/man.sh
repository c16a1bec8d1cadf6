#!/bin/sh
# Writes the manual page from the program's own help: man.sh SOUK > souk.1
set -eu
souk=$1
escape() { sed -e 's/\\/\\\\/g' -e "s/^\([.']\)/\\\\\&\1/" -e 's/-/\\-/g'; }

cat <<EOF
.TH SOUK 1 "" "$("$souk" --version)" "User commands"
.SH NAME
souk \- product search in any language, on this machine alone
.SH SYNOPSIS
.B souk
.I command
.RI [ option ...]
.SH DESCRIPTION
A shop's catalogue is indexed from files, searched in any language over HTTP or from the shell, and measured with judgments.
Nothing leaves the machine.
.SH COMMANDS
.nf
$("$souk" --help | sed -n '/^  /p' | escape)
.fi
EOF
for command in $("$souk" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    printf '.SH "SOUK %s"\n.nf\n' "$(echo "$command" | tr a-z A-Z)"
    "$souk" "$command" --help | escape
    echo .fi
done
cat <<'EOF'
.SH ENVIRONMENT
.TP
.B SOUK_DATA
The data folder, where no \-D is given.
.TP
.B SOUK_MODEL
The embedding model, where no \-\-model is given.
.TP
.B SOUK_WRITE_KEY
What clients of another machine must send to write over HTTP.
.TP
.B SOUK_CPU
Use no instructions above this level: c, avx2, avxvnni, avx512, neon, dotprod.
.SH FILES
.TP
.I DATA/INDEX/CURRENT
The name of the live generation, a folder beside it.
.TP
.I DATA/INDEX/lock
Held by the one writer, whose name it holds.
EOF
