#!/bin/sh
# Run a command that takes a while: one line of progress, its output only when it fails.
# Usage: step.sh LABEL COMMAND [ARGUMENT...]
label=$1
shift
log=$(mktemp)
printf '%s ...' "$label" >&2
start=$(date +%s)
"$@" >"$log" 2>&1 </dev/null &
command=$!
trap 'kill "$command" 2>/dev/null; rm -f "$log"; echo >&2; exit 130' INT TERM HUP
if [ -t 2 ]; then
    while kill -0 "$command" 2>/dev/null; do
        sleep 1
        printf '\r%s ... %s s' "$label" "$(($(date +%s) - start))" >&2
    done
    printf '\r%s ...' "$label" >&2
fi
if wait "$command"; then
    printf ' done in %s s\n' "$(($(date +%s) - start))" >&2
    rm -f "$log"
else
    code=$?
    printf ' FAILED. It printed:\n' >&2
    cat "$log" >&2
    rm -f "$log"
    exit "$code"
fi
