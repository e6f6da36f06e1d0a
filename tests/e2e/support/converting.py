"""Uploads for end-to-end tests of conversions, and a converter that can be halted."""

import contextlib
import io
import os
import pathlib
import signal
import tarfile
import zipfile

from support import daemon as d

MODEL = d.DIGITS / 'model'


def model_files(directory=MODEL, prefix=''):
    """{name: bytes} of a model directory."""
    return {f'{prefix}{f.relative_to(directory)}': f.read_bytes()
            for f in sorted(pathlib.Path(directory).rglob('*')) if f.is_file()}


def tar(files, mode='w'):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def post(daemon, name, body, *headers, query='&wait=1', tag='body'):
    """Uploads one body as it is."""
    file = daemon.home / tag
    file.write_bytes(body)
    flags = [word for header in headers for word in ('-H', header)]
    return daemon.curl(f'/convert?name={name}{query}', '--data-binary', f'@{file}', *flags)


def post_form(daemon, name, files, query='&wait=1', tag='form'):
    """Uploads a form with a part for each file."""
    parts = []
    for i, (file_name, data) in enumerate(files.items()):
        path = daemon.home / f'{tag}-{i}'
        path.write_bytes(data)
        quoted = file_name.replace('\\', '\\\\').replace('"', '\\"')
        parts += ['-F', f'file=@{path};filename="{quoted}"']
    return daemon.curl(f'/convert?name={name}{query}', *parts)


def job(daemon, identity):
    return daemon.curl(f'/jobs/{identity}').json()


def failure(reply, status):
    """The text of a conversion's failure."""
    d.assert_equal((reply.status, reply.headers['content-type']), (status, 'application/json'))
    d.assert_equal(reply.json()['state'], 'failed')
    return reply.json()['error']


def workspaces(daemon):
    return list((daemon.state / 'tmp').iterdir())


def assert_clean(daemon, models):
    """No upload is left, and the names that have versions are these."""
    d.wait_for('removal of an upload', lambda: not workspaces(daemon))  # it may follow the answer
    d.assert_equal(sorted(p.name for p in (daemon.state / 'models').iterdir()), sorted(models))


def answer(daemon, name):
    """The raw answer of a model for the digit seven."""
    reply = daemon.predict(d.SEVEN.read_bytes(), d.BYTES, 'Accept: application/octet-stream',
                           query=f'?model={name}')
    d.assert_equal(reply.status, 200)
    return reply.body


def children(pid):
    found = []
    for stat in pathlib.Path('/proc').glob('[0-9]*/stat'):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(')')[2].split()
            if int(fields[1]) == pid:
                found.append((int(stat.parent.name), fields[0]))
    return found


@contextlib.contextmanager
def halted_converter(daemon):
    """Conversions begin when the block is over: what is in it happens before, for sure."""
    [(pid, _)] = children(daemon.process.pid)
    os.kill(pid, signal.SIGSTOP)
    d.wait_for('halt', lambda: (pid, 'T') in children(daemon.process.pid))
    try:
        yield
    finally:
        if daemon.process.poll() is None:
            os.kill(pid, signal.SIGCONT)


def ended(daemon, identity):
    """The job when it has ended."""
    d.wait_for('job', lambda: job(daemon, identity)['state'] not in ('queued', 'running'), daemon)
    return job(daemon, identity)
