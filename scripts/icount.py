"""Counts what AArch64 programs execute, in qemu with the plugin of icount.c."""
import os
import re
import subprocess
import sys

SYSROOT = '/usr/aarch64-linux-gnu'
EMULATOR = ['qemu-aarch64', '-L', SYSROOT]


def build_plugin(directory):
    """Returns its path."""
    plugin = os.path.join(directory, 'icount.so')
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'icount.c')
    subprocess.run(['cc', '-O2', '-shared', '-fPIC', '-o', plugin, source], check=True)
    return plugin


def of_one_run(plugin, processor, command):
    """{class: instructions} of one run; command(n) is a command that makes n of them. One run and three,
    half the difference: what comes before the runs does not count."""
    def count(runs):
        done = subprocess.run([*EMULATOR, '-cpu', processor, '-plugin', plugin, *command(runs)],
                              capture_output=True, text=True)
        if done.returncode:
            sys.exit(f'{command(runs)[0]}: {done.stderr.strip()}')
        return {kind: int(n) for kind, n in re.findall(r'(\w+)=(\d+)', done.stderr)}
    one, three = count(1), count(3)
    return {kind: (three[kind] - one[kind]) / 2 for kind in one}
