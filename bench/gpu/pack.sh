#!/usr/bin/env bash
# Packs a self-contained publish (program, benches, tests, no SDK needed) and the data of a measurement for a machine with an
# NVIDIA GPU: bench/gpu/out/inheritune-gpu.tar.xz. Run bench/gpu/run.sh there, from a copy of this tree.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
out=bench/gpu/out
rm -rf "$out/app" "$out/data"
mkdir -p "$out/app" "$out/data"

# One folder, one runtime: the four programs share it.
for project in src/Inheritune bench tests/Kernels.Tests tests/Engine.Tests; do
  dotnet publish "$project" -c Release -r linux-x64 --self-contained -p:PublishTrimmed=false -p:DebugType=none -p:RunAnalyzersDuringBuild=false \
    -p:GenerateDocumentationFile=false -o "$out/app" -v q
done

# Real text for the comparison of losses: the documentation of the SDK, 8192 tokens of vocabulary, inside GPT-2's 50257.
"$out/app/inheritune" prepare --vocab-size 8192 --max-characters 16000000 --out "$out/data/tokens"
find "$out/data/tokens" -name '*.bin' | sort | head -1 | xargs -I{} cp {} "$out/data/train.bin"
rm -rf "$out/data/tokens" "$out"/data/tokens-source.jsonl
git rev-parse HEAD >"$out/data/commit"

tar -C "$out" -cf - app data | xz -T0 -6 >"$out/inheritune-gpu.tar.xz.tmp"
mv "$out/inheritune-gpu.tar.xz.tmp" "$out/inheritune-gpu.tar.xz"
du -m "$out/inheritune-gpu.tar.xz" | awk '{ print "packed: " $1 " MiB" }'
