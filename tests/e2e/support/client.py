"""Runs cayuco as a client of a daemon."""

import os
import subprocess

from support import daemon as d


def environ(**more):
    """Nothing of the caller's own daemon, nor a proxy's that would come between."""
    env = {k: v for k, v in os.environ.items() if not k.startswith('CAYUCO')}
    return {**env, 'http_proxy': 'http://127.0.0.1:1', **more}


def cayuco(url, *args, status=0, **env):
    """Runs it and returns stdout; or, if it must fail, its one line on stderr."""
    run = subprocess.run([*d.WRAPPER, d.CAYUCO, *map(str, args)], capture_output=True,
                         timeout=d.PATIENCE, env=environ(CAYUCO_URL=url, **env))
    errors = run.stderr.decode()
    assert run.returncode == status, f'{args}: status {run.returncode}, not {status}: {errors}'
    for text in (run.stdout, run.stderr):
        assert not any(byte < 32 and byte != 10 for byte in text), f'{args}: {text}'
        assert b'\xc2\x9b' not in text, f'{args}: {text}'
    if status == 0:
        assert not errors, f'{args}: {errors}'
        return run.stdout.decode()
    assert errors.startswith('cayuco: ') and errors.count('\n') == 1, f'{args}: {errors!r}'
    return errors[len('cayuco: '):-1]


def start(url, *args, stderr=subprocess.PIPE):
    return subprocess.Popen([*d.WRAPPER, d.CAYUCO, *map(str, args)], stdout=subprocess.PIPE,
                            stderr=stderr, env=environ(CAYUCO_URL=url))
