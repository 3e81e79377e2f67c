#!/bin/sh
# Make the virtual environment of the project, or say what is in the way.
# Usage: venv.sh PYTHON VENV ORIGIN SUPPORTED. ORIGIN is `file` where nobody has asked for that
# Python, SUPPORTED is the versions to choose from, such as "3.10 3.11".
python=$1
venv=$2
origin=$3
supported=$4
range="${supported%% *} to ${supported##* }"
[ "${supported%% *}" = "${supported##* }" ] && range=$supported

refuse() {
    echo "$*" >&2
    exit 1
}

# What a Python says it is, such as 3.12; nothing if it is none or does not run.
version() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

fits() {
    case " $supported " in *" $1 "*) return 0 ;; esac
    return 1
}

advice() {
    for each in $supported; do
        [ "$(version "python$each")" = "$each" ] && found=python$each
    done
    if [ -n "$found" ]; then
        echo "There is $found on this machine: make PYTHON=$found"
    else
        echo "Install one, and name it: make PYTHON=/path/to/python"
    fi
}

has=$(version "$venv/bin/python")
if [ "$origin" = file ] && fits "$has"; then
    exit 0
fi

command -v "$python" >/dev/null 2>&1 || refuse "$python was not found. The project needs Python $range. $(advice)"
wanted=$(version "$python")
[ -n "$wanted" ] || refuse "$python does not run as a Python. The project needs Python $range. $(advice)"
fits "$wanted" || refuse "$python is Python $wanted, and the project is tested on $range only. $(advice)"
if [ "$has" = "$wanted" ]; then
    exit 0
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    refuse "$python has no venv module. Install it (Debian, Ubuntu: apt-get install python3-venv)."

label="Making $venv"
if [ -n "$has" ]; then
    label="$venv holds Python $has. Making it anew with $wanted"
elif [ -e "$venv" ]; then
    label="$venv does not work. Making it anew with Python $wanted"
fi
exec "$(dirname "$0")/step.sh" "$label" "$python" -m venv --clear "$venv"
