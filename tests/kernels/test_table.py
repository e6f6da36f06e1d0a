"""docs/kernels.md names the kernels that this build has: the table that the checker prints."""
import os
import shlex
import subprocess
import sys

checker, document = sys.argv[1:]
command = [*shlex.split(os.environ.get('MESON_EXE_WRAPPER', '')), checker, '--table']
table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
with open(document) as f:
    same = '| gemm_s8_4x16_ref |' in table and table in f.read()
print(f'{"ok" if same else "FAIL"}: the tables of kernels' + ('' if same else f': scripts/kernels writes them\n{table}'))
print('1 passed, 0 failed' if same else '0 passed, 1 failed')
sys.exit(not same)
