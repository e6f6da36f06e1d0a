"""cayuco against servers that lie, stop half-way, send too much, or want to drive the terminal."""

import contextlib
import json
import pathlib
import signal
import socket
import ssl
import sys
import threading

from support import daemon as d
from support.client import cayuco, start
from support.daemon import SEVEN, case

TLS = pathlib.Path(__file__).parent / 'tls'  # self-signed, for 127.0.0.1, until 2126
EVIL = '\x1b]0;owned\x07\x1b[2J\x9b31m\r\n\u202e'
MODEL = {'name': EVIL, 'version': EVIL, 'state': EVIL, 'reason': EVIL, 'ops': 1, 'int8_ops': 1,
         'inputs': [{'name': EVIL, 'datatype': EVIL, 'shape': [-1, 2]}]}
JOB = {'job': '1', 'model': EVIL, 'state': 'failed', 'percent': 10**15, 'error': EVIL, 'stage': EVIL, 'status': 422,
       'created': EVIL, 'report': {'ops': [{'type': EVIL, 'int8': 1, 'fp32': 2}], 'notes': [EVIL, 7],
                                   'missing': [{'type': EVIL, 'count': -1}], 'quantized': 3}}
PREDICTION = {'model_name': EVIL, 'model_version': EVIL, 'parameters': {'milliseconds': 1},
              'outputs': [{'name': EVIL, 'datatype': EVIL, 'shape': [1, EVIL], 'data': [1, EVIL, 2]}]}
TOP = {**PREDICTION, 'parameters': {'top': [[{'index': 1, 'label': EVIL, 'probability': None}], 7]}}
BOARD = {'name': EVIL, 'kernels': EVIL, 'celsius': 1e300, 'clusters': 9 * [
    {'cpus': -1, 'first': EVIL, 'mhz': 10**18, 'max_mhz': -10**18, 'capacity': None}]}
METADATA = {'name': 'm', 'inputs': [{'name': 'x', 'datatype': 'FP32', 'shape': [1, 1024]}]}
COMMANDS = [('ls',), ('status',), ('jobs',), ('jobs', '1'), ('load', 'm'), ('unload', 'm'), ('remove', 'm'),
            ('predict', 'm', SEVEN), ('bench', '--model=m', '-n2'),
            ('convert', d.DATA / 'conv_bn/model', '--to=m')]


def reply(value, status='200 OK', headers=''):
    body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return (f'HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n').encode() + body


def read_request(sock):
    """The path and the headers of a request, whose body is read too; or None."""
    data = b''
    while b'\r\n\r\n' not in data:
        chunk = sock.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b'\r\n\r\n')
    lines = head.decode('latin-1').split('\r\n')
    headers = {k.lower(): v for k, _, v in (line.partition(': ') for line in lines[1:])}
    if 'expect' in headers:
        sock.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
    left = int(headers.get('content-length', 0)) - len(body)
    while left > 0:
        left -= len(sock.recv(65536)) or left
    return lines[0].split()[1], headers


@contextlib.contextmanager
def server(answer, tls=None):
    """Answers each request with what answer(path, headers) returns: the bytes of a reply, or pieces of it,
    behind which the connection is closed."""
    listener = socket.create_server(('127.0.0.1', 0))
    if tls:
        listener = tls.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)

    def talk(sock):
        with sock, contextlib.suppress(OSError):
            while request := read_request(sock):
                data = answer(*request)
                if isinstance(data, bytes):
                    sock.sendall(data)
                    continue
                for piece in data:
                    sock.sendall(piece)
                return

    def serve():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f'http://127.0.0.1:{listener.getsockname()[1]}'
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def all_fail(answer, word, status=3, but=()):
    with server(answer) as url:
        for command in COMMANDS:
            if command[0] in but:
                continue
            line = cayuco(url, *command, status=status)
            assert word in line, (command, line)
            if status == 3:
                assert line.startswith(f'{url}: ') or command[0] not in ('ls', 'status'), line


@case(models=())
def answers_that_are_not_json(_):
    for body in (b'', b'{', b'[' * 100000, b'{"a":1}{"a":1}', b'"text"', b'{"a":"\xff"}',
                 b'{"a":1,"a":2}', b'null'):
        all_fail(lambda *_: reply(body), 'JSON', but=('load', 'unload', 'remove', 'status'))


@case(models=())
def answers_of_another_kind_than_asked(_):
    x = {'name': 'x', 'datatype': 'FP32'}
    for value, status in (({}, 3), ([], 3), ({'models': 7, 'jobs': {}, 'inputs': 'x'}, 3),
                          ({'models': [7, None], 'jobs': [[1]], 'inputs': [{'shape': 'x'}]}, 3),
                          ({'inputs': [{**x, 'shape': [1] * 9}]}, 3),
                          ({'inputs': [{**x, 'shape': [-2]}]}, 3),
                          ({'inputs': [{**x, 'shape': [2**31 - 1] * 8}]}, 1),
                          ({'inputs': [{**x, 'shape': [2**20, 2**10]}]}, 1)):
        with server(lambda *_: reply(value)) as url:
            for command in (('ls',), ('jobs',), ('status',)):
                cayuco(url, *command)
            cayuco(url, 'bench', '--model=m', '-n2', status=status)


@case(models=())
def an_answer_without_end_is_cut(_):
    def endless(*_):
        yield b'HTTP/1.1 200 OK\r\n\r\n{"a":"'
        while True:
            yield b'x' * 65536
    all_fail(endless, 'limit of 16 MiB')
    all_fail(lambda *_: b'HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n' + b' ' * 2**25,
             'limit of 16 MiB')


@case(models=())
def headers_without_end_are_cut(_):
    def endless(*_):
        yield b'HTTP/1.1 200 OK\r\n'
        while True:
            yield b'X-More: ' + b'x' * 1000 + b'\r\n'
    all_fail(endless, '64 KiB of headers')


@case(models=())
def answers_that_stop_half_way(_):
    whole = reply({'models': []})
    for cut in (0, 5, len(whole) - 1):
        all_fail(lambda *_: [whole[:cut]], 'cut short')
    all_fail(lambda *_: [b'SSH-2.0-other\r\n'], 'cut short')


@case(models=())
def nothing_drives_the_terminal(_):
    answers = {'/models': {'models': [MODEL]}, '/jobs': {'jobs': [JOB]}, '/jobs/1': JOB,
               '/v2': {'name': EVIL, 'version': EVIL}, '/board': BOARD, '/metrics': {},
               '/predict': PREDICTION}
    with server(lambda path, _: reply(answers[path.split('?')[0]])) as url:
        for command in (('ls',), ('jobs',), ('status',), ('jobs', '1'), ('ls', '--json'),
                        ('status', '--json'), ('jobs', '--json')):
            assert 'owned' in cayuco(url, *command), command
        file = d.scratch / 'x.json'
        file.write_text('{}')
        for body in (PREDICTION, TOP):
            answers['/predict'] = body
            assert 'owned' in cayuco(url, 'predict', 'm', file)
            assert 'owned' in cayuco(url, 'predict', 'm', file, '--json')
    with server(lambda *_: reply(JOB)) as url:
        assert 'owned' in cayuco(url, 'convert', d.DATA / 'conv_bn/model', '--to=m', status=1)
    all_fail(lambda *_: reply({'error': EVIL}, '400 Bad'), 'owned', status=1)


@case(models=())
def statuses_say_who_is_at_fault(_):
    for status, exit_status in ((400, 1), (401, 1), (403, 1), (404, 1), (409, 1), (413, 1), (302, 3),
                                (500, 3), (507, 3)):
        line = f'{status} X'
        headers = 'Location: http://127.0.0.1:1/\r\n'
        all_fail(lambda *_: reply({'error': 'this: that'}, line, headers), 'this: that', exit_status)
        all_fail(lambda *_: reply(b'<html>', line, headers), f'status {status}', exit_status)


@case(models=())
def metrics_may_be_anything(_):
    for text in (b'cayuco_queue_length', b'cayuco_queue_length{a="} 7', b'cayuco_queue_length nan\n',
                 b'cayuco_queue_length{a="\xff"} 1e999\n', b'\0\0', b'cayuco_sessions ' + b'9' * 10000):
        answers = {'/models': reply({'models': []}), '/v2': reply({}), '/board': reply({}),
                   '/metrics': reply(text)}
        with server(lambda path, _: answers[path]) as url:
            cayuco(url, 'status')
            cayuco(url, 'status', '--json')


@case(models=())
def a_board_that_is_slowed_down_says_why(_):
    slow = {'clusters': [{'first': 0, 'cpus': 4, 'max_mhz': 1800, 'limit_mhz': 1000, 'mhz': 1000}],
            'throttled': {'now': ['under_voltage', EVIL, 7], 'since_boot': ['under_voltage', 'throttled']}}
    for board, words in ((slow, ('under_voltage; since boot: under_voltage, throttled', '1000 of 1800 MHz, limited to 1000')),
                         ({'throttled': {'now': [], 'since_boot': []}}, ('throttled    no\n',)),
                         ({'throttled': 7}, ()), ({'throttled': {'now': {'a': 1}}}, ('throttled    no\n',))):
        def answer(path, _):
            return reply({'/board': board, '/metrics': {}, '/models': {}, '/v2': {}}.get(path, METADATA))
        with server(answer) as url:
            text = cayuco(url, 'status')
            assert all(word in text for word in words) and ('throttled' in text) == bool(words), text
            bench = cayuco(url, 'bench', '--model=m', '-n2')
            [level] = json.loads(cayuco(url, 'bench', '--model=m', '-n2', '--json'))['levels']
        now = board is slow
        d.assert_equal(level.get('throttled'), now if words else None)
        assert ('throttled: yes, the firmware says under_voltage; since boot' in bench) == now, bench
        assert ('throttled: not known' in bench) == (not words), bench


RUNNING = {'job': '1 2', 'model': 'm', 'state': 'running', 'percent': 0}


def convert(events, status):
    """What a conversion comes to of which the daemon tells so."""
    asked = []

    def answer(path, _):
        asked.append(path.split('?')[0])
        return reply(RUNNING) if path.startswith('/convert') else events
    with server(answer) as url:
        line = cayuco(url, 'convert', d.DATA / 'conv_bn/model', '--to=m', status=status)
    d.assert_equal(asked[:2], ['/convert', '/jobs/1%202/events'])
    return line


@case(models=())
def a_job_that_never_ends_ends_with_its_server(_):
    running = json.dumps(RUNNING).encode()
    for events in (reply(RUNNING), reply(b''), reply(running + b'\nnonsense\n[]\n\n{}\n7'), [b''],
                   reply({'state': 'running'})):
        assert 'stopped telling' in convert(events, 3) or events == [b''], events


@case(models=())
def events_without_end_are_cut(_):
    def endless():
        yield b'HTTP/1.1 200 OK\r\n\r\n' + json.dumps(RUNNING).encode() + b'\n{"state":"'
        while True:
            yield b'x' * 65536
    assert 'limit of 16 MiB' in convert(endless(), 3)


@case(models=())
def an_interrupt_cancels_a_job_that_nothing_is_told_of(_):
    watched, over = threading.Event(), threading.Event()

    def silent():
        yield b'HTTP/1.1 200 OK\r\n\r\n'
        watched.set()
        over.wait(d.PATIENCE)

    def answer(path, _):
        if path.startswith('/convert'):
            return reply(RUNNING)
        return silent() if path.endswith('/events') else reply({**RUNNING, 'state': 'cancelled'})
    with server(answer) as url:
        run = start(url, 'convert', d.DATA / 'conv_bn/model', '--to=m')
        assert watched.wait(d.PATIENCE)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=d.PATIENCE)
        over.set()
    assert run.returncode == -signal.SIGINT and b'state       cancelled' in out and b': cancelled' in err, (out, err)


@case(models=())
def a_failed_job_ends_with_the_status_of_who_is_at_fault(_):
    for status, exit_status in ((422, 1), (400, 1), (413, 1), (507, 3), (504, 3), (500, 3), (None, 3)):
        job = {**RUNNING, 'state': 'failed', 'error': 'this: that', 'status': status}
        events = b'\n'.join(json.dumps(line).encode() for line in (RUNNING, RUNNING, job))
        for end in (b'', b'\n'):
            line = convert(reply(events + end), exit_status)
            assert line.endswith('/conv_bn/model: this: that'), line
    line = convert(reply({'error': 'no such thing'}, '404 Not Found'), 1)
    assert line.endswith(': no such thing'), line


@case(models=())
def a_token_goes_with_each_request_and_shows_nowhere(_):
    seen = []

    def answer(_, headers):
        seen.append(headers.get('authorization'))
        return reply({'error': 'no'}, '401 Unauthorized')
    token = d.scratch / 'token'
    token.write_text('s3cret-token\n')
    with server(answer) as url:
        for line in (cayuco(url, 'ls', status=1), cayuco(url, 'ls', '--token-file', token, status=1),
                     cayuco(url, 'ls', status=1, CAYUCO_TOKEN_FILE=str(token))):
            assert 's3cret' not in line and '--token-file' in line, line
        d.assert_equal(seen, [None, 'Bearer s3cret-token', 'Bearer s3cret-token'])
        for text in ('', '\n', 'two words', 'a\nb', 'x\r\nHost: y', 'ü', 'x' * 5000):
            token.write_text(text)
            line = cayuco(url, 'ls', '--token-file', token, status=1)
            assert line.startswith(f'{token}: '), line
        cayuco(url, 'ls', '--token-file', d.scratch / 'none', status=1)
        d.assert_equal(len(seen), 3)


@case(models=())
def https_is_spoken_with_whom_is_trusted(_):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(TLS / 'certificate.pem', TLS / 'key.pem')
    with server(lambda *_: reply({'models': []}), tls) as url:
        url = url.replace('http:', 'https:')
        assert 'model' in cayuco(url, 'ls', '--ca-file', TLS / 'certificate.pem')
        assert 'model' in cayuco(url, 'ls', CAYUCO_CA_FILE=str(TLS / 'certificate.pem'))
        assert 'not trusted' in cayuco(url, 'ls', status=3)
        assert 'not trusted' in cayuco(url, 'ls', '--ca-file', d.scratch / 'none', status=3)
        other = url.replace('127.0.0.1', 'localhost')  # not a name of the certificate
        assert 'not trusted' in cayuco(other, 'ls', '--ca-file', TLS / 'certificate.pem', status=3)


@case()
def https_where_none_is_spoken_is_told(daemon):
    line = cayuco(daemon.url.replace('http:', 'https:'), 'ls', status=3)
    assert 'no https is spoken there' in line, line


@case(models=())
def numbers_are_printed_as_they_came(_):
    file = d.scratch / 'one.json'
    file.write_text('{}')
    answer = b'{"outputs": [], "parameters": {"milliseconds": 8.476, "x": 0.9999964}}'
    with server(lambda *_: reply(answer)) as url:
        lines = cayuco(url, 'predict', 'm', file, '--json').replace(',', '').split('\n')
    assert {'  "milliseconds": 8.476', '  "x": 0.9999964'} < set(lines), lines


@case(models=())
def an_interrupt_ends_an_upload_that_nobody_reads(_):
    place = d.scratch / 'large'
    place.mkdir()
    with (place / 'params').open('wb') as file:
        file.truncate(256 << 20)
    listener = socket.create_server(('127.0.0.1', 0))
    run = start(f'http://127.0.0.1:{listener.getsockname()[1]}', 'convert', place, '--to=m')
    with listener, listener.accept()[0] as sock:
        sock.recv(16)
        sock.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
        sock.recv(16)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=d.PATIENCE)
    d.assert_equal((run.returncode, out, err.decode()),
                   (-signal.SIGINT, b'', f'cayuco: {place}: cancelled\n'))


@case(models=())
def bench_shows_the_daemon_s_own_times_and_counts_refusals(_):
    count = []

    def answer(path, _):
        if path.endswith('/profile'):
            return reply({'error': EVIL}, '403 Forbidden')
        if not path.endswith('/infer'):
            return reply(METADATA)
        count.append(1)
        if len(count) == 5:
            return reply({'error': 'full'}, '503 Busy', 'Retry-After: 1\r\n')
        return reply(b'', headers='Server-Timing: queue;dur=1, input;dur=2.5, infer;dur=3, '
                                  'output;dur=0.25\r\n')
    with server(answer) as url:
        told = json.loads(cayuco(url, 'bench', '--model=m', '-n10', '--json'))
        assert 'ops' not in told, told
        assert '\nno times of ops: ?]0;owned?' in cayuco(url, 'bench', '--model=m', '-n2')
    [level] = told['levels']
    d.assert_equal([level[key] for key in ('answered', 'refused', 'queue_ms', 'input_ms', 'infer_ms',
                                           'output_ms')], [9, 1, 1, 2.5, 3, 0.25])


@case(models=())
def the_times_of_ops_are_means_of_whatever_is_told(_):
    told = [{'ops': [{'ms': 1, 'type': EVIL}, {'ms': 2.5}]}, {'ops': [{'ms': 3}]}, {'ops': [7]}, [], {'ops': None},
            *5 * [{'ops': [{'type': EVIL, 'kernel': EVIL, 'shape': [-1, 10**18, EVIL], 'name': EVIL, 'ms': 'x'},
                           {'type': 'b', 'int8': True, 'ms': 4}]}]]
    kept = list(told)

    def answer(path, _):
        if path.endswith('/profile'):
            return reply(kept.pop(0) if kept else told[-1])
        return reply(METADATA)
    with server(answer) as url:
        text = cayuco(url, 'bench', '--model=m', '-n2')
        d.assert_equal((kept, text.splitlines()[-1].split()), ([], ['4.0000', '100.0%', 'b', 'int8', '-', 'scalar']))
        assert '?x1000000000000000000x0' in text, text
        ops = json.loads(cayuco(url, 'bench', '--model=m', '-n2', '--json'))['ops']
    d.assert_equal([(op['ms'], op['share']) for op in ops], [(0, 0), (4, 1)])


if __name__ == '__main__':
    sys.exit(d.main())
