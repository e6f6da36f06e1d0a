"""Who may ask for what: tokens, addresses beyond loopback, TLS, and a reload of all that."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys

from support import daemon as d
from support.client import cayuco
from support.daemon import DIGITS, SEVEN, case

TLS = pathlib.Path(__file__).parent / 'tls'  # self-signed, for 127.0.0.1, until 2126
INFER, ADMIN = 'inference-0123456789', 'administration-0123456789'
HEADER = 'Authorization: Bearer '


def secret(daemon, name, text, mode=0o600):
    path = daemon.home / name
    path.write_text(text)
    path.chmod(mode)
    return path


def guarded(daemon, *flags, **words):
    """A second daemon, with tokens."""
    return d.Daemon(f'--token-file={secret(daemon, "infer", INFER)}',
                    f'--admin-token-file={secret(daemon, "admin", ADMIN)}', *flags, **words)


def ask(guard, method, path, token=None):
    flags = ['-H', HEADER + token] if token is not None else []
    if method == 'POST':
        flags += ['-H', d.BYTES, '--data-binary', '@-']
    return guard.curl(path, '-X', method, *flags, body=SEVEN.read_bytes() if method == 'POST' else b'')


def routes():
    source = (pathlib.Path(d.ROOT) / 'daemon/routes/routes.c').read_text()
    found = re.findall(r'{"([A-Z]+)", "(/[^"]*)",\s+CAY_ACCESS_([A-Z]+)', source)
    assert len(found) > 20 and len(found) == source.count('{"')
    return [(m, p.replace('{name}', 'none').replace('{version}', '1'), level) for m, p, level in found]


@case(models=())
def every_route_wants_the_token_that_the_table_says(daemon):
    guard = guarded(daemon, models=('digits',))
    try:
        for method, path, level in routes():
            for token in (None, '', 'wrong', INFER[:-1], INFER + 'x', ADMIN[:-1], 'x' * 20000):
                reply = ask(guard, method, path, token)
                if level == 'NONE':
                    d.assert_equal((path, reply.status // 100), (path, 4 if path[:5] == '/web/' else 2))
                    continue
                d.assert_equal((path, token, reply.status), (path, token, 401))
                assert 'token' in reply.error(401)
                assert reply.headers['www-authenticate'].startswith('Bearer realm="cayuco"')
            status = ask(guard, method, path, INFER).status
            d.assert_equal((path, status in (401, 403)), (path, level == 'ADMIN'))
            assert ask(guard, method, path, ADMIN).status not in (401, 403), path
        for method, path in (('GET', '/nowhere'), ('PATCH', '/models')):  # nothing is told of these either
            ask(guard, method, path).error(401)
        ask(guard, 'GET', '/nowhere', INFER).error(404)
        ask(guard, 'PATCH', '/models', INFER).error(405)
        ask(guard, 'DELETE', '/models/digits', INFER).error(403)
        d.assert_equal(ask(guard, 'GET', '/v2/models/digits', INFER).status, 200)
        million = f'GET /models HTTP/1.1\r\nHost: localhost\r\n{HEADER}{"x" * 1_000_000}\r\n\r\n'
        d.assert_equal(guard.talk(million.encode()).status, 431)
        guard.check_alive()
        text = guard.log.read_text()
        assert INFER not in text and ADMIN not in text
    finally:
        guard.stop()


@case(models=())
def an_upload_without_a_token_is_not_read(daemon):
    guard = guarded(daemon)
    try:
        reply = guard.talk(f'POST /convert?name=a HTTP/1.1\r\nHost: {guard.address[0]}\r\n'
                           'Content-Type: application/x-tar\r\nContent-Length: 400000000\r\n\r\n'.encode())
        reply.error(401)
        d.assert_equal(reply.headers['connection'], 'close')
        d.assert_equal(list((guard.state / 'tmp').iterdir()), [])
    finally:
        guard.stop()


@case(models=())
def one_token_file_alone(daemon):
    one = d.Daemon(f'--token-file={secret(daemon, "infer", INFER)}', models=('digits',))
    try:
        ask(one, 'GET', '/models').error(401)
        d.assert_equal(ask(one, 'DELETE', '/models/digits', INFER).status, 204)
    finally:
        one.stop()
    one = d.Daemon(f'--admin-token-file={secret(daemon, "admin", ADMIN)}', models=('digits',))
    try:
        d.assert_equal(ask(one, 'GET', '/models').status, 200)
        ask(one, 'DELETE', '/models/digits').error(401)
        d.assert_equal(ask(one, 'DELETE', '/models/digits', ADMIN).status, 204)
    finally:
        one.stop()


def refuses_to_start(daemon, flags, *words, listener=None, env=None):
    command = [*d.WRAPPER, d.CAYUCOD, f'--state={daemon.home}/s', *flags]
    if listener:
        command = d.handed_over(listener, command)
    run = subprocess.run(command, capture_output=True, text=True, timeout=d.PATIENCE,
                         pass_fds=[listener.fileno()] if listener else [],
                         env={**os.environ, 'HOME': str(daemon.home), **(env or {})})
    d.assert_equal((run.returncode, run.stderr.count('\n')), (2, 1))
    assert 'listening' not in run.stdout, run.stdout
    for word in words:
        assert word in run.stderr, (word, run.stderr)


@case(models=())
def an_address_beyond_loopback_wants_a_token_file(daemon):
    everywhere = '0.0.0.0:0'
    conf = secret(daemon, 'conf', f'queue = 3\nlisten = 127.0.0.1:0\nlisten = {everywhere}\n')
    why = 'an address beyond loopback wants a token_file'
    refuses_to_start(daemon, [f'--listen={everywhere}'], 'cayucod: --listen: ', why)
    refuses_to_start(daemon, ['--listen=127.0.0.1:0', '--listen=[::]:0'], '--listen: http://[::]:', why)
    refuses_to_start(daemon, [f'--config={conf}'], f'{conf}:3: listen: http://0.0.0.0:', why)
    refuses_to_start(daemon, [], 'CAYUCO_LISTEN: ', why, env={'CAYUCO_LISTEN': everywhere})
    refuses_to_start(daemon, [f'--listen={everywhere}',  # who asks models must be known, too
                              f'--admin-token-file={secret(daemon, "admin", ADMIN)}'], why)
    with socket.create_server(('0.0.0.0', 0)) as listener:
        refuses_to_start(daemon, [], 'socket 3 of systemd: http://0.0.0.0:', why, listener=listener)
    open_ = guarded(daemon, listen=(everywhere, 'localhost:0', 'unix:' + str(daemon.home / 'socket')))
    try:
        port = open_.address[1]
        d.assert_equal(open_.curl('/models', url=f'http://127.0.0.1:{port}').status, 401)
    finally:
        open_.stop()


@case(models=())
def a_bad_token_file_is_refused_with_its_place(daemon):
    for text, mode, why in (('', 0o600, '0 letters'), ('short', 0o600, '5 letters'),
                            (INFER, 0o644, 'others may read'), ('a b' * 10, 0o600, 'one line'),
                            ('x' * 257, 0o600, '257 letters'), ('x' * 1_000_000, 0o600, 'at most')):
        path = secret(daemon, 'token', text, mode)
        refuses_to_start(daemon, [f'--token-file={path}'], f'--token_file: {path}: ', why)
    conf = secret(daemon, 'conf', f'\n[cayuco]\nadmin_token_file = {daemon.home}/none\n')
    refuses_to_start(daemon, [f'--config={conf}'], f'{conf}:3: admin_token_file: ', 'No such file')
    refuses_to_start(daemon, [f'--token-file={daemon.home}'], 'not a regular file')
    path = secret(daemon, 'token', INFER)
    refuses_to_start(daemon, [f'--token-file={path}', f'--admin-token-file={path}'], 'that of token_file')


def hang_up(guard, wanted):
    count = guard.log.read_text().count(wanted)
    guard.process.send_signal(signal.SIGHUP)
    d.wait_for('the reload', lambda: guard.log.read_text().count(wanted) > count, guard)


@case(models=())
def hangup_reads_tokens_again_and_keeps_the_old_if_the_new_are_bad(daemon):
    guard = guarded(daemon)
    try:
        secret(daemon, 'infer', 'another-0123456789')
        hang_up(guard, 'settings read again')
        ask(guard, 'GET', '/models', INFER).error(401)
        d.assert_equal(ask(guard, 'GET', '/models', 'another-0123456789').status, 200)
        secret(daemon, 'infer', 'short')
        hang_up(guard, 'the old settings stay')
        secret(daemon, 'infer', INFER, 0o644)
        hang_up(guard, 'the old settings stay')
        d.assert_equal(ask(guard, 'GET', '/models', 'another-0123456789').status, 200)
        ask(guard, 'GET', '/models', 'short').error(401)
        for _ in range(200):  # a storm of them
            guard.process.send_signal(signal.SIGHUP)
            guard.check_alive()
    finally:
        d.assert_equal(guard.stop(), 0)


@case(models=())
def a_reload_may_not_open_an_address_beyond_loopback(daemon):
    token = secret(daemon, 'infer', INFER)
    conf = secret(daemon, 'conf', f'token_file = {token}\n')
    guard = d.Daemon(f'--config={conf}', listen=('0.0.0.0:0',))
    try:
        secret(daemon, 'conf', '# no token\n')
        hang_up(guard, 'the old settings stay')
        d.assert_equal(guard.curl('/models', url=f'http://127.0.0.1:{guard.address[1]}').status, 401)
    finally:
        guard.stop()


def tls_flags(daemon, key_mode=0o600):
    key = secret(daemon, 'key', (TLS / 'key.pem').read_text(), key_mode)
    return [f'--tls-certificate={TLS / "certificate.pem"}', f'--tls-key={key}']


@case(models=())
def https_with_tokens_serves_curl_and_cayuco(daemon):
    path = daemon.home / 'socket'
    guard = guarded(daemon, *tls_flags(daemon), models=('digits',), listen=('127.0.0.1:0', f'unix:{path}'))
    try:
        assert guard.url.startswith('https://127.0.0.1:') and guard.urls[1] == f'unix:{path}', guard.urls
        trust = ['--cacert', str(TLS / 'certificate.pem')]
        d.assert_equal(guard.curl('/v2/health/live', *trust).status, 200)
        guard.curl('/models', *trust).error(401)
        reply = guard.curl('/predict', *trust, '-H', HEADER + INFER, '-H', d.BYTES, '--data-binary', '@-',
                           body=SEVEN.read_bytes())
        d.assert_equal(reply.status, 200)
        reply = guard.curl('/v2/health/live', '--unix-socket', str(path), url='http://localhost')
        d.assert_equal(reply.status, 200)  # nobody listens in on a file
        files = {'CAYUCO_CA_FILE': str(TLS / 'certificate.pem')}
        infer, admin = ('--token-file', daemon.home / 'infer'), ('--token-file', daemon.home / 'admin')
        text = cayuco(guard.url, 'predict', 'digits', SEVEN, *infer, **files)
        assert 'seven' in text, text
        assert 'token' in cayuco(guard.url, 'ls', status=1, **files)
        line = cayuco(guard.url, 'convert', DIGITS / 'model', '--to', 'mine', *infer, status=1, **files)
        assert 'token of administration' in line, line
        cayuco(guard.url, 'convert', DIGITS / 'model', '--to', 'mine', *admin, **files)
        assert 'mine' in cayuco(guard.url, 'ls', *infer, **files)
        assert 'not trusted' in cayuco(guard.url, 'ls', *infer, status=3)
    finally:
        d.assert_equal(guard.stop(), 0)


@case(models=())
def https_takes_current_versions_of_tls_only(daemon):
    guard = d.Daemon(*tls_flags(daemon))
    try:
        with socket.create_connection(('127.0.0.1', int(guard.url.rpartition(':')[2])), d.PATIENCE) as plain:
            plain.sendall(b'GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
            assert not d.read_all(plain).startswith(b'HTTP/'), 'plain HTTP was answered'
        for version, fits in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True),
                              (ssl.TLSVersion.TLSv1_3, True)):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(TLS / 'certificate.pem')
            context.set_ciphers('ALL:@SECLEVEL=0')
            context.minimum_version = context.maximum_version = version
            with socket.create_connection(('127.0.0.1', int(guard.url.rpartition(':')[2])), d.PATIENCE) as raw:
                try:
                    with context.wrap_socket(raw, server_hostname='127.0.0.1') as secure:
                        d.assert_equal((version, secure.version() is not None), (version, fits))
                except (ssl.SSLError, ConnectionResetError):
                    assert not fits, version
    finally:
        guard.stop()


@case(models=())
def who_says_nothing_more_in_a_handshake_is_let_go(daemon):
    guard = d.Daemon(*tls_flags(daemon), '--idle-timeout=1')

    def descriptors():
        return len(list(pathlib.Path(f'/proc/{guard.process.pid}/fd').iterdir()))

    try:
        before = descriptors()
        with contextlib.ExitStack() as stack:
            silent = []
            for begun in (b'', b'\x16\x03\x01\x02\x00\x01') * 16:  # of a ClientHello
                address = '127.0.0.1', int(guard.url.rpartition(':')[2])
                silent.append(stack.enter_context(socket.create_connection(address, d.PATIENCE)))
                silent[-1].sendall(begun)
            for sock in silent:
                d.assert_equal(sock.recv(1), b'')  # the end of it
            d.wait_for('their end', lambda: descriptors() == before, guard)
            trust = ['--cacert', str(TLS / 'certificate.pem')]
            d.assert_equal(guard.curl('/v2/health/live', *trust).status, 200)
    finally:
        d.assert_equal(guard.stop(), 0)


@case(models=())
def bad_certificates_and_keys_are_refused(daemon):
    certificate, key = tls_flags(daemon)
    refuses_to_start(daemon, [certificate], '--tls_certificate: ', 'belong together')
    refuses_to_start(daemon, [key], '--tls_key: ', 'belong together')
    refuses_to_start(daemon, ['--listen=127.0.0.1:0', *tls_flags(daemon, 0o644)], '--tls_key: ',
                     'others may read')
    junk = secret(daemon, 'junk', 'no PEM at all')
    refuses_to_start(daemon, ['--listen=127.0.0.1:0', certificate, f'--tls-key={junk}'], 'cannot be used')
    refuses_to_start(daemon, ['--listen=127.0.0.1:0', f'--tls-certificate={daemon.home}/none', key],
                     'No such file')


if __name__ == '__main__':
    sys.exit(d.main())
