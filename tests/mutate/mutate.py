"""Mutation test: seeds one fault at a time into kernels.cu and shows which run of the tests finds it.

Usage: python3 tests/mutate/mutate.py [--all] [--no-baseline] [--report FILE] [PART OF A NAME]...
Needs a build of the solution with the emulator (dotnet build). For each fault one specialisation is compiled twice, linked
with the other objects of that build, and the test program runs against the two libraries through SIMT_LIBRARY: first
checked, then fast in three schedules until one finds it; --all goes through all four. Nothing in the tree is touched.
Exit code 1: a fault was found by none, or the tests fail without a fault.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

from mutations import MUTATIONS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, 'src', 'Kernels', 'obj', 'simt')
TESTS = os.path.join(ROOT, 'tests', 'Kernels.Tests', 'bin', 'Debug', 'net10.0', 'Kernels.Tests')
RUNS = [('checked', True, 'forward'), ('fast, forward', False, 'forward'), ('fast, reverse + early', False, 'reverse'),
        ('fast, random', False, 'random')]


def mutate(source, after, text, occurrence, replacement):
    pattern = r'\s*'.join(re.escape(part) for part in re.split(r'\s+', text))
    start = source.find(after)
    matches = list(re.compile(pattern).finditer(source, start)) if start >= 0 else []
    if len(matches) <= occurrence:
        return None
    m = matches[occurrence]
    return source[:m.start()] + replacement + source[m.end():]


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def compile_command(variant, checked):
    folder = 'kernels_checked.dir' if checked else 'kernels_fast.dir'
    for entry in json.load(open(os.path.join(BUILD, 'compile_commands.json'))):
        if entry['file'].endswith(f'/variants/{variant}.cpp') and folder in entry['command']:
            return shlex.split(entry['command'])
    sys.exit(f'{variant}: not in {BUILD}/compile_commands.json. Is it in variants.txt, and the solution built?')


def build_library(folder, variant, checked):
    """Compiles the variant from folder/kernels.cu and links it with the other objects of the build."""
    command = compile_command(variant, checked)
    out = os.path.join(folder, 'checked.o' if checked else 'fast.o')
    original = command[command.index('-o') + 1]
    command[command.index('-o') + 1] = out
    if os.path.basename(command[0]) == 'ccache':
        command = command[1:]
    at = next(i for i, word in enumerate(command) if word.startswith('-I'))
    command.insert(at, '-I' + folder)
    compiled = run(command, cwd=BUILD)
    if compiled.returncode:
        return None, compiled.stderr
    kind = 'checked' if checked else 'fast'
    objects = [o for part in (f'kernels_{kind}', f'emulator_{kind}', 'image')
               for o in glob.glob(os.path.join(BUILD, 'CMakeFiles', part + '.dir', '**', '*.o'), recursive=True)
               if os.path.relpath(o, BUILD) != original]
    library = os.path.join(folder, f'libsimt_{kind}.so')
    linked = run([command[0], '-shared', '-fPIC', '-Wl,-z,defs', '-Wl,-Bsymbolic', '-o', library, out, *objects, '-lpthread',
                  '-ldl'])
    return (library, '') if linked.returncode == 0 else (None, linked.stderr)


def test(library, checked, schedule, classes):
    """None if everything passes, else what was found."""
    environment = dict(os.environ, SIMT_LIBRARY=library, TEST_DEVICE='simt:checked' if checked else 'simt',
                       TEST_SCHEDULE=schedule)
    command = [TESTS, '-noLogo', '-noColor', '-stopOnFail', '-parallel', 'none']
    for name in classes:
        command += ['-class', name]
    try:
        result = run(command, env=environment, timeout=600)
    except subprocess.TimeoutExpired:
        return 'hangs'
    if result.returncode == 0:
        total = re.search(r'Total: (\d+)', result.stdout)
        if not total or int(total.group(1)) == 0:
            sys.exit(f'no tests in {classes}:\n{result.stdout[-2000:]}')
        return None
    if 'differs from the text' in result.stdout:
        sys.exit('kernels.cu, the test program and the libraries are of different builds: build the solution again.')
    fault = re.search(r'block \(\d+,\d+,\d+\) thread \(\d+,\d+,\d+\): (.*)', result.stdout)
    if fault:
        return 'report: ' + re.sub(r' at 0x[0-9a-f]+', '', fault.group(1)).strip()[:100]
    if result.returncode < 0 or 'Failed' not in result.stdout:
        return f'crash (exit code {result.returncode})'
    return 'wrong values'


def examine(variant, classes, text, everything):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, 'kernels.cu'), 'w') as f:
            f.write(text)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            built = dict(zip((True, False), pool.map(lambda c: build_library(folder, variant, c), (True, False))))
        answers = []
        for _, checked, schedule in RUNS:
            library, error = built[checked]
            if not library:
                return ['does not compile: ' + error.strip()[:300]] * len(RUNS)
            found = any(a not in (None, '') for a in answers)
            answers.append(test(library, checked, schedule, classes) if everything or not found else '')
        return answers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--all', action='store_true', help='every run for every fault')
    parser.add_argument('--no-baseline', action='store_true', help='do not run the tests without a fault first')
    parser.add_argument('--report', help='write the table there as well')
    parser.add_argument('names', nargs='*', help='only faults whose names contain one of these')
    arguments = parser.parse_args()
    source = open(os.path.join(ROOT, 'kernels.cu')).read()
    chosen = [m for m in MUTATIONS if not arguments.names or any(n in m[1] for n in arguments.names)]
    lines, missed = [], []

    def say(line):
        lines.append(line)
        print(line, flush=True)

    start = time.time()
    say('| fault | ' + ' | '.join(name for name, _, _ in RUNS) + ' |')
    say('|---|' + '---|' * len(RUNS))
    without = set() if arguments.no_baseline else {(variant, tuple(classes)) for variant, _, classes, *_ in chosen}
    for variant, classes in sorted(without):
        answers = examine(variant, classes, source, True)
        say(f'| none ({variant}) | ' + ' | '.join(a or '-' for a in answers) + ' |')
        if any(answers):
            missed.append(f'the tests of {variant} fail without a fault')
    found = [0] * len(RUNS)
    for variant, name, classes, *place in chosen:
        text = mutate(source, *place)
        if text is None:
            say(f'| {name} | the text to replace is not in kernels.cu |' + ' |' * (len(RUNS) - 1))
            missed.append(name)
            continue
        answers = examine(variant, classes, text, arguments.all)
        found = [n + bool(a) for n, a in zip(found, answers)]
        say(f'| {name} | ' + ' | '.join('-' if a is None else a or 'not run' for a in answers) + ' |')
        if not any(answers) or answers[0] and answers[0].startswith('does not compile'):
            missed.append(name)
    say('')
    say(f'{len(chosen)} faults, {len(chosen) - len(missed)} found; by run: {", ".join(map(str, found))}; '
        f'{time.time() - start:.0f} s')
    for name in missed:
        say(f'missed: {name}')
    if arguments.report:
        with open(arguments.report, 'w') as f:
            f.write('\n'.join(lines) + '\n')
    sys.exit(bool(missed))


if __name__ == '__main__':
    main()
