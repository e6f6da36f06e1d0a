"""What README says of the tool and of the daemon, typed as it stands there, prints what stands there."""

import contextlib
import importlib.util
import os
import pathlib
import re
import shlex
import subprocess
import sys

from support import daemon as d
from support.daemon import case

README = (pathlib.Path(d.ROOT) / 'README.md').read_text()

# What another machine, or the same one a moment later, prints differently.
VARIES = [r'\d+\.\d+ ms', r'^seconds .*', r'^cpu .*', r'\d+ bytes of packed', r'on [a-z0-9 ]+, 1 thread',
          r'\w+_(?:vnni|avx2|neon|dot|i8mm|ref)\b', r'^ +\d+\.\d+ +\d+\.\d+%', r'\d+ bytes$']


def blocks(section):
    text = README.split(f'\n## {section}\n')[1].split('\n## ')[0]
    return re.findall(r'^```\n(.*?)^```$', text, re.M | re.S)


def commands(section):
    """[(what is typed, the lines that are printed)], of the blocks with a prompt."""
    typed = []
    for block in blocks(section):
        if block.startswith('$ '):
            for part in re.split(r'^\$ ', block, flags=re.M)[1:]:
                line, _, output = part.partition('\n')
                typed.append((line, output.strip('\n').splitlines()))
    assert typed, section
    return typed


def plain(line):
    for varies in VARIES:
        line = re.sub(varies, '~', line)
    return ' '.join(line.split())


def compare(typed, printed, got):
    """A line `...` is any lines to the end, and one that ends so is the beginning of one."""
    for i, line in enumerate(printed):
        if line == '...':
            return
        real = plain(got[i]) if i < len(got) else 'nothing'
        if line.endswith('...'):
            line, real = plain(line[:-3]), real[:len(plain(line[:-3]))]
        assert plain(line) == real, f'$ {typed}\nin README: {line}\nin truth:  {real}'
    assert not printed or len(got) == len(printed), f'$ {typed}\nprints more: {got[len(printed):]}'


class Shell:
    """A directory with what a clone has that README speaks of, and the programs on the PATH."""

    def __init__(self, url=None):
        self.home = d.scratch / 'readme'
        self.home.mkdir(exist_ok=True)
        self.host = url and url.partition('//')[2]
        self.env = {**os.environ, 'PATH': f'{self.home}:{os.environ["PATH"]}', 'PYTHONDONTWRITEBYTECODE': '1',
                    'PYTHONPATH': f'{d.ROOT}/clients/python', **({'CAYUCO_URL': url} if url else {})}
        for name in ('demo', 'tests'):
            with contextlib.suppress(FileExistsError):
                (self.home / name).symlink_to(pathlib.Path(d.ROOT) / name)
        tool = self.home / 'cayuco'
        tool.write_text(f'#!/bin/sh\nexec {shlex.join([*d.WRAPPER, d.CAYUCO])} "$@"\n')
        tool.chmod(0o755)

    def run(self, typed, status=0):
        """An answer of HTTP that says no is a failure, too."""
        if self.host:
            typed = typed.replace('localhost:8080', self.host)
        run = subprocess.run(['sh', '-c', f'curl() {{ command curl -sS --fail-with-body "$@"; }}; {typed}'],
                             cwd=self.home, env=self.env, capture_output=True, timeout=d.PATIENCE)
        assert run.returncode == status, f'$ {typed}\n{run.stdout.decode()}{run.stderr.decode()}'
        return (run.stderr if status else run.stdout).decode()

    def run_all(self, section):
        for typed, printed in commands(section):
            failure = printed[:1] and printed[0].startswith('cayuco: ')
            compare(typed, printed, self.run(typed, 1 if failure else 0).rstrip('\n').splitlines())


@case(models=())
def the_tool_prints_what_readme_prints(_):
    shell = Shell()
    shell.run_all('The tool')
    assert not (shell.home / 'x.nb').exists()


@case(models=())
def the_client_prints_what_readme_prints(daemon):
    Shell(daemon.url).run_all('The daemon')


@case(models=())
def each_request_of_readme_is_answered(daemon):
    lines = blocks('The daemon')[0].splitlines()
    assert lines[0].startswith('cayucod --listen 127.0.0.1:8080 --state '), lines[0]
    asked = [line for line in lines[1:] if line and not line.startswith('#')]
    assert len(asked) > 10, asked
    shell = Shell(daemon.url)
    for line in asked:
        shell.run(line)


def the_python_of_readme_runs(daemon):
    program, = (block for block in blocks('The daemon') if block.startswith('import '))
    program += "print(best)\nprint(max(outputs['save_infer_model/scale_0.tmp_1'][0]))\n"
    best, largest = Shell(daemon.url).run(f'{sys.executable} -c {shlex.quote(program)}').splitlines()
    assert "'seven'" in best, best
    d.assert_equal(f'{float(largest):.6f}', '0.999996')


if importlib.util.find_spec('numpy'):
    case()(the_python_of_readme_runs)
if __name__ == '__main__':
    sys.exit(d.main())
