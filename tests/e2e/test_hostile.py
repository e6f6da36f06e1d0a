"""Bad inputs and faults: each has one answer, and the daemon goes on (see run_case)."""

import contextlib
import gzip
import json
import os
import pathlib
import re
import signal
import socket
import struct
import sys
import zlib

from support import daemon as d
from support.daemon import BYTES, JSON, SEVEN, Background, case

IMAGE = {'name': 'image', 'datatype': 'FP32', 'shape': [1, 1, 32, 32]}
TWO = '?model=two_inputs_two_outputs'


def image(**changes):
    """A good body with changes to its input; None takes a key out."""
    tensor = {**IMAGE, 'data': [0.5] * 1024, **changes}
    return {'inputs': [{k: v for k, v in tensor.items() if v is not None}]}


def refuses(daemon, status, body, *words, query=''):
    """Checks status and that the error names these words. A str is sent as it is."""
    if isinstance(body, str):
        reply = daemon.predict(body.encode('utf-8', 'surrogateescape'), JSON, query=query)
    else:
        reply = daemon.predict(body, query=query)
    error = reply.error(status)
    for word in words:
        assert word in error, f'{word!r} is not in {error!r}'


# --- row 1, 2, 3: JSON that is none ----------------------------------------------------------------

@case()
def broken_json_is_told_with_its_byte(daemon):
    for body, byte in [('{"data": [1, 2', 9), ('{"data": [1] x', 14), ('{', 1), ('', None),
                       ('{"data": [1]} {', 15), ('{"a": "\udcff"}', 7), ('\ufeff{}', 3),
                       ('{"data": [1,]}', 12), ('[1, 2]', None), ('7', 1), ('null', 4),
                       ('{"data": [1 2]}', 12), ("{'data': [1]}", 2), ('{"data": [0x10]}', None)]:
        refuses(daemon, 400, body, *([f'at byte {byte}'] if byte is not None else []))


@case()
def deep_json_is_refused(daemon):
    for depth in (33, 100_000, 500_000):
        for key in ('data', 'deep'):
            body = f'{{"{key}": {"[" * (depth - 1)}1{"]" * (depth - 1)}}}'
            refuses(daemon, 400, body, 'nested deeper than 32')
    refuses(daemon, 400, '{"data": ' + '[' * 500_000, 'nested deeper than 32')
    refuses(daemon, 400, '{"a": "' + '[' * 100_000 + '"}', 'neither "inputs"')


@case(models=('digits', 'two_inputs_two_outputs'))
def what_comes_twice_is_refused(daemon):
    refuses(daemon, 400, '{"data": [1], "data": [2]}', 'duplicate', query='?model=digits')
    refuses(daemon, 400, '{"id": "a", "id": "b", "data": [1]}', 'duplicate', query='?model=digits')
    twice = {'inputs': image()['inputs'] * 2}
    refuses(daemon, 400, twice, "'image'", 'twice', query='?model=digits')
    name = daemon.curl('/models/digits').json()['outputs'][0]['name']
    refuses(daemon, 400, {**image(), 'outputs': [{'name': name}] * 2}, 'twice',
            query='?model=digits')


# --- row 4 to 11: tensors --------------------------------------------------------------------------

@case()
def numbers_are_rounded_once_or_refused(daemon):
    for number in ('-0', '0.' + '3' * 400, '1e-46', '1E+2', '0.1e-400', '16777217.0000000000000001'):
        d.assert_equal(daemon.predict(
            f'{{"data": [{",".join([number] * 1024)}]}}'.encode(), JSON).status, 200)
    for number in ('NaN', 'Infinity', '-Infinity', '1e39', '1e999', 'true', '"1"', 'null', '01',
                   '.5', '1.', '+1', '{}'):
        refuses(daemon, 400, f'{{"data": [{",".join([number] * 1024)}]}}')


@case()
def shapes_that_are_none_are_refused(daemon):
    for shape in ([-1, 1, 32, 32], [0, 1, 32, 32], [1, 1.5, 32, 32], [1, '1', 32, 32],
                  [2 ** 63, 1, 1, 1], [1] * 65, 'x', 7, {}, [None], [True, 1, 32, 32]):
        refuses(daemon, 400, image(shape=shape))
    for text in ('-1x1x32x32', '0x1x32x32', '1x1x32', '1.5', 'x', '9' * 40, '1x' * 64 + '1', '?'):
        reply = daemon.predict(SEVEN.read_bytes(), BYTES, query=f'?shape={text}')
        assert reply.status in (400, 422) and reply.error(reply.status), text


@case()
def shapes_that_overflow_are_refused_before_memory_is_taken(daemon):
    for shape in ([2 ** 31 - 1] * 8, [2 ** 62, 4, 1, 1], [2 ** 31 - 1, 2 ** 31 - 1, 2, 1]):
        refuses(daemon, 400, image(shape=shape, data=[1.0]))
    refuses(daemon, 400, image(shape=[2 ** 31 - 1] * 8, data=[1.0]), 'overflow')


@case('--arena-limit=1M', models=('digits', 'conv_bn'))
def a_tensor_over_the_memory_limit_is_413(daemon):
    refuses(daemon, 413, {'inputs': [{'shape': [100_000, 3, 8, 7], 'data': [1]}]},
            query='?model=conv_bn')


@case()
def another_shape_than_the_models_is_named(daemon):
    refuses(daemon, 422, image(shape=[1, 3, 32, 32], data=[0.5] * 3072), "'image'", '?x1x32x32',
            '1x3x32x32')
    refuses(daemon, 422, image(shape=[1024]), '?x1x32x32', '1024')
    refuses(daemon, 422, image(shape=None, data=[[0.5] * 32] * 32), '32x32')
    refuses(daemon, 422, image(shape=[1, 1, 1, 32, 32]), '1x1x1x32x32')


@case()
def the_number_of_elements_must_fit(daemon):
    for count in (0, 1, 1023, 1025):
        refuses(daemon, 400, image(data=[0.5] * count))
        refuses(daemon, 400, {'data': [0.5] * count})
        if count:
            reply = daemon.predict(SEVEN.read_bytes()[:4] * count, BYTES)
            assert f'{count} came' in reply.error(400)
    for count in (1, 3, 4095, 4097):
        daemon.predict(SEVEN.read_bytes()[:1] * count, BYTES).error(400)
    rows = [[0.5] * 32] * 32
    refuses(daemon, 400, image(data=[[rows[:31] + [[0.5] * 31]]]), 'ragged')
    refuses(daemon, 400, image(data=[[rows], 0.5]), 'ragged')
    refuses(daemon, 400, image(data=[[rows]] * 2))
    daemon.predict(b'', BYTES).error(400)


@case()
def datatypes_must_be_known_and_the_models(daemon):
    refuses(daemon, 400, image(datatype='FP31'), 'datatype', 'FP32')
    refuses(daemon, 400, image(datatype=32), 'datatype')
    refuses(daemon, 422, image(datatype='FP64'), 'FP64', 'FP32')
    refuses(daemon, 422, image(datatype='INT64'), 'INT64', 'FP32')
    for name in 'BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'FP16', 'BF16':
        refuses(daemon, 422, image(datatype=name), f'got {name}')


@case(models=('digits', 'two_inputs_two_outputs'))
def names_must_be_those_of_the_model(daemon):
    left = {'name': 'left', 'shape': [1, 2, 4, 4], 'data': [0.5] * 32}
    right = {'name': 'right', 'shape': [1, 3], 'data': [0.5] * 3}
    refuses(daemon, 422, {'inputs': [left]}, "'right'", 'missing', query=TWO)
    refuses(daemon, 422, {'inputs': [left, right, {**left, 'name': 'up'}]}, "'up'", "'left'",
            "'right'", query=TWO)
    refuses(daemon, 400, {'inputs': [{**left, 'name': None}, right]}, query=TWO)
    refuses(daemon, 400, {'data': [1]}, "'left'", "'right'", query=TWO)
    refuses(daemon, 422, {'inputs': [left, right], 'outputs': [{'name': 'down'}]}, "'down'",
            'save_infer_model', query=TWO)
    refuses(daemon, 400, {'inputs': [left, right], 'outputs': [{}]}, query=TWO)
    refuses(daemon, 400, {'inputs': [left, right], 'outputs': 'all'}, query=TWO)
    refuses(daemon, 400, {'inputs': left}, query=TWO)
    refuses(daemon, 400, {'inputs': [left, right, 5]}, query=TWO)
    refuses(daemon, 400, {'inputs': [left, right], 'id': 5}, query=TWO)
    daemon.predict(bytes(140), BYTES, query=TWO).error(400)  # raw bytes for two inputs


@case()
def data_in_odd_places_is_refused(daemon):
    refuses(daemon, 400, {**image(), 'parameters': {'data': [1]}}, 'belongs to no input')
    refuses(daemon, 400, '{"d\\u0061ta": [0]}')
    refuses(daemon, 400, '{"inputs": [{"d\\u0061ta": [0]}], "data": [1]}')
    refuses(daemon, 400, {'data': 'x'})
    refuses(daemon, 400, {'data': {'data': [1]}})
    refuses(daemon, 413, {'inputs': [{'data': [1]}] * 65})
    refuses(daemon, 413, {'x': 'y' * 1_100_000})


# --- row 15, 16: sizes -----------------------------------------------------------------------------

def head(daemon, *lines, start='POST /predict HTTP/1.1'):
    return '\r\n'.join([start, f'Host: {daemon.address[0]}', *lines, '', '']).encode()


@case('--body-limit=256k')
def a_length_over_the_limit_is_refused_at_the_headers(daemon):
    for length in (2 ** 18 + 1, 10 ** 12, 2 ** 64 - 1):
        reply = daemon.talk(head(daemon, BYTES, f'Content-Length: {length}'))  # and no body
        reply.error(413)
        d.assert_equal(reply.headers['connection'], 'close')
    reply = daemon.talk(head(daemon, BYTES, 'Content-Length: 99999999', 'Expect: 100-continue'))
    reply.error(413)
    daemon.predict(bytes(2 ** 18 + 4), BYTES).error(413)
    d.assert_equal(daemon.predict(bytes(2 ** 18), BYTES).status, 200)  # 64 images


@case('--body-limit=1M')
def a_chunked_body_over_the_limit_is_refused_in_bounded_memory(daemon):
    start = head(daemon, BYTES, 'Transfer-Encoding: chunked', 'Connection: close')
    before = daemon.metric('process_resident_memory_bytes')
    chunk = b'10000\r\n' + bytes(65536) + b'\r\n'
    daemon.talk(start + chunk * 20 + b'0\r\n\r\n').error(413)
    assert daemon.talk(start + chunk * 1600) is None  # 100 MiB: closed before its end
    grown = daemon.metric('process_resident_memory_bytes') - before
    assert grown < 32 * 1024 ** 2, grown


@case('--body-limit=500k')
def a_million_chunks_of_a_byte_are_bounded(daemon):
    start = head(daemon, BYTES, 'Transfer-Encoding: chunked', 'Connection: close')
    daemon.talk(start + b'1\r\nx\r\n' * 1_000_000 + b'0\r\n\r\n').error(413)
    daemon.talk(start + b'1\r\nx\r\n' * 4096 + b'0\r\n\r\n')


@case('--bodies-limit=2M')
def all_bodies_together_have_a_limit(daemon):
    socks = [daemon.connect() for _ in range(4)]
    for sock in socks[:3]:  # 600 KB of 700 KB each: they wait for the rest
        sock.sendall(head(daemon, BYTES, 'Content-Length: 700000') + bytes(600_000))
    d.wait_for('the bodies', lambda: daemon.predict(bytes(1_200_000), BYTES).status == 503)
    reply = daemon.predict(bytes(1_200_000), BYTES)
    reply.error(503)
    assert int(reply.headers['retry-after']) > 0
    for sock in socks:
        sock.close()
    d.wait_for('room', lambda: daemon.predict(bytes(1_200_000), BYTES).status == 400)


@case('--bodies-limit=32M', models=('digits', 'conv_bn'))
def answers_that_nobody_reads_have_a_limit(daemon):
    pictures = 1500
    body = bytes(4 * 3 * 8 * 7 * pictures)  # 1 MB, which becomes 20 of JSON
    query = f'?model=conv_bn&shape={pictures}x3x8x7'
    with daemon.connect() as sock:
        start = f'POST /predict{query} HTTP/1.1'
        sock.sendall(head(daemon, BYTES, f'Content-Length: {len(body)}', start=start) + body)
        assert b' 200 ' in sock.recv(64)
        reply = daemon.predict(body, BYTES, query=query)
        assert 'not read' in reply.error(503)
        assert int(reply.headers['retry-after']) > 0
        daemon.check_alive()
    d.wait_for('room', lambda: daemon.predict(body, BYTES, query=query).status == 200)


def png_chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


@case()
def a_picture_inflates_to_its_pixels_alone(daemon):
    deflate = zlib.compressobj(9)
    bomb = b''.join(deflate.compress(bytes(1 << 20)) for _ in range(256)) + deflate.flush()
    start = b'\x89PNG\r\n\x1a\n' + png_chunk(b'IHDR', struct.pack('>IIBBBBB', 8, 8, 8, 0, 0, 0, 0))
    end = png_chunk(b'IDAT', zlib.compress(bytes(72))) + png_chunk(b'IEND', b'')
    before = daemon.resident()
    for extra in (png_chunk(b'iCCP', b'k\0\0' + bomb), png_chunk(b'zTXt', b'k\0\0' + bomb) * 4,
                  png_chunk(b'iTXt', b'k\0\1\0\0\0' + bomb)):
        d.assert_equal(daemon.predict(start + extra + end, 'Content-Type: image/png').status, 200)
    status = pathlib.Path(f'/proc/{daemon.process.pid}/status').read_text()
    most = int(re.search(r'VmHWM:\s+(\d+)', status)[1]) * 1024
    assert most - before < 128 << 20, most - before


# --- row 18: clients that go away ------------------------------------------------------------------

@case()
def a_client_that_goes_away_is_forgotten(daemon):
    body = SEVEN.read_bytes()
    for sent in (0, 10, 2000, len(body)):
        for _ in range(5):
            with daemon.connect() as sock:
                sock.sendall(head(daemon, BYTES, f'Content-Length: {len(body)}') + body[:sent])
    for part in (b'', b'P', b'POST /predict HTTP/1.1\r\nHo'):
        with daemon.connect() as sock:
            sock.sendall(part)
    d.wait_for('an empty pool', lambda: daemon.metric('cayuco_sessions_busy{model="digits"}') == 0)
    d.assert_equal(daemon.metric('cayuco_queue_length{model="digits"}'), 0)


# --- row 19, 20: HTTP ------------------------------------------------------------------------------

@case()
def framing_that_can_be_read_in_two_ways_is_refused(daemon):
    for lines in (['Content-Length: 3', 'Transfer-Encoding: chunked'],
                  ['Transfer-Encoding: chunked', 'Content-Length: 3'],
                  ['Content-Length: 3', 'Content-Length: 4'],
                  ['Content-Length: 3', 'Content-Length: 3'],
                  ['Transfer-Encoding: gzip, chunked'], ['Transfer-Encoding: identity'],
                  ['Content-Length: 3, 3'], ['Content-Length: +3'], ['Content-Length: 0x3'],
                  ['Content-Length: -1'], ['Content-Length:']):
        reply = daemon.talk(head(daemon, JSON, *lines) + b'3\r\n{} \r\n0\r\n\r\n')
        assert reply and reply.status == 400, f'{lines}: {reply and reply.status}'
    hidden = b'GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'  # must not be answered
    start = head(daemon, JSON, 'Transfer-Encoding: chunked', 'Connection: keep-alive',
                 start='POST /predict HTTP/1.0')
    raw = d.ask(daemon, start + b'2\r\n{}\r\n0\r\n\r\n' + hidden)
    d.assert_equal(raw.count(b'HTTP/1.1 '), 1)
    assert 'HTTP/1.0' in d.parse_reply(raw).error(400)


@case()
def cookies_are_not_looked_at(daemon):
    """However many there are: what reads them may have no memory for them."""
    for cookies in (25_000 * 'a=b; ', 120_000 * 'a', '"', 50_000 * ','):
        raw = d.ask(daemon, head(daemon, f'Cookie: {cookies}', 'Connection: close', start='GET /v2 HTTP/1.1'))
        d.assert_equal(raw.count(b'HTTP/1.1 '), 1)
        d.assert_equal(d.parse_reply(raw).status, 200)


@case()
def lines_that_can_be_read_in_two_ways_are_refused(daemon):
    hidden = b'GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'  # must not be answered
    for lines in (b'Content-Length:\r\n 5', b'Content-Length: 5\r\n 0', b'X: y\r\n\tContent-Length: 5',
                  b'X: y\r\n ', b'Content-Length : 5', b'Content-Length\t: 5', b'Transfer-Encoding : chunked',
                  b'Content-Length: 5\0', b'Content-Length: 5\0: 6\r\nX: y', b'X: y\0z', b'X: y\rContent-Length: 5',
                  b': y', b' X: y', b'X y: z', b'X: \x7f'):
        for rest in (b'', b'\r\nX-After: z'):
            raw = d.ask(daemon, b'POST /predict HTTP/1.1\r\nHost: localhost\r\n' + lines + rest + b'\r\n\r\n' + hidden)
            assert raw.startswith(b'HTTP/1.1 400 ') and b' 200 OK' not in raw, (lines, raw)
    raw = d.ask(daemon, b'POST /predict HTTP/1.1\r\nContent-Length:\r\n 5\r\nHost: localhost\r\n\r\n' + hidden)
    assert raw.startswith(b'HTTP/1.1 400 ') and b' 200 OK' not in raw, raw
    for start in (b'GET /v2\0 HTTP/1.1', b'GET /v2\0/x HTTP/1.1', b'GET /v2?a=\0 HTTP/1.1', b'GET  /v2 HTTP/1.1',
                  b'GET /v2  HTTP/1.1', b'GET /v2 x HTTP/1.1', b'GET /v2?a b HTTP/1.1',
                  b'GET\0 /v2 HTTP/1.1', b'GET\0x /v2 HTTP/1.1', b'G(T /v2 HTTP/1.1'):
        raw = d.ask(daemon, start + b'\r\nHost: localhost\r\n\r\n' + hidden)
        assert not raw or raw.startswith(b'HTTP/1.1 400 ') and b' 200 OK' not in raw, (start, raw)


@case()
def a_missing_host_is_told_once(daemon):
    raw = d.ask(daemon, b'GET /v2 HTTP/1.1\r\nConnection: close\r\n\r\n')
    assert raw.count(b'HTTP/1.1 ') == 1, raw
    assert 'Host' in d.parse_reply(raw).error(400)
    d.assert_equal(daemon.talk(b'GET /v2 HTTP/1.0\r\n\r\n').status, 200)  # which knows no hosts


@case('--hosts=board')
def an_absolute_request_line_is_taken_and_its_authority_is_host(daemon):
    def ask(target, host='127.0.0.1', version='1.1'):
        return daemon.talk(f'GET {target} HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n\r\n'.encode())

    for authority in ('127.0.0.1:8080', 'LOCALHOST', '[::1]:80', 'board:80'):
        live = ask(f'http://{authority}/v2/health/live')
        d.assert_equal((live.status, live.body), (200, daemon.curl('/v2/health/live').body))
    d.assert_equal(ask('HTTP://localhost').headers['content-type'], 'text/html; charset=utf-8')
    d.assert_equal(ask('http://localhost?a=b').status, 200)
    d.assert_equal(ask('http://localhost/v2', 'evil.example').status, 200)  # Host is ignored then
    for authority in ('evil.example', 'localhost@evil.example', 'board@localhost', '', ' '):
        ask(f'http://{authority}/v2').error(400 if authority == ' ' else 403)
    ask('http://localhost/none').error(404)
    ask('https://localhost/v2').error(421)
    raw = d.ask(daemon, b'GET http://localhost/v2 HTTP/1.1\r\nConnection: close\r\n\r\n')
    assert 'Host' in d.parse_reply(raw).error(400)
    d.assert_equal(daemon.talk(b'GET http://localhost/v2 HTTP/1.1\r\nHost: x\r\nOrigin: http://localhost\r\n'
                               b'Connection: close\r\n\r\n').status, 200)


@case()
def plain_lines_are_taken_however_they_come(daemon):
    one = b'GET /v2?a=b&c HTTP/1.1\r\nHost: localhost\r\nX:\r\nY: \t z z \r\nCookie: a=b; c="d"\r\n'
    long = one + b''.join(b'X-%d: %s\r\n' % (i, b'y' * 800) for i in range(100))  # 80 KB
    last = one + b'Connection: close\r\n\r\n'
    requests = [one + b'\r\n', long + b'\r\n', one.replace(b'\r\n', b'\n') + b'\n', b'\r\n\r\n' + last]
    whole = b''.join(requests)
    for step in (len(whole), 4099, 113):
        raw = d.ask(daemon, *(whole[i:i + step] for i in range(0, len(whole), step)))
        d.assert_equal(raw.count(b'HTTP/1.1 200 OK'), len(requests))


def count_descriptors(daemon):
    return len(os.listdir(f'/proc/{daemon.process.pid}/fd'))


@case('--upload-limit=9M', '--body-limit=1M')
def a_refused_client_that_goes_on_sending_gets_its_answer(daemon):
    body = bytes(8 << 20)  # more than the buffers of a connection
    for start, status in (('POST /convert?name=.. HTTP/1.1', 400), ('POST /convert HTTP/1.1', 400),
                          ('POST /predict HTTP/1.1', 413), ('PUT /models/.. HTTP/1.1', 400),
                          ('POST /nothing HTTP/1.1', 404)):
        with daemon.connect() as sock:
            sock.sendall(head(daemon, f'Content-Length: {len(body)}', start=start))
            sock.sendall(body)
            d.parse_reply(d.read_all(sock)).error(status)
    with daemon.connect() as sock:
        sock.sendall(head(daemon, *(f'X-{i}: {"y" * 100}' for i in range(20_000))))
        assert d.read_all(sock).startswith(b'HTTP/1.1 431 ')
    socks = []
    for _ in range(80):  # more than are waited for
        socks.append(sock := daemon.connect())
        sock.sendall(head(daemon, 'Content-Length: 1000', start='POST /convert?name=.. HTTP/1.1'))
        d.parse_reply(d.read_all(sock)).error(400)
    for sock in socks:
        sock.close()
    d.wait_for('the end of them', lambda: count_descriptors(daemon) < 32)


@case()
def who_asks_before_it_sends_is_refused_at_once(daemon):
    for start, status in (('POST /nothing HTTP/1.1', 404), ('PATCH /predict HTTP/1.1', 405),
                          ('PUT /models/.. HTTP/1.1', 400), ('POST /convert HTTP/1.1', 400)):
        lines = head(daemon, 'Content-Length: 100', 'Expect: 100-continue', start=start)
        raw = d.ask(daemon, lines)
        assert raw.startswith(f'HTTP/1.1 {status} '.encode()), raw


@case('--idle-timeout=1')
def who_sends_headers_for_ever_is_let_go(daemon):
    line = head(daemon, start='GET /models HTTP/1.1')[:-2]
    with daemon.connect() as first, daemon.connect() as again, daemon.connect() as good:
        good.sendall(line + b'\r\n')  # and what has been answered counts from its answer
        again.sendall(line + b'\r\n')
        assert again.recv(65536).startswith(b'HTTP/1.1 200 ') and good.recv(65536)
        starts = {first: b'GET /', again: line}
        for sock, start in starts.items():
            sock.sendall(start)

        def are_closed():
            for sock in list(starts):
                try:
                    sock.sendall(b'x')
                    sock.settimeout(0.01)
                    if not sock.recv(65536):
                        del starts[sock]
                except TimeoutError:
                    pass
                except OSError:
                    del starts[sock]
            return not starts
        d.wait_for('their end', are_closed)


@case()
def headers_have_a_limit(daemon):
    for lines in (['X: ' + 'y' * 300_000], [f'X-{i}: {"y" * 100}' for i in range(3000)]):
        reply = daemon.talk(head(daemon, *lines, start='GET /models HTTP/1.1'))
        assert reply is None or reply.status in (413, 431), reply.status
    reply = daemon.talk(head(daemon, start=f'GET /{"x" * 300_000} HTTP/1.1'))
    assert reply is None or reply.status in (413, 414, 431), reply.status


@case()
def paths_and_methods_that_are_not_there(daemon):
    for path in ('/nothing', '/predict/', '/v2//', '/models/a/b', '/%2e', '//models'):
        daemon.curl(path, '--path-as-is').error(404)
    for method, path, allow in (('GET', '/predict', 'POST'), ('PUT', '/predict', 'POST'),
                                ('POST', '/models/a', 'GET, HEAD, PUT, DELETE'),
                                ('OPTIONS', '/models', 'GET, HEAD'), ('FROB', '/models', 'GET, HEAD')):
        reply = daemon.curl(path, '-X', method)
        reply.error(405)
        d.assert_equal(reply.headers['allow'], allow)
    reply = daemon.curl('/models', '-I')
    d.assert_equal((reply.status, reply.body), (200, b''))
    assert int(reply.headers['content-length']) > 0


@case()
def types_that_are_not_taken(daemon):
    body = SEVEN.read_bytes()
    for kind in ('text/plain', 'image/png', 'application/jsonx', 'multipart/form-data; boundary=x'):
        daemon.predict(body, f'Content-Type: {kind}').error(415)
    daemon.predict(body, 'Content-Type:').error(415)  # and nothing that looks like JSON
    for accept in ('image/png', '', 'x' * 1000, 'application/json;q=nonsense'):
        d.assert_equal(daemon.predict(body, BYTES, f'Accept: {accept}').headers['content-type'],
                       'application/json')


@case()
def a_compressed_body_is_not_taken_for_a_broken_one(daemon):
    for coding in ('gzip', 'deflate', 'br'):
        error = daemon.predict(gzip.compress(b'{"data": []}'), JSON, f'Content-Encoding: {coding}').error(415)
        assert 'Content-Encoding' in error, error
    d.assert_equal(daemon.predict(SEVEN.read_bytes(), BYTES, 'Content-Encoding: identity').status, 200)


@case()
def arguments_that_are_wrong(daemon):
    for query in ('?k=-1', '?k=x', '?k=101', '?k=', '?k=1x', '?model=%zz', '?a=%00',
                  '?' + '&'.join(f'a{i}=1' for i in range(17))):
        daemon.predict(SEVEN.read_bytes(), BYTES, query=query).error(400)


# --- row 21: names ---------------------------------------------------------------------------------

@case()
def names_that_are_no_names_never_touch_the_disk(daemon):
    outside = daemon.home / 'model.nb'
    outside.write_bytes(b'mine')
    names = ('..', '%2e%2e%2f', '..%2f..%2fhome', 'a%2fb', '%5c', 'a%5cb', '%00', 'a%00b', 'x' * 65,
             'x' * 300, '%20', '', '.', '%c3%a9', '.hidden', '-a', 'a%0ab', '%1b[31m')
    for name in names:
        for method in ('GET', 'DELETE'):
            daemon.curl(f'/models/{name}', '--path-as-is', '-X', method, '--globoff').error(400)
        daemon.curl(f'/predict?model={name}', '--globoff', '-d', '{"data": [1]}').error(400)
    for name in ('a' * 64, 'A.b_c-9', 'digitsx'):
        daemon.curl(f'/models/{name}').error(404)
        daemon.curl(f'/models/{name}', '-X', 'DELETE').error(404)
    d.assert_equal(outside.read_bytes(), b'mine')
    d.assert_equal(sorted(p.name for p in daemon.state.iterdir()), ['models', 'tmp'])


@case()
def what_a_client_sends_is_escaped_in_the_log(daemon):
    daemon.talk(b'GET /\x1b[31mred\x07\xff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    refuses(daemon, 422, image(name='\u001b[31m\n<6>fake line\u202e\u009b'))
    log = daemon.log.read_bytes()
    assert not re.search('[^\n -~]', log.decode()), log
    assert all(re.match(rb'20..-..-..T..:..:..\....Z (info|warning|error): ', line) for line in log.splitlines()), log


# --- clients that leave ------------------------------------------------------------------------------

def send_at_once(daemon, sock, data, leave):
    """The daemon finds the bytes and their end together."""
    os.kill(daemon.process.pid, signal.SIGSTOP)
    tasks = pathlib.Path(f'/proc/{daemon.process.pid}/task')
    d.wait_for('its threads', lambda: all((task / 'stat').read_text().rpartition(')')[2].split()[0] == 'T'
                                          for task in tasks.iterdir()))
    sock.sendall(data)
    leave(sock)
    os.kill(daemon.process.pid, signal.SIGCONT)


def known_connection(daemon, path):
    """One that has been waited for before; path: of the Unix socket, or None."""
    sock = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    sock.settimeout(d.PATIENCE)
    sock.connect(path or daemon.address)
    sock.sendall(head(daemon, start='GET /v2/health/live HTTP/1.1'))
    assert sock.recv(65536).startswith(b'HTTP/1.1 200')
    return sock


def with_unix(daemon, *flags):
    """A daemon with these flags and a Unix socket beside, and both paths to it."""
    path = str(daemon.home / 'socket')
    return d.Daemon(*flags, models=('digits',), listen=('127.0.0.1:0', f'unix:{path}')), (None, path)


@case('--connections-per-address=4')
def who_has_too_many_connections_is_told_of_in_the_log(daemon):
    def ask(sock, path):
        with contextlib.suppress(ConnectionError):
            sock.sendall(head(daemon, start=f'GET {path} HTTP/1.1'))
            return sock.recv(65536).decode()
    kept = []
    while len(kept) < 4 or ask(kept[-1], '/v2/health/live'):  # the case's first connection may still count
        kept.append(daemon.connect())
    told = ask(kept[0], '/metrics')
    while '\ncayuco_connections_refused_total' not in told:
        told += kept[0].recv(65536).decode()
    assert int(re.search(r'^cayuco_connections_refused_total (\d+)', told, re.M)[1]) >= 1, told
    d.assert_equal(daemon.log.read_text().count('connections_per_address (4)'), 1)
    for sock in kept:
        sock.close()
    d.wait_for('room', lambda: has_room(daemon), daemon)


def has_room(daemon):
    with daemon.connect() as sock, contextlib.suppress(ConnectionError):
        sock.sendall(head(daemon, 'Connection: close', start='GET /v2/health/live HTTP/1.1'))
        return bool(d.read_all(sock))


@case('--connections-per-address=256')
def idle_connections_hold_little_memory(daemon):
    def ask():
        return known_connection(daemon, None)
    warm = [ask() for _ in range(32)]
    before = daemon.resident()
    idle = [ask() for _ in range(200)]
    held = (daemon.resident() - before) / len(idle)
    for sock in warm + idle:
        sock.close()
    assert held < 208 << 10, held


@case()
def a_client_that_leaves_amid_its_request_is_noticed_at_once(daemon):
    ways = ('Content-Length: 4096', b'x' * 1000), ('Content-Length: 1000000', b'x' * 200_000), \
        ('Transfer-Encoding: chunked', b'1000\r\nxx'), ('Content-Length: 4096', b'')
    lone, paths = with_unix(daemon, '--connections=1', '--idle-timeout=3600')  # of each listener
    try:
        for path in paths:
            for header, part in ways:
                start = head(lone, BYTES, header)
                with known_connection(lone, path) as sock:
                    send_at_once(lone, sock, start + part if part else start[:-9], socket.socket.close)
                known_connection(lone, path).close()  # there is room for it
    finally:
        lone.kill()


@case()
def a_client_that_ends_its_side_is_answered_and_let_go(daemon):
    live, seven = head(daemon, start='GET /v2/health/live HTTP/1.1'), SEVEN.read_bytes()
    infer = head(daemon, BYTES, f'Content-Length: {len(seven)}') + seven
    patient, paths = with_unix(daemon, '--idle-timeout=3600')
    try:
        for path in paths:
            for requests in ((live,), (live, live), (infer,), (live, infer, live)):
                with known_connection(patient, path) as sock:
                    send_at_once(patient, sock, b''.join(requests),
                                 lambda sock: sock.shutdown(socket.SHUT_WR))
                    statuses = re.findall(rb'HTTP/1.1 (\d+)', d.read_all(sock))
                # Who cannot send any more is taken for gone, and an inference is not begun for it.
                d.assert_equal(statuses, [b'200' if r is live else b'409' for r in requests])
    finally:
        patient.kill()


# --- row 22, 23: overload --------------------------------------------------------------------------

def slow_requests(daemon, count, rows):
    """So many at once, each with some tenths of a second of work or more; they join with their replies."""
    file = daemon.home / 'slow'
    file.write_bytes(bytes(rows * 3 * 8 * 7 * 4))
    return [Background(daemon.curl, '/predict?model=conv_bn', '-H', BYTES, '-H',
                       'Accept: application/octet-stream', '--data-binary', f'@{file}')
            for _ in range(count)]


@case('--instances=1', '--queue=2', '--deadline=3600', models=('digits', 'conv_bn'))
def a_full_queue_is_told_and_blocks_no_other_model(daemon):
    requests = slow_requests(daemon, 16, 1500)
    daemon.good_bytes()
    replies = [request.join() for request in requests]
    d.assert_equal(sorted({r.status for r in replies}), [200, 503])
    d.assert_equal(len({r.body for r in replies if r.status == 200}), 1)
    for reply in replies:
        if reply.status == 503:
            assert '2 requests wait' in reply.error(503)
            assert int(reply.headers['retry-after']) > 0


@case('--instances=1', '--queue=2', '--deadline=3600', models=('digits', 'conv_bn'))
def a_full_queue_is_told_at_the_headers(daemon):
    body = bytes(3 * 8 * 7 * 4)

    def ask(sock, *lines):
        sock.sendall(head(daemon, BYTES, f'Content-Length: {len(body)}', *lines,
                          start='POST /predict?model=conv_bn HTTP/1.1'))

    def refused_while_it_is_full():
        """False if the queue was empty too soon."""
        requests = slow_requests(daemon, 4, 2_000)  # one runs, one is read, two wait
        d.wait_for('a full queue', lambda: daemon.metric('cayuco_queue_length{model="conv_bn"}') == 2
                   or not all(request.is_alive() for request in requests))
        with daemon.connect() as polite, daemon.connect() as sock:
            ask(polite, 'Expect: 100-continue')
            ask(sock)
            before_its_body = polite.recv(12)
            sock.sendall(body)
            reply = d.parse_reply(sock.recv(65536))
            sock.sendall(head(daemon, start='GET /v2/health/live HTTP/1.1'))  # still in step
            assert sock.recv(65536).startswith(b'HTTP/1.1 200')
        for request in requests:
            request.join()
        if reply.status == 503:
            assert '2 requests wait' in reply.error(503)
            assert int(reply.headers['retry-after']) > 0
        return reply.status == 503 and before_its_body == b'HTTP/1.1 503'
    d.wait_for('a refusal', refused_while_it_is_full)


@case('--instances=1', '--deadline=1', models=('digits', 'conv_bn'))
def a_deadline_ends_what_runs_and_what_waits(daemon):
    replies = [request.join() for request in slow_requests(daemon, 12, 10_000)]
    late = [reply for reply in replies if reply.status != 200]
    assert late
    for reply in late:
        assert reply.status in (503, 504) and 'deadline' in reply.error(reply.status)
        assert reply.status == 504 or int(reply.headers['retry-after']) > 0
    d.assert_equal(daemon.metric('cayuco_sessions_busy{model="conv_bn"}'), 0)


@case()
def a_request_may_have_a_shorter_deadline(daemon):
    def ask(timeout):
        values = list(struct.unpack('<1024f', SEVEN.read_bytes()))
        return daemon.predict({'inputs': [{'name': 'image', 'shape': [1, 1, 32, 32], 'datatype': 'FP32',
                                           'data': values}], 'parameters': {'timeout': timeout}},
                              query='?model=digits')
    for fine in (0, 10**9):
        d.assert_equal(ask(fine).status, 200)
    assert 'deadline' in ask(1).error(503)
    for bad in (-1, 10**9 + 1, 2**70, 1.5, '1', None, True):
        ask(bad).error(400)


@case('--instances=1', '--deadline=3600', models=('digits', 'conv_bn'))
def what_waits_for_a_client_that_has_gone_is_dropped(daemon):
    body, canceled = bytes(3 * 8 * 7 * 4), ('cayuco_inference_failures_total{model="conv_bn",'
                                            'version="1",reason="CANCELED"}')

    def leave_while_another_runs():
        """The next in the queue have gone before the first is answered; False if it was too fast."""
        [request] = slow_requests(daemon, 1, 10_000)
        d.wait_for('the first', lambda: daemon.metric('cayuco_sessions_busy{model="conv_bn"}') == 1
                   or not request.is_alive())
        for _ in range(3):
            with daemon.connect() as sock:
                sock.sendall(head(daemon, BYTES, f'Content-Length: {len(body)}',
                                  start='POST /predict?model=conv_bn HTTP/1.1') + body)
        request.join()
        d.wait_for('an empty queue', lambda: daemon.metric('cayuco_queue_length{model="conv_bn"}') +
                   daemon.metric('cayuco_sessions_busy{model="conv_bn"}') == 0)
        return daemon.metric(canceled) > 0
    d.wait_for('a request that nobody waits for', leave_while_another_runs)


# --- row 43: web pages elsewhere -------------------------------------------------------------------

@case('--hosts=board,10.1.2.3')
def a_web_page_elsewhere_is_refused(daemon):
    host, port = daemon.address
    for bad in ('evil.example', f'evil.example:{port}', '127.0.0.1.evil.example', '8.8.8.8',
                'localhost.evil.example', '[::2]', '128.0.0.1', ' '):
        daemon.curl('/models', '-H', f'Host: {bad}').error(403)
    for good in ('localhost', f'LOCALHOST:{port}', '127.9.9.9', '[::1]:80', 'board:80', '10.1.2.3'):
        d.assert_equal(daemon.curl('/models', '-H', f'Host: {good}').status, 200)
    for origin in ('http://evil.example', 'null', f'http://{host}:{port + 1}', f'http://{host}',
                   'file://', f'http://{host}:{port}.evil.example'):
        daemon.curl('/predict', '-H', f'Origin: {origin}', '-d', '{"data": [1]}').error(403)
    d.assert_equal(daemon.curl('/models', '-H', f'Origin: http://{host}:{port}').status, 200)


@case()
def a_query_of_too_many_arguments_is_refused_and_leaves_nothing(daemon):
    """What it leaks, a sanitizer finds at the end of the daemon."""
    for query in (3000 * b'a&', 30000 * b'a=b&', 16 * b'a=b&' + b'c', 17 * b'a=b&'):
        reply = daemon.talk(b'GET /models?' + query + b' HTTP/1.1\r\nHost: localhost\r\n'
                            b'Connection: close\r\n\r\n')
        assert 'arguments' in reply.error(400)
    d.assert_equal(daemon.curl('/models?' + 15 * 'a=b&' + 'c').status, 200)


if __name__ == '__main__':
    sys.exit(d.main())
