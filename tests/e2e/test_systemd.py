"""What a service manager gives and hears: sockets handed over, notifications, the watchdog, reload."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile

from support import daemon as d, tracer
from support.daemon import BYTES, case


class Service:
    """A daemon that was started as systemd does."""

    def __init__(self, home, *flags, listener=None, watchdog_usec=0, full=False, **more):
        self.path = tempfile.mkdtemp(dir=home) + '/notify'
        self.listen()
        if full:
            self.fill()
        env = {**os.environ, 'NOTIFY_SOCKET': self.path, 'HOME': str(home), **more}
        if watchdog_usec:
            env['WATCHDOG_USEC'] = str(watchdog_usec)
        command = [*d.WRAPPER, d.CAYUCOD, '--listen=127.0.0.1:0', *flags]
        if listener:
            command = d.handed_over(listener, command)
        self.log = open(f'{home}/service.log', 'w+', encoding='utf-8')
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=self.log,
                                        pass_fds=[listener.fileno()] if listener else [])

    def listen(self):
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.settimeout(d.PATIENCE)
        self.notify.bind(self.path)

    def vanish(self):
        self.notify.close()
        os.unlink(self.path)

    def fill(self):
        """Nobody reads it, and there is no room for another notification."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            try:
                while True:
                    other.sendto(b'FULL=1', self.path)
            except BlockingIOError:
                pass

    def hear(self, wanted):
        """Notifications until the one that is wanted."""
        heard = []
        while not any(line.startswith(wanted) for line in heard):
            heard += self.notify.recv(4096).decode().split('\n')
        return heard

    def drain(self):
        """The notifications that have come."""
        heard = []
        self.notify.setblocking(False)
        try:
            while True:
                heard.append(self.notify.recv(4096).decode())
        except BlockingIOError:
            self.notify.settimeout(d.PATIENCE)
            return heard

    def said(self, text):
        """How often the log has it."""
        return pathlib.Path(self.log.name).read_text(encoding='utf-8').count(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.notify.close()
        self.log.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.hear('STOPPING=1')
        d.assert_equal(self.process.wait(d.PATIENCE), 0)


def check_health(url):
    host, _, port = url.removeprefix('http://').rpartition(':')
    assert b' 200 ' in ask((host, int(port)))


def ask(address):
    with socket.create_connection(address, timeout=d.PATIENCE) as client:
        client.sendall(b'GET /v2/health/ready HTTP/1.0\r\nHost: localhost\r\n\r\n')
        return client.makefile('rb').readline()


@case(models=())
def an_inherited_socket_answers_and_outlives_the_daemon(daemon):
    with socket.create_server(('127.0.0.1', 0)) as listener:
        for _ in range(2):
            with Service(daemon.home, f'--state={daemon.home}/s', listener=listener) as service:
                service.hear('READY=1')
                assert b' 200 ' in ask(listener.getsockname())
                service.stop()
        # Nobody serves now, and still a client is not refused: it waits for the next start.
        socket.create_connection(listener.getsockname(), timeout=d.PATIENCE).close()


@case(models=())
def sockets_of_another_process_are_left_alone(daemon):
    with Service(daemon.home, f'--state={daemon.home}/s', LISTEN_FDS='1', LISTEN_PID='1') as service:
        host, _, port = service.process.stdout.readline().decode().strip().rpartition(':')
        service.hear('READY=1')
        d.assert_equal(host, 'listening on http://127.0.0.1')  # its own
        assert b' 200 ' in ask(('127.0.0.1', int(port)))
        service.stop()


@case(models=())
def each_model_has_its_time_to_be_loaded_at_the_start(daemon):
    d.put_models(daemon.home / 's', ('digits', 'conv_bn'))
    with Service(daemon.home, f'--state={daemon.home}/s') as service:
        heard = service.hear('READY=1')
        d.assert_equal(heard[:2], ['EXTEND_TIMEOUT_USEC=300000000'] * 2)
        service.stop()


@case(models=())
def the_watchdog_is_told_again_and_again(daemon):
    with Service(daemon.home, f'--state={daemon.home}/s', watchdog_usec=20000) as service:
        for _ in range(3):
            service.hear('WATCHDOG=1')
        service.stop()


def a_model_runs(url):
    """False, too, if nothing is answered: a thread that was stopped may have had a lock."""
    run = subprocess.run(['curl', '-sS', '--max-time', '10', f'{url}/metrics'],
                         capture_output=True, text=True)
    assert run.returncode in (0, 28), run.stderr  # 28: the time is up
    return '\ncayuco_sessions_busy{model="conv_bn"} 1\n' in run.stdout


def check_silence(service):
    """Every ping that is withheld has its line in the log."""
    stuck = 'a worker is stuck in a request since'
    before = service.said(stuck)  # a slow machine may have said it of an earlier request
    d.wait_for('the log', lambda: service.said(stuck) > before)
    service.drain()
    before = service.said(stuck)
    d.wait_for('pings that are withheld', lambda: service.said(stuck) >= before + 4)
    d.assert_equal(service.drain(), [])


def check_silence_in_a_request(service, url, body):
    """False if the answer came before the worker could be stopped."""
    request = subprocess.Popen(['curl', '-sS', '-H', BYTES, '--data-binary', f'@{body}',
                                f'{url}/predict?model=conv_bn'], stdout=subprocess.DEVNULL)
    try:
        d.wait_for('work', lambda: a_model_runs(url) or request.poll() is not None)
        with tracer.StoppedThreads(service.process.pid, 'infer'):
            caught = a_model_runs(url)
            if caught:
                check_silence(service)
        return caught
    finally:
        d.assert_equal(request.wait(d.PATIENCE), 0)


@case(models=())
def the_watchdog_hears_nothing_while_a_worker_is_stuck(daemon):
    body = daemon.home / 'slow'
    body.write_bytes(bytes(10_000 * 3 * 8 * 7 * 4))  # tenths of a second of work
    d.put_models(daemon.home / 's', ('conv_bn',))
    with Service(daemon.home, f'--state={daemon.home}/s', '--deadline=1', '--instances=1',
                 watchdog_usec=500_000) as service:
        url = service.process.stdout.readline().decode().split()[-1]
        service.hear('READY=1')
        d.wait_for('a worker that is stuck',
                   lambda: check_silence_in_a_request(service, url, body))
        service.hear('WATCHDOG=1')  # it works again
        service.stop()


@case(models=())
def the_service_manager_is_told_what_is_in_service(daemon):
    d.put_models(daemon.home / 's', ('digits', 'conv_bn'))
    with Service(daemon.home, f'--state={daemon.home}/s', watchdog_usec=20000) as service:
        url = service.process.stdout.readline().decode().split()[-1]
        heard = service.hear('READY=1')
        assert 'STATUS=2 models in service, 0 requests in flight' in heard, heard
        subprocess.run(['curl', '-sS', '--fail', '-X', 'DELETE', f'{url}/models/conv_bn'], check=True,
                       timeout=d.PATIENCE)
        service.hear('STATUS=1 model in service')
        service.stop()


DEAF, HEARS = 'the service manager hears nothing: ', 'the service manager hears again'


@case(models=())
def a_notify_socket_that_goes_away_is_told_once_and_tried_again(daemon):
    with Service(daemon.home, f'--state={daemon.home}/s', watchdog_usec=20000) as service:
        address = service.process.stdout.readline().decode().split()[-1]
        service.hear('WATCHDOG=1')
        for times in (1, 2):
            service.vanish()
            d.wait_for('the log', lambda: service.said(DEAF) == times)
            check_health(address)
            service.listen()
            service.hear('WATCHDOG=1')
            d.wait_for('the log', lambda: service.said(HEARS) == times)
            d.assert_equal(service.said(DEAF), times)
        service.vanish()
        service.process.send_signal(signal.SIGTERM)
        d.assert_equal(service.process.wait(d.PATIENCE), 0)


@case(models=())
def a_notify_socket_that_nobody_reads_holds_nothing_up(daemon):
    with Service(daemon.home, f'--state={daemon.home}/s', full=True) as service:
        address = service.process.stdout.readline().decode().split()[-1]
        d.wait_for('the log', lambda: service.said(DEAF) == 1)
        check_health(address)
        heard = service.hear('READY=1')
        assert 'FULL=1' in heard, heard
        d.wait_for('the log', lambda: service.said(HEARS) == 1)
        service.stop()


@case(models=())
def a_notify_socket_that_nobody_reads_does_not_stop_the_end(daemon):
    with Service(daemon.home, f'--state={daemon.home}/s', full=True) as service:
        check_health(service.process.stdout.readline().decode().split()[-1])
        service.process.send_signal(signal.SIGTERM)
        d.assert_equal(service.process.wait(d.PATIENCE), 0)


@case(models=())
def a_notify_socket_of_a_bad_path_is_told(daemon):
    with Service(daemon.home, f'--state={daemon.home}/s', NOTIFY_SOCKET='/' + 200 * 'x') as service:
        check_health(service.process.stdout.readline().decode().split()[-1])
        d.wait_for('the log', lambda: service.said('NOTIFY_SOCKET is too long a path') == 1)
        service.process.send_signal(signal.SIGTERM)
        d.assert_equal(service.process.wait(d.PATIENCE), 0)


@case(models=())
def hangup_reads_the_settings_again(daemon):
    settings = daemon.home / 'conf'
    settings.write_text('log_level = error\n')
    with Service(daemon.home, f'--state={daemon.home}/s', f'--config={settings}') as service:
        service.hear('READY=1')
        for text, wanted in (('log_level = info\n', 'settings read again'),
                             ('log_level = loud\n', 'the old settings stay')):
            settings.write_text(text)
            service.process.send_signal(signal.SIGHUP)
            service.hear('RELOADING=1')
            service.hear('READY=1')
            log = (daemon.home / 'service.log').read_text()
            assert wanted in log, log
        service.stop()


if __name__ == '__main__':
    sys.exit(d.main())
