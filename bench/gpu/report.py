#!/usr/bin/env python3
"""Joins the files of a measurement (bench/gpu/run.sh) to report.md and report.json in the same folder."""
import json
import os
import sys

# Dense bf16 TFLOP/s behind the data sheets' clocks: the denominator of MFU.
PEAKS = {"H200": 989.4, "H100": 989.4, "A100": 312.0, "RTX 4090": 165.2, "L40S": 362.1, "B200": 2250.0}


def read(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return file.read()


def last_json(text):
    for line in reversed((text or "").splitlines()):
        if line.startswith("{"):
            try:
                return json.loads(line)
            except ValueError:
                pass
    return None


def main():
    folder = sys.argv[1]
    machine = read(folder, "machine.txt") or ""
    stages = [line.split("\t") for line in (read(folder, "stages.tsv") or "").splitlines()]
    peak = next((value for name, value in PEAKS.items() if name in machine), None)
    steps = {}
    for name, _, _ in stages:
        if name.startswith("step-") and name != "step-profile":
            steps[name[5:]] = last_json(read(folder, name + ".log"))
    ops = json.loads(read(folder, "ops.json") or "null")
    losses = (read(folder, "losses-torch.log") or "").strip().splitlines()
    with open(os.path.join(folder, "report.json"), "w") as file:
        json.dump(dict(stages=stages, steps=steps, ops=ops), file, indent=1)

    lines = ["# Measurement on a GPU", "", "Command: `bench/gpu/run.sh`.", "", "```", machine.strip(), "```", "", "## Stages", "",
             "| stage | exit code | s |", "|---|---|---|"]
    lines += [f"| {name} | {code} | {seconds} |" for name, code, seconds in stages]
    lines += ["", "## Losses beside PyTorch", "", losses[-1] if losses else "not measured", "", "## Training steps", "",
              f"MFU: 6 N + 6 L C T per token against {peak or 'an unknown peak of'} TFLOP/s.", "",
              "| model | B × T | tokens/s | MFU | ms | PyTorch tokens/s | ratio |", "|---|---|---|---|---|---|---|"]
    for name, ours in steps.items():
        if name.endswith("-torch") or not ours:
            continue
        theirs = steps.get(name + "-torch")
        share = f"{ours['model_teraflops'] / peak:.1%}" if peak else "–"
        other = f"{theirs['tokens_per_second']:,.0f}" if theirs else "–"
        ratio = f"{ours['tokens_per_second'] / theirs['tokens_per_second']:.2f}" if theirs else "–"
        lines.append(f"| {name} | {ours['batch']} × {ours['seq']} | {ours['tokens_per_second']:,.0f} | {share} "
                     f"| {ours['milliseconds']:.1f} | {other} | {ratio} |")
    if ops:
        lines += ["", "## Operations", "", f"{ops['Description']}; {ops['Element']}; peak: {ops['peak']['Source']}", "",
                  "| operation | B | T | median ms | rate | share |", "|---|---|---|---|---|---|"]
        lines += [f"| {r['Operation']} | {r['Batch']} | {r['Length']} | {r['MedianMs']:.4f} | {r['Rate']:,.0f} {r['Unit']} "
                  f"| {r['Share']:.0%} |" for r in ops["rows"]]
    with open(os.path.join(folder, "report.md"), "w") as file:
        file.write("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
