"""What is nobody's fault: memory that is refused, calls of the system that fail, clocks that jump."""

import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile

from support import daemon as d
from support.converting import assert_clean, children, halted_converter, model_files, post, tar
from support.daemon import BYTES, DIGITS, JSON, SEVEN, Background, case
from support.faults import FOREVER, Faults

# Of a request's allocations each of the first fails in turn, and of the others a share.
EVERY, SHARE = (10, 4) if d.WRAPPER else (150, 16)
CONVERT = '/convert?name=new&wait=1'
FORM = 'Content-Type: multipart/form-data; boundary=boundary'


def message(method, path, *headers, body=b''):
    lines = [f'{method} {path} HTTP/1.1', 'Host: localhost', 'Connection: close', *headers]
    if body or method in ('POST', 'PUT'):
        lines.append(f'Content-Length: {len(body)}')
    return '\r\n'.join(lines).encode() + b'\r\n\r\n' + body


def form(files):
    parts = [f'--boundary\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'
             .encode() + data + b'\r\n' for name, data in files.items()]
    return b''.join(parts) + b'--boundary--\r\n'


def requests():
    """(bytes, what comes before or None, statuses besides that of success and 503)."""
    seven, nb = SEVEN.read_bytes(), d.nb('digits').read_bytes()
    numbers = json.dumps({'data': list(d.floats(seven))}).encode()
    v2 = {'inputs': [{'name': 'image', 'shape': [1, 1, 32, 32], 'datatype': 'FP32'}]}
    v2_json = json.dumps({'inputs': [{**v2['inputs'][0], 'data': list(d.floats(seven))}]}).encode()
    v2['inputs'][0]['parameters'] = {'binary_data_size': len(seven)}
    head = json.dumps(v2).encode()
    put = message('PUT', '/models/other', body=nb)
    texts = [
        message('POST', '/predict?model=digits', BYTES, body=seven),
        message('POST', '/predict?model=digits', BYTES, 'Accept: application/octet-stream',
                body=seven),
        message('POST', '/predict?model=digits', JSON, body=numbers),
        message('POST', '/predict?model=digits', body=(DIGITS / 'seven.png').read_bytes()),
        message('POST', '/v2/models/digits/infer', JSON, body=v2_json),
        message('POST', '/v2/models/digits/infer', f'Inference-Header-Content-Length: {len(head)}',
                body=head + seven),
        message('POST', '/models/digits/profile', BYTES, body=seven),
        *(message('GET', path) for path in (
            '/jobs', '/models', '/models/digits', '/models/digits/model.json',
            '/models/digits/labels.txt', '/v2', '/v2/models/digits', '/v2/models/digits/ready',
            '/v2/models/digits/config', '/v2/models/digits/stats', '/v2/models/stats',
            '/v2/health/live', '/v2/health/ready', '/metrics', '/openapi.json', '/board', '/')),
        message('POST', '/v2/repository/index'),
    ]
    changes = [
        (put, None),
        (message('PUT', '/models/other/labels.txt', body=b'a\nb\n'), None),
        (message('PUT', '/models/other/model.json', JSON, body=b'{"instances": 1}'), None),
        (message('POST', '/v2/repository/models/other/load'), None),
        (message('POST', '/v2/repository/models/other/unload'), None),
        (message('DELETE', '/models/other'), put),
    ]
    files = model_files()
    # 413: the conversion's limit of memory; 500: its death, or no thread and no directory; what
    # libarchive (415) and libmicrohttpd's reader of forms (400) have no memory for they do not know.
    uploads = [
        (message('POST', CONVERT, body=tar(files)), None, (413, 415, 500)),
        (message('POST', CONVERT, body=tar(files, 'w:gz')), None, (413, 415, 500)),
        (message('POST', CONVERT, FORM, body=form(files)), None, (400, 413, 500)),
    ]
    return ([(text, None, ()) for text in texts] + [(*change, (500,)) for change in changes] +
            uploads)


def sweep(daemon, faults, text, before, others, lasting):
    """Sends it again and again, each time with another allocation failing, until none does."""
    n, failed, statuses = 0, 1, set()
    while failed:
        n += 1 if n < EVERY else 1 + n // SHARE
        if before:
            daemon.talk(before)
        with faults.allocation(n, lasting):
            reply = daemon.talk(text)
        failed = faults.failed
        if failed and reply:
            statuses.add(reply.status)
        if reply and reply.status >= 400:
            assert reply.json()['error'], reply.body
        daemon.check_live()
    assert reply.status in (200, 204), (text[:80], reply.status, reply.body)
    assert n > 1, 'no allocation has failed'
    assert statuses <= {reply.status, 503, *others}, (text[:80], statuses)


class Failing(d.Daemon):
    """Its state is in memory, if there is such a directory: what it syncs a thousand times is there
    at once."""

    def __init__(self, *flags, models=()):
        self.faults = Faults(f'{id(self)}')
        memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        self.place = tempfile.TemporaryDirectory(prefix='cayuco-e2e-', dir=memory)
        super().__init__('--log-level=error', *flags, models=models, env=self.faults.env,
                         state=self.place.name)

    def kill(self):
        super().kill()
        self.place.cleanup()

    def stop(self):
        """A conversion may crash within a library that has no memory; the daemon may not, nor leak."""
        self.process.terminate()
        status = self.process.wait(d.PATIENCE)
        self.kill()
        mine = self.faults.reports(self.process.pid)
        assert not mine, mine
        return status

    def check_live(self):
        d.assert_equal(self.talk(message('GET', '/v2/health/live')).status, 200)


@contextlib.contextmanager
def to_its_end(failing):
    """Stops it as it should; what it said is shown if anything went wrong."""
    try:
        yield failing
        d.assert_equal(failing.stop(), 0)
    except BaseException:
        print(failing.log.read_text())
        raise
    finally:
        failing.kill()


def sweep_all(daemon, lasting):
    with to_its_end(Failing('--jobs=10', models=('digits',))) as failing:
        good = failing.good_bytes()
        for text, before, others in requests():
            sweep(failing, failing.faults, text, before, others, lasting)
            d.assert_equal(failing.good_bytes(), good)
        versions = sorted(int(p.name) for p in (failing.state / 'models/new').iterdir())
        served = failing.curl('/models/new').json()['version']
        d.assert_equal(served, str(versions[-1]))


@case(models=())
def an_allocation_that_fails_is_503_or_a_closed_connection(daemon):
    sweep_all(daemon, lasting=1)


@case(models=())
def where_all_memory_has_gone_for_a_while_it_goes_on(daemon):
    sweep_all(daemon, lasting=FOREVER)


# What is asked of the system while it serves.
CALLS_OF_REQUESTS = {  # and the statuses; who calls mmap, libmicrohttpd, does without
    'pthread_create': {503}, 'socketpair': {500}, 'fork': {503}, 'mmap': {200, 204}, 'mkdir': {500},
    'rename': {500}, 'fdatasync': {500},
}


def calls_fail(failing, name, text, before):
    """Sends it again and again, each time with another call of that name failing. The statuses."""
    statuses, failed = [], 1
    while failed:
        if before:
            failing.talk(before)
        failing.faults.order(calls=len(statuses) + 1, name=name)
        reply = failing.talk(text)
        failed = failing.faults.failed
        failing.faults.order()
        statuses.append(reply.status if reply else None)
        if reply and reply.status >= 400:
            assert reply.json()['error'], reply.body
        failing.check_live()
    assert statuses.pop() in (200, 204), (name, text[:80], reply.body)
    return statuses


@case(models=())
def a_call_of_the_system_that_fails_is_told_and_the_next_request_works(daemon):
    told = {name: set() for name in CALLS_OF_REQUESTS}
    with to_its_end(Failing(models=('digits',))) as failing:
        good = failing.good_bytes()
        for text, before, _ in requests():
            for name in CALLS_OF_REQUESTS:
                told[name].update(calls_fail(failing, name, text, before))
            d.assert_equal(failing.good_bytes(), good)
        assert_clean(failing, ['digits', 'new'])
        d.assert_equal(told, CALLS_OF_REQUESTS)


# What the daemon asks the system for at its start.
CALLS = ('pthread_create', 'eventfd', 'signalfd', 'epoll_create1', 'inotify_init1', 'socketpair',
         'bind', 'listen', 'fork')


@case(models=())
def what_fails_at_the_start_is_told_and_it_is_not_ready(daemon):
    for name in CALLS:
        n = 1
        while start_fails(daemon.home / f'{name}-{n}', name, n):
            n += 1
        assert n > 1, f'{name} has never failed'


def start_fails(home, name, n):
    """Starts a daemon whose n-th call of that name fails; false if it makes no n calls."""
    faults = Faults(home.name)
    faults.order(calls=n, name=name)
    d.put_model(home / 'state', 'digits', d.nb('digits'))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(home / 'notify'))
        notify.setblocking(False)
        env = {k: v for k, v in os.environ.items() if not k.startswith('CAYUCO')}
        with (home / 'log').open('w') as log:
            process = subprocess.Popen(
                [*d.WRAPPER, d.CAYUCOD, '--listen=127.0.0.1:0', f'--state={home}/state'],
                env={**env, **faults.env, 'NOTIFY_SOCKET': str(home / 'notify')},
                stdout=subprocess.DEVNULL, stderr=log)
        try:
            d.wait_for('start', lambda: process.poll() is not None or is_ready(notify))
            ready = process.poll() is None
            process.terminate()
            status = process.wait(d.PATIENCE)
            lines = (home / 'log').read_text().splitlines()
        finally:
            process.kill()
        if ready:  # it does without, and says so
            d.assert_equal(status, 0)
            assert not faults.failed or any(' error: ' in l for l in lines), (name, n, lines)
        else:
            d.assert_equal(status, 3)
            assert lines[-1].startswith('cayucod: ') and not is_ready(notify), (name, n, lines)
    return faults.failed


def is_ready(notify):
    try:
        return b'READY=1' in notify.recv(4096)
    except BlockingIOError:
        return False


def stage_of(daemon, job):
    told = daemon.curl(f'/jobs/{job}').json()
    return told['state'], told.get('stage')


@case(models=())
def a_conversion_held_in_any_of_its_stages_is_cancelled_there(daemon):
    failing = Failing()
    packed, plain = tar(model_files(), 'w:gz'), tar(model_files())
    try:
        reply = post(failing, 'whole', packed)
        told = failing.curl(f'/jobs/{reply.json()["job"]}/events').body.decode().splitlines()
        stages = dict.fromkeys(json.loads(line).get('stage') for line in told)
        stages = list(filter(None, stages))
        stages = stages[:stages.index('read model')]  # and on: in the daemon, no process to hold
        assert len(stages) >= 5, stages
        for stage in stages:
            failing.faults.order(stage=stage)
            identity = post(failing, 'held', packed, query='').json()['job']
            d.wait_for('stop', lambda: is_held(failing), failing)
            d.wait_for('stage', lambda: stage_of(failing, identity) == ('running', stage), failing)
            reply = failing.curl(f'/jobs/{identity}', '-X', 'DELETE')
            d.assert_equal((reply.status, reply.json()['state']), (200, 'cancelled'))
            assert_clean(failing, ['whole'])
            d.assert_equal(post(failing, 'whole', plain).status, 200)
        d.assert_equal(failing.stop(), 0)
    finally:
        failing.kill()


def is_held(daemon):
    """True if the process of a conversion has stopped."""
    [(parent, _)] = children(daemon.process.pid)
    return any(state == 'T' for _, state in children(parent))


@case(models=())
def a_clock_that_jumps_changes_no_answer(daemon):
    day = 86400
    failing = Failing('--deadline=60', '--idle-timeout=60', '--conversion-timeout=60',
                      models=('digits',))
    try:
        good = failing.good_bytes()
        body = SEVEN.read_bytes()
        for jump in (day, -day, 0):
            # A request that has begun, a connection that is kept and a conversion live through it.
            kept, begun = failing.connect(), failing.connect()
            kept.sendall(b'GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
            assert b' 200 ' in kept.recv(4096)
            begun.sendall(message('POST', '/predict?model=digits', BYTES,
                                  'Accept: application/octet-stream', body=body)[:-100])
            with halted_converter(failing):
                wait = Background(post, failing, 'new', tar(model_files()))
                d.wait_for('job', lambda: 'running' in [
                    job['state'] for job in failing.curl('/jobs').json()['jobs']], failing)
                failing.faults.order(clock=jump)
            d.assert_equal(wait.join().status, 200)
            begun.sendall(body[-100:])
            d.assert_equal(d.parse_reply(d.read_all(begun)).body, good)
            kept.sendall(b'GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
            assert b' 200 ' in kept.recv(4096)
            d.assert_equal(failing.good_bytes(), good)
            kept.close()
            begun.close()
        d.assert_equal(failing.stop(), 0)
    finally:
        failing.kill()


@case('--instances=2', '--threads=2')
def processors_that_go_away_change_no_answer(daemon):
    good = daemon.good_bytes()
    all_of_them = os.sched_getaffinity(daemon.process.pid)
    clients = [Background(lambda: {daemon.good_bytes() for _ in range(20)}) for _ in range(4)]
    for processors in ({min(all_of_them)}, {max(all_of_them)}, all_of_them) * 3:
        for task in pathlib.Path(f'/proc/{daemon.process.pid}/task').iterdir():
            os.sched_setaffinity(int(task.name), processors)
        d.assert_equal(daemon.good_bytes(), good)
    for client in clients:
        d.assert_equal(client.join(), {good})


def address_space(pid):
    status = pathlib.Path(f'/proc/{pid}/status').read_text()
    return int(re.search(r'VmSize:\s+(\d+)', status)[1]) * 1024


def limited(failing, room, large):
    """What all requests are answered with when no more than so many bytes can be mapped anew."""
    pid, endless = failing.process.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_AS, (address_space(pid) + room, endless))
    assert 'memory' in failing.talk(large).error(503)
    for text, before, others in requests():
        if before:
            failing.talk(before)
        reply = failing.talk(text)
        allowed = {200, 204, 503, *others, *((404,) if b'/other' in text[:50] else ())}
        assert reply.status in allowed, (text[:80], reply.status, reply.body)
        failing.check_live()
    resource.prlimit(pid, resource.RLIMIT_AS, (endless, endless))


@case(models=())
def at_a_limit_of_its_address_space_it_answers_and_recovers(daemon):
    if d.WRAPPER or address_space(daemon.process.pid) > 1 << 40:
        print('left out: an emulator or a sanitizer, which has taken terabytes, ends at such a limit')
        return
    large = message('POST', '/predict?model=digits', BYTES, body=bytes(32 << 20))
    with to_its_end(Failing(models=('digits',))) as failing:
        good = failing.good_bytes()
        for room in (0, 1 << 20, 16 << 20):
            limited(failing, room, large)
            for text, before, _ in requests():
                if before:
                    failing.talk(before)
                assert failing.talk(text).status in (200, 204), text[:80]
            d.assert_equal(failing.good_bytes(), good)
        d.assert_equal(failing.talk(large).status, 200)


if __name__ == '__main__':
    sys.exit(d.main())
