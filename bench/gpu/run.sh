#!/usr/bin/env bash
# The whole verdict on one NVIDIA GPU in under ten minutes: bench/gpu/run.sh [archive] [results folder] [device]
# Needs a driver, CUDA's NVRTC (cuBLASLt if it is to be measured) and, for the comparison, python3 with PyTorch; no .NET SDK.
# Each stage has its own time limit and its own line in the verdict; the tables are written whatever fails.
# With the device "cpu" or "simt" it rehearses itself at tiny sizes.
set -uo pipefail
cd "$(dirname "$0")/../.."
archive=${1:-bench/gpu/out/inheritune-gpu.tar.xz}
results=${2:-bench/gpu/out/results}
device=${3:-cuda:0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$results"
python=${PYTHON:-python3}

# The programs look for Inheritune.sln above them to find the fixtures: they are unpacked inside this tree.
unpacked=bench/gpu/out/unpacked
rm -rf "$unpacked" && mkdir -p "$unpacked"
tar -C "$unpacked" -xJf "$archive" || exit 1
app=$PWD/$unpacked/app data=$PWD/$unpacked/data
export DOTNET_CLI_TELEMETRY_OPTOUT=1 PYTHONUNBUFFERED=1

verdict=$results/stages.tsv
: >"$verdict"
stage() {                        # name, seconds allowed, command...
  local name=$1 limit=$2 begin=$SECONDS
  shift 2
  echo "== $name: $*"
  timeout "$limit" "$@" >"$results/$name.log" 2>&1
  local code=$?
  tail -3 "$results/$name.log"
  printf '%s\t%s\t%s\n' "$name" "$code" "$((SECONDS - begin))" >>"$verdict"
  echo "== $name: exit code $code, $((SECONDS - begin)) s"
}

case $device in
  cuda*) model=gpt2 batch=16 seq=1024 steps=200 limit=150 precision=mixed dtype=bf16 torch=cuda tokens=1024 opsbatch=16 filter="" ;;
  *) model=tiny-gpt2 batch=2 seq=32 steps=5 limit=150 precision=f32 dtype=f32 torch=cpu tokens=32 opsbatch=1 filter=Norm ;;
esac

{ nvidia-smi || true; cat "$data/commit"; uname -srm; "$python" -c 'import torch; print("torch", torch.__version__)' || true; } \
  >"$results/machine.txt" 2>&1
"$app/inheritune" --version >>"$results/machine.txt" 2>&1
stage doctor 60 "$app/inheritune" doctor --device "$device"

# What this GPU answers to every instruction of the kernels by itself: the emulator's tests are compared with it.
fragments() {
  RECORD_FRAGMENTS=1 "$app/Kernels.Tests" -class Kernels.Tests.Gpu.CudaFragmentTests -noColor
  local code=$?
  mkdir -p "$results/fragments" && cp tests/fixtures/simt/*.bin "$results/fragments/" || code=1
  return $code
}
export -f fragments
export app device results
case $device in cuda*) stage fragments 60 bash -c fragments ;; esac

# All suites of the device. A skip is a failure here: on a machine with a GPU nothing may be left out.
suites() {
  local code=0
  for tests in Kernels.Tests Engine.Tests; do
    "$app/$tests" -class "$suite_classes" -noColor || code=1
  done
  return $code
}
case $device in cuda*) suite_classes='*.Cuda*' ;; simt*) suite_classes='*.Simt*' ;; *) suite_classes='*.Cpu*' ;; esac
export -f suites
export suite_classes
stage suites 240 bash -c suites
grep -qE 'Skipped: [1-9]|Total: 0' "$results/suites.log" && printf 'suites-skipped\t1\t0\n' >>"$verdict"

# The same weights and batches in PyTorch: losses step by step.
case $device in cuda*) ;; *) "$python" bench/gpu/tiny_tokens.py "$data/train.bin" ;; esac
stage init 60 "$app/Inheritune.Bench" losses --init "$work/init" --model "$model" --make-init
stage losses "$limit" "$app/Inheritune.Bench" losses --init "$work/init" --tokens "$data/train.bin" --batch 4 --seq "$seq" \
  --steps "$steps" --device "$device" --precision "$precision" --out "$results/losses.json"
stage losses-torch "$limit" "$python" bench/peers/losses_torch.py --init "$work/init" --tokens "$data/train.bin" --batch 4 \
  --seq "$seq" --steps "$steps" --device "$torch" --dtype "$dtype" --out "$results/losses-torch.json" \
  --compare "$results/losses.json"

# Every operation with its share of the ceiling measured in the same run.
stage ops 120 "$app/Inheritune.Bench" ops --device "$device" --precision "$dtype" --batch "$opsbatch" --tokens "$tokens" \
  --filter "$filter" --json "$results/ops.json"

# Whole steps, in turns with PyTorch: the same model, batch and precision.
case $device in
  cuda*) sizes="gpt2:64 gpt2-medium:32 gpt2-large:16 gpt2-xl:8" compile=--compile ;;
  *) sizes="tiny-gpt2:2" compile="" ;;
esac
for size in $sizes; do
  model=${size%%:*} batch=${size##*:}
  stage "step-$model" 60 "$app/Inheritune.Bench" step --device "$device" --model "$model" --batch "$batch" --seq "$seq" --steps 10 \
    --warmup 4 --precision "$precision" --no-ops --json
  stage "step-$model-torch" 90 "$python" bench/peers/step_torch.py --device "$torch" --model "$model" --batch "$batch" \
    --seq "$seq" --steps 10 --warmup 4 --dtype "$dtype" $compile --json
done
stage step-profile 60 "$app/Inheritune.Bench" step --device "$device" --model "${sizes%%:*}" --batch "${batch/8/16}" --seq "$seq" \
  --steps 3 --precision "$precision"

if command -v compute-sanitizer >/dev/null && [ "$torch" = cuda ]; then
  stage sanitizer 120 compute-sanitizer --tool memcheck --error-exitcode 9 "$app/Inheritune.Bench" step --device "$device" \
    --model tiny-gpt2 --batch 2 --seq 32 --steps 2 --warmup 2 --precision mixed --no-ops
fi

"$python" bench/gpu/report.py "$results"
! awk -F'\t' '$2 != 0' "$verdict" | grep .
