"""Compiles kernels.cu to PTX with clang, without the CUDA toolkit, and lints it: one run per section and element type.

Usage: python3 check.py CLANG ARCH PTX_FEATURE KERNELS       e.g. clang++-19 sm_90a ptx85 kernels.cu
Finds host calls, missing __device__, includes, unknown intrinsics; with ptx_lint.py wrong forms of inline assembler and
local memory. Registers and spills are NVRTC's to tell.
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SPECIALISATIONS = [
    ['PROGRAM=1', 'ELEMENT_BF16=0'], ['PROGRAM=1', 'ELEMENT_BF16=1'],
    ['PROGRAM=2', 'ELEMENT_BF16=0'], ['PROGRAM=2', 'ELEMENT_BF16=1'],
    ['PROGRAM=3', 'ELEMENT_BF16=0', 'HEAD_SIZE=64'], ['PROGRAM=3', 'ELEMENT_BF16=1', 'HEAD_SIZE=64'],
    ['PROGRAM=3', 'ELEMENT_BF16=1', 'HEAD_SIZE=128'], ['PROGRAM=3', 'ELEMENT_BF16=1', 'HEAD_SIZE=80'],
]


def main():
    clang, arch, feature, kernels = sys.argv[1:]
    failed = 0
    for defines in SPECIALISATIONS:
        with tempfile.TemporaryDirectory() as folder:
            ptx = os.path.join(folder, 'kernels.ptx')
            command = [clang, '-x', 'cuda', '--cuda-device-only', '--cuda-gpu-arch=' + arch, '-nocudainc', '-nocudalib',
                       '-nostdinc', '-std=c++17', '-O2', '-fdeclspec', '-Xclang', '-target-feature', '-Xclang',
                       '+' + feature, '-include', os.path.join(HERE, 'clang_device.h'), '-S', '-o', ptx, kernels]
            command += ['-D' + d for d in defines]
            compiled = subprocess.run(command, capture_output=True, text=True)
            print(arch, *defines, end=': ', flush=True)
            if compiled.returncode:
                print('does not compile')
                print(compiled.stderr[:4000])
                failed += 1
                continue
            lint = subprocess.run([sys.executable, os.path.join(HERE, 'ptx_lint.py'), ptx], capture_output=True, text=True)
            print(lint.stdout.strip())
            failed += lint.returncode != 0
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
