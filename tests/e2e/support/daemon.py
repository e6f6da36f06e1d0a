"""A real daemon for end-to-end tests: starts it, asks it with curl, and always stops it.

Arguments of a test: the path of cayucod, that of cayuco, and the root of the repository.
"""

import array
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

WRAPPER = shlex.split(os.environ.get('MESON_EXE_WRAPPER', ''))
CAYUCOD, CAYUCO, ROOT = (str(pathlib.Path(arg).resolve()) for arg in sys.argv[1:4])
DATA = pathlib.Path(ROOT) / 'tests/data'
DIGITS = pathlib.Path(ROOT) / 'demo/digits'
SEVEN = DIGITS / 'seven.f32'
PATIENCE = 300  # seconds until a wait is given up: emulation with sanitizers is slow
JSON, BYTES = 'Content-Type: application/json', 'Content-Type: application/octet-stream'

cases = []
scratch = pathlib.Path(tempfile.mkdtemp(prefix='cayuco-e2e-'))


def case(*flags, models=('digits',)):
    """A test function that is given a daemon with these flags and models."""
    def add(function):
        assert function.__module__ == '__main__', f'{function.__name__}: a case of another program'
        cases.append((function, flags, models))
        return function
    return add


def nb(name, *flags):
    """The .nb of a model directory in tests/data, or of the digits; converted once."""
    path = scratch / f'{"".join((name, *flags))}.nb'
    model = (DIGITS if name == 'digits' else DATA / name) / 'model'
    if not path.exists():
        run = subprocess.run([*WRAPPER, CAYUCO, 'convert', f'--model_dir={model}',
                              f'--optimize_out={path.with_suffix("")}', *flags],
                             capture_output=True, timeout=PATIENCE)
        assert run.returncode == 0, run.stderr
    return path


def put_model(state, name, file, version=1, json_text=None, labels=None):
    """Puts a model into a state directory by hand."""
    place = pathlib.Path(state) / 'models' / name / str(version)
    place.mkdir(parents=True)
    shutil.copy(file, place / 'model.nb')
    if json_text:
        (place / 'model.json').write_text(json_text)
    if labels:
        (place / 'labels.txt').write_text(labels)
    return place


def put_models(state, models):
    for name in models:
        if name == 'digits':
            put_model(state, name, nb(name), json_text=(DIGITS / 'model.json').read_text(),
                      labels=(DIGITS / 'labels.txt').read_text())
        else:
            put_model(state, name, nb(name))


def floats(data):
    values = array.array('f')
    values.frombytes(data)
    return values


def assert_equal(got, wanted):
    assert got == wanted, f'{got!r}, not {wanted!r}'


def wait_for(what, condition, daemon=None):
    """Asks until it is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f'{what}: waited in vain'
        assert not daemon or daemon.process.poll() is None, f'{what}: the daemon has ended'
        time.sleep(0.005)


class Background(threading.Thread):
    """Calls a function meanwhile; join gives its result."""

    def __init__(self, function, *args, **kwargs):
        super().__init__()
        self.work, self.result, self.failed = (function, args, kwargs), None, None
        self.start()

    def run(self):
        function, args, kwargs = self.work
        try:
            self.result = function(*args, **kwargs)
        except BaseException as e:
            self.failed = e

    def join(self, timeout=PATIENCE):
        super().join(timeout)
        assert not self.is_alive(), 'it does not end'
        if self.failed:
            raise self.failed
        return self.result


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def error(self, status):
        """The text of an error that is told as it should be."""
        assert_equal((self.status, self.headers.get('content-type')), (status, 'application/json'))
        assert_equal(list(self.json()), ['error'])
        return self.json()['error']


def parse_reply(raw):
    """The last reply in what curl -i printed or a socket gave, or None."""
    found = None
    while raw.startswith(b'HTTP/1.1 '):
        head, _, raw = raw.partition(b'\r\n\r\n')
        lines = head.decode('latin-1').split('\r\n')
        headers = {k.lower(): v for k, _, v in (line.partition(': ') for line in lines[1:])}
        status = int(lines[0].split()[1])
        if status >= 200:
            return Reply(status, headers, raw)
    return found


class Daemon:
    def __init__(self, *flags, models=(), state=None, listen=('127.0.0.1:0',), env=None):
        self.home = pathlib.Path(tempfile.mkdtemp(dir=scratch))
        self.state = pathlib.Path(state or self.home / 'state')
        put_models(self.state, models)
        self.log = self.home / 'log'
        environ = {k: v for k, v in os.environ.items() if not k.startswith('CAYUCO')}
        environ.update(HOME=str(self.home), **(env or {}))
        listen_flags = [f'--listen={where}' for where in listen]
        with self.log.open('w') as log:
            self.process = subprocess.Popen(
                [*WRAPPER, CAYUCOD, *listen_flags, f'--state={self.state}', *flags],
                stdout=subprocess.PIPE, stderr=log, env=environ)
        self.output = b''
        try:
            self.urls = self.read_urls(len(listen))
        except BaseException:
            self.kill()
            raise
        self.url = self.urls[0]

    def read_urls(self, count):
        end = time.monotonic() + PATIENCE
        while self.output.count(b'listening on ') < count or not self.output.endswith(b'\n'):
            left = end - time.monotonic()
            ready = left > 0 and select.select([self.process.stdout], [], [], left)[0]
            chunk = os.read(self.process.stdout.fileno(), 4096) if ready else b''
            assert chunk, f'the daemon does not listen: {self.log.read_text()}'
            self.output += chunk
        return re.findall(r'^listening on (.*)$', self.output.decode(), re.M)

    @property
    def address(self):
        host, _, port = self.url[len('http://'):].rpartition(':')
        return host.strip('[]'), int(port)

    def curl(self, path, *args, url=None, body=b''):
        run = subprocess.run(['curl', '-sSi', '--http1.1', '--max-time', str(PATIENCE), *args,
                              (url or self.url) + path], capture_output=True, input=body)
        reply = parse_reply(run.stdout)
        assert reply, f'curl {args} {path}: {run.stderr.decode()} {run.stdout[:200]}'
        reply.curl = run.returncode
        return reply

    def predict(self, body, *headers, query=''):
        """body: bytes, or what becomes JSON."""
        if not isinstance(body, bytes):
            body, headers = json.dumps(body).encode(), (JSON, *headers)
        flags = [word for header in headers for word in ('-H', header)]
        return self.curl(f'/predict{query}', '--data-binary', '@-', *flags, body=body)

    def connect(self):
        """A raw connection, for what curl would not send."""
        sock = socket.create_connection(self.address, timeout=PATIENCE)
        return sock

    def talk(self, data):
        """Sends bytes, and reads until the daemon closes the connection."""
        with self.connect() as sock:
            try:
                sock.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it may close as soon as it knows enough
            return parse_reply(read_all(sock))

    def metric(self, name):
        text = self.curl('/metrics').body.decode()
        values = re.findall(r'^' + re.escape(name) + r' (.*)$', text, re.M)
        assert len(values) == 1, f'{name}: {values}'
        return float(values[0])

    def resident(self):
        """Bytes of memory."""
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+)', status)[1]) * 1024

    def good_bytes(self):
        """The raw answer to the good request, which never changes."""
        reply = self.predict(SEVEN.read_bytes(), BYTES, 'Accept: application/octet-stream',
                             query='?model=digits')
        assert_equal(reply.status, 200)
        return reply.body

    def check_alive(self):
        assert_equal(self.curl('/v2/health/live').status, 200)

    def stop(self):
        """Ends it in an orderly way, and checks that it was one."""
        self.process.terminate()
        return self.wait()

    def wait(self):
        try:
            status = self.process.wait(PATIENCE)
        finally:
            self.kill()
        text = self.log.read_text()
        assert 'Sanitizer' not in text and 'runtime error' not in text, text
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if not self.process.stdout.closed:
            self.process.stdout.close()


def read_all(sock):
    data = b''
    while True:
        try:
            chunk = sock.recv(65536)
        except ConnectionResetError:
            return data
        if not chunk:
            return data
        data += chunk


def ask(daemon, *pieces):
    """All that the daemon answers to pieces, which arrive one after another, till it closes."""
    with daemon.connect() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            sock.sendall(piece)
        return read_all(sock)


def handed_over(listener, command):
    """Runs the command as systemd runs a service: the socket is its descriptor 3."""
    become = (
        'import os, sys\n'
        'os.dup2(int(sys.argv[1]), 3)\n'
        'os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))\n'
        'os.execvp(sys.argv[2], sys.argv[2:])')
    return [sys.executable, '-c', become, str(listener.fileno()), *command]


def run_case(function, flags, models):
    daemon = Daemon(*flags, models=models)
    try:
        before = daemon.good_bytes() if 'digits' in models else None
        function(daemon)
        if daemon.process.poll() is None:  # unless the test is about its end
            daemon.check_alive()
            assert before is None or daemon.good_bytes() == before, 'the good answer has changed'
            assert_equal(daemon.stop(), 0)
    except BaseException:
        print(daemon.log.read_text())
        raise
    finally:
        daemon.kill()


def main():
    failed = 0
    wanted = sys.argv[4:]
    unknown = set(wanted) - {function.__name__ for function, _, _ in cases}
    if unknown:
        shutil.rmtree(scratch)
        sys.exit(f'no such test: {", ".join(sorted(unknown))}')
    chosen = [c for c in cases if not wanted or c[0].__name__ in wanted]
    for function, flags, models in chosen:
        start = time.monotonic()
        try:
            run_case(function, flags, models)
            print(f'ok: {function.__name__} ({time.monotonic() - start:.1f} s)', flush=True)
        except Exception:
            failed += 1
            print(f'FAIL: {function.__name__}\n{traceback.format_exc()}')
    shutil.rmtree(scratch)
    print(f'{len(chosen) - failed} passed, {failed} failed')
    return 1 if failed else 0
