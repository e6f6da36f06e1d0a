"""Start and end: settings, sockets, signals."""

import os
import re
import resource
import signal
import socket
import subprocess
import sys

from support import daemon as d
from support.daemon import BYTES, SEVEN, Background, case


def refuses_to_start(status, *flags, env=None, **words):
    """Runs cayucod until it ends, and returns the one line that it prints."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith('CAYUCO')}
    run = subprocess.run([*d.WRAPPER, d.CAYUCOD, *flags], capture_output=True, timeout=d.PATIENCE,
                         env={**environ, 'HOME': str(d.scratch), **(env or {})})
    error = run.stderr.decode()
    d.assert_equal((run.returncode, run.stdout), (status, b''))
    assert error.startswith('cayucod: ') and error.count('\n') == 1, error
    return error


@case()
def a_state_directory_has_one_daemon(daemon):
    (daemon.state / 'tmp/upload').mkdir()  # of the first one, which the second one's start would empty
    line = refuses_to_start(3, '--listen=127.0.0.1:0', f'--state={daemon.state}')
    d.assert_equal(line, f'cayucod: --state: {daemon.state}: another daemon has it in use\n')
    assert (daemon.state / 'tmp/upload').is_dir()
    daemon.process.kill()  # without a word
    daemon.process.wait()
    again = d.Daemon(state=daemon.state)
    try:
        again.good_bytes()
        d.assert_equal(again.stop(), 0)
    finally:
        again.kill()


@case(models=())
def wrong_settings_are_one_line_and_status_2(daemon):
    file = daemon.home / 'cayuco.ini'
    file.write_text('# settings\ninstances = 2\nlisten_on = x\n')
    assert f'{file}:3: unknown key' in refuses_to_start(2, '--config', str(file))
    file.write_text('instances = two\n')
    assert f'{file}:1: instances' in refuses_to_start(2, f'--config={file}')
    assert 'none.ini: cannot read' in refuses_to_start(2, '--config', f'{daemon.home}/none.ini')
    assert '--lisen' in refuses_to_start(2, '--lisen=x')
    assert 'CAYUCO_QUEUE' in refuses_to_start(2, env={'CAYUCO_QUEUE': 'x'})
    assert 'not ADDRESS:PORT' in refuses_to_start(2, '--listen=8080')
    # What only the start finds out is told with its place, too.
    file.write_text(f'\ncpu = z80\nstate = {file}/s\n')
    d.assert_equal(refuses_to_start(2, f'--config={file}'),
                   f"cayucod: {file}:2: cpu: 'z80' is not ref, neon, dot, i8mm, avx2 or vnni\n")
    file.write_text(f'\n\nstate = {file}/s\n')
    line = refuses_to_start(3, f'--config={file}')
    assert line.startswith(f'cayucod: {file}:3: state: {file}/s: '), line


@case(models=())
def what_the_system_refuses_is_status_3(daemon):
    host, port = daemon.address
    line = refuses_to_start(3, f'--listen={host}:{port}', f'--state={daemon.home}/s')
    assert 'Address already in use' in line, line
    file = daemon.home / 'file'
    file.write_text('')
    refuses_to_start(3, '--listen=127.0.0.1:0', f'--state={file}')
    line = refuses_to_start(3, '--listen=127.0.0.1:0', f'--listen={host}:{port}',
                            f'--state={daemon.home}/s')
    assert str(daemon.home) not in line


@case(models=())
def help_and_version_are_printed(daemon):
    for flag, word in (('--help', 'Usage: cayucod'), ('-h', '--body_limit'), ('--version', 'cayucod ')):
        run = subprocess.run([*d.WRAPPER, d.CAYUCOD, flag], capture_output=True, text=True,
                             timeout=d.PATIENCE)
        d.assert_equal((run.returncode, run.stderr), (0, ''))
        assert word in run.stdout


@case()
def settings_come_from_file_environment_and_flags(daemon):
    file = daemon.home / 'cayuco.ini'
    file.write_text('instances = 5\nbody_limit = 1k\n')
    other = d.Daemon('--config', str(file), models=('digits',), env={'CAYUCO_INSTANCES': '3'})
    try:
        d.assert_equal(other.metric('cayuco_sessions{model="digits"}'), 3)
        other.predict(SEVEN.read_bytes(), BYTES).error(413)
        d.assert_equal(other.stop(), 0)
    finally:
        other.kill()


@case(models=())
def it_listens_in_several_places(daemon):
    path = daemon.home / 's.sock'
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))  # as a daemon leaves it that was killed
    stale.close()
    other = d.Daemon(models=('digits',), listen=('127.0.0.1:0', f'unix:{path}', '127.0.0.2:0'))
    try:
        d.assert_equal(other.urls[1], f'unix:{path}')
        assert other.urls[2].startswith('http://127.0.0.2:')
        for url in (other.urls[0], other.urls[2]):
            d.assert_equal(other.curl('/v2/health/live', url=url).status, 200)
        reply = other.curl('/v2/health/live', '--unix-socket', str(path), url='http://any.name')
        d.assert_equal(reply.status, 200)
        d.assert_equal(other.stop(), 0)
        assert not path.exists()
    finally:
        other.kill()


@case()
def the_log_has_a_line_for_each_request_and_change(daemon):
    for path in ('/v2/health/live', '/metrics'):
        d.assert_equal(daemon.curl(path).status, 200)
    daemon.curl('/models/none').error(404)
    daemon.good_bytes()
    text = daemon.log.read_text()
    d.assert_equal(re.findall(r'info: \S+ ((?:GET|POST) \S+ \d+)', text)[-4:],
                   ['GET /v2/health/live 200', 'GET /metrics 200', 'GET /models/none 404', 'POST /predict 200'])
    assert 'info: model digits version 1 is loaded' in text, text


@case()
def what_is_in_flight_is_finished_before_the_end(daemon):
    body = SEVEN.read_bytes()
    start = (f'POST /predict HTTP/1.1\r\nHost: localhost\r\n{BYTES}\r\n'
             f'Accept: application/octet-stream\r\nContent-Length: {len(body)}\r\n\r\n').encode()
    wanted = daemon.good_bytes()
    idle, socks = daemon.connect(), [daemon.connect() for _ in range(20)]
    for sock in socks:
        sock.sendall(start + body[:100])
    # Their bodies have begun: the last one's headers have been read when this one is answered.
    d.wait_for('the requests', lambda: len(socks) <= in_flight(daemon))
    daemon.process.terminate()
    d.wait_for('the end of listening', lambda: refused(daemon))
    for sock in socks:
        sock.sendall(body[100:])
    for sock in socks:
        reply = d.parse_reply(d.read_all(sock))
        d.assert_equal((reply.status, reply.body), (200, wanted))
    idle.close()
    d.assert_equal(daemon.wait(), 0)


def in_flight(daemon):
    return daemon.metric('cayuco_requests_in_flight') - 1  # without the one that asks


def refused(daemon):
    try:
        daemon.connect().close()
        return False
    except ConnectionError:  # refused, or reset before it was accepted
        return True


@case()
def while_it_stops_a_new_request_is_told_so(daemon):
    busy, keep = daemon.connect(), daemon.connect()
    busy.sendall(b'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n')
    keep.sendall(b'GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n')
    assert b' 200 ' in keep.recv(4096)
    d.wait_for('the request', lambda: in_flight(daemon) >= 1)
    daemon.process.terminate()
    d.wait_for('the end of listening', lambda: refused(daemon))
    keep.sendall(b'GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n')
    reply = d.parse_reply(d.read_all(keep))
    d.assert_equal((reply.status, reply.headers['connection']), (503, 'close'))
    busy.sendall(b'{"data":5')
    d.assert_equal(d.parse_reply(d.read_all(busy)).status, 400)
    d.assert_equal(daemon.wait(), 0)


@case()
def a_second_signal_ends_it_at_once(daemon):
    busy = daemon.connect()
    busy.sendall(b'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n')
    d.wait_for('the request', lambda: in_flight(daemon) >= 1)
    daemon.process.send_signal(signal.SIGINT)
    d.wait_for('the end of listening', lambda: refused(daemon))
    daemon.process.send_signal(signal.SIGTERM)
    d.assert_equal(daemon.wait(), 1)
    busy.close()


@case(models=())
def a_signal_while_models_are_loaded_ends_it_soon(daemon):
    count, state, log = 400, daemon.home / 'many', daemon.home / 'many.log'
    for i in range(count):
        d.put_model(state, f'digits{i}', d.nb('digits'))
    with log.open('w') as file:
        process = subprocess.Popen([*d.WRAPPER, d.CAYUCOD, '--listen=127.0.0.1:0', f'--state={state}'],
                                   stdout=subprocess.DEVNULL, stderr=file)
    try:
        d.wait_for('the first model', lambda: 'is loaded' in log.read_text())
        process.terminate()
        d.assert_equal(process.wait(d.PATIENCE), 0)
    finally:
        process.kill()
    assert 0 < log.read_text().count('is loaded') < count, 'all were loaded first'


@case('--connections-per-address=4', '--idle-timeout=2')
def silent_connections_are_limited_and_closed(daemon):
    socks = [daemon.connect() for _ in range(4)]
    over = daemon.connect()
    d.assert_equal(d.read_all(over), b'')  # at once
    for sock in socks:
        d.assert_equal(d.read_all(sock), b'')  # after the timeout
    daemon.check_alive()


@case('--instances=2')
def many_clients_get_what_one_gets(daemon):
    wanted = daemon.good_bytes()
    clients = [Background(lambda: {daemon.good_bytes() for _ in range(10)}) for _ in range(8)]
    for client in clients:
        d.assert_equal(client.join(), {wanted})


@case()
def metrics_have_the_form_that_prometheus_reads(daemon):
    for _ in range(3):
        daemon.good_bytes()
    daemon.predict(b'x', BYTES).error(400)
    reply = daemon.curl('/metrics')
    d.assert_equal(reply.headers['content-type'], 'text/plain; version=0.0.4')
    text = reply.body.decode()
    assert text.endswith('\n')
    kinds = {}
    for line in text.rstrip('\n').split('\n'):
        words = line.split(' ')
        if words[:2] == ['#', 'TYPE']:
            kinds[words[2]] = words[3]
        elif words[0] != '#':
            name = words[0].partition('{')[0]
            family = name.removesuffix('_bucket').removesuffix('_sum').removesuffix('_count')
            assert family in kinds or name in kinds, line
            float(words[1])
    predict = 'cayuco_requests_total{method="POST",route="/predict",status="%d"}'
    d.assert_equal(daemon.metric(predict % 200), 4)
    d.assert_equal(daemon.metric(predict % 400), 1)
    labels = '{model="digits",version="1",stage="%s"}'
    for stage in ('queue', 'parse', 'infer', 'encode'):
        d.assert_equal(daemon.metric('cayuco_stage_seconds_count' + labels % stage), 4)
    assert daemon.metric('process_resident_memory_bytes') > 1_000_000


NAME, LABEL = r'[a-zA-Z_:][a-zA-Z0-9_:]*', r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'


def parse_metrics(text):
    """Prometheus' text, strictly: {family: (type, {(name, labels): value})}."""
    assert text.endswith('\n') and '\r' not in text
    families, current = {}, None
    for line in text[:-1].split('\n'):
        if line.startswith('# HELP '):
            current = line.split(' ')[2]
            assert re.fullmatch(NAME, current) and current not in families, line
            families[current] = [None, {}]
        elif line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            assert name == current and not any(families[current]), line
            assert kind in ('counter', 'gauge', 'histogram'), line
            assert (kind == 'counter') == name.endswith('_total'), line
            families[current][0] = kind
        else:
            sample = re.fullmatch(rf'({NAME})(?:{{({LABEL}(?:,{LABEL})*)}})? (\S+)', line)
            assert sample, line
            name, labels = sample[1], tuple(re.findall(LABEL, sample[2] or ''))
            kind, samples = families[current]
            suffixes = ('_bucket', '_sum', '_count') if kind == 'histogram' else ('',)
            assert name in [current + suffix for suffix in suffixes], line
            assert len({label.partition('=')[0] for label in labels}) == len(labels), line
            assert (name, labels) not in samples, line
            samples[name, labels] = float(sample[3])
            assert samples[name, labels] >= 0 or name == 'cayuco_temperature_celsius', line
    return families


def check_histogram(name, samples):
    for (sample, labels), count in samples.items():
        if sample != name + '_count':
            continue
        buckets = [(label[-1], value) for (s, label), value in samples.items()
                   if s == name + '_bucket' and label[:-1] == labels]
        bounds = [float(bound[len('le="'):-1]) for bound, _ in buckets]
        assert bounds == sorted(set(bounds)) and bounds[-1] == float('inf'), bounds
        values = [value for _, value in buckets]
        assert values == sorted(values) and values[-1] == count, values
        assert (name + '_sum', labels) in samples


@case(models=('digits', 'conv_bn'))
def metrics_are_prometheus_text_to_the_letter(daemon):
    daemon.good_bytes()
    daemon.predict(b'abc', BYTES, query='?model=digits').error(400)
    daemon.curl('/none').error(404)
    reply = daemon.curl('/metrics')
    d.assert_equal(reply.headers['content-type'], 'text/plain; version=0.0.4')
    families = parse_metrics(reply.body.decode())
    for name, (kind, samples) in families.items():
        if kind == 'histogram':
            check_histogram(name, samples)
    failures = families['cayuco_inference_failures_total'][1]
    told = {labels[2]: value for (_, labels), value in failures.items() if labels[0] == 'model="digits"'}
    d.assert_equal(told, {'reason="REJECTED"': 0, 'reason="CANCELED"': 0, 'reason="BACKEND"': 0,
                          'reason="OTHER"': 1})
    [cpu] = families['process_cpu_seconds_total'][1].values()
    assert cpu > 0


@case()
def a_wait_that_fails_ends_the_daemon(daemon):
    """With fewer descriptors allowed than it waits for, poll fails for good: no reason to spin."""
    daemon.stop()
    leaks = os.environ.get('ASAN_OPTIONS', '') + ':detect_leaks=0'  # looking for them takes descriptors
    again = d.Daemon(state=daemon.state, env={'ASAN_OPTIONS': leaks})
    try:
        hard = resource.prlimit(again.process.pid, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(again.process.pid, resource.RLIMIT_NOFILE, (1, hard))
        again.process.send_signal(signal.SIGHUP)
        d.assert_equal(again.wait(), 3)
    finally:
        again.kill()


if __name__ == '__main__':
    sys.exit(d.main())
