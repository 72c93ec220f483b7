#!/bin/sh
# build.sh ROOT OUTPUT: builds the emulator's libraries and its self-test in OUTPUT, one process at a time; OUTPUT
# gets built.stamp when everything is there. Missing tools: one line, and success.
root=$1
output=$2
for tool in cmake "${CXX:-c++}"; do
    if ! command -v "$tool" > /dev/null; then
        echo "simt: $tool is not installed, so the devices simt and simt:checked are not built."
        exit 0
    fi
done
mkdir -p "$output" || exit 1
if command -v flock > /dev/null; then
    exec 9> "$output/lock"
    flock 9
fi
rm -f "$output/built.stamp"
generator=
if [ ! -f "$output/CMakeCache.txt" ] && command -v ninja > /dev/null; then
    generator="-G Ninja"
fi
log=$output/build.log
# shellcheck disable=SC2086
if cmake -S "$root" -B "$output" $generator > "$log" 2>&1 &&
    cmake --build "$output" --parallel "$(nproc)" >> "$log" 2>&1; then
    touch "$output/built.stamp"
    exit 0
fi
grep -E "error|Error" "$log" | head -n 20
echo "simt: error: the emulator was not built; see $log"
exit 1
