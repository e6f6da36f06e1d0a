"""The bundled model from its Paddle directory to 500 answers over HTTP, and under traffic.

CAYUCO_TEST_REQUESTS says how many requests the traffic is made of, more than an ordinary run has time for.
"""

import http.client
import os
import sys
import threading

from support import daemon as d
from support.daemon import BYTES, DATA, DIGITS, SEVEN, case

# A sanitizer keeps what was freed for a while, which would look like growth.
os.environ['ASAN_OPTIONS'] = f"{os.environ.get('ASAN_OPTIONS', '')}:quarantine_size_mb=1"
REQUESTS = int(os.environ.get('CAYUCO_TEST_REQUESTS', '320'))
CLIENTS = 16
RAW = {'Content-Type': 'application/octet-stream', 'Accept': 'application/octet-stream'}
PIXELS = 32 * 32


def inputs():
    """The 500 test images as the model wants them: (byte / 255 - 0.5) / 0.5, float32."""
    pixels = (DATA / 'digits/images_500.u8').read_bytes()
    return d.array.array('f', [(byte / 255 - 0.5) / 0.5 for byte in pixels]).tobytes()


def best(scores):
    return [max(range(10), key=scores[10 * i:10 * i + 10].__getitem__)
            for i in range(len(scores) // 10)]


def convert(daemon, name='digits', wait='&wait=1'):
    model = DIGITS / 'model'
    files = [*model.iterdir(), DIGITS / 'labels.txt', DIGITS / 'model.json']
    parts = [word for file in files for word in ('-F', f'file=@{file}')]
    return daemon.curl(f'/convert?name={name}{wait}', *parts)


@case(models=())
def the_bundled_model_is_as_good_as_in_training(daemon):
    d.assert_equal(convert(daemon).status, 200)
    data, labels = inputs(), list((DATA / 'digits/labels_500.u8').read_bytes())
    simulated = best(d.floats((DATA / 'digits/simulated_500x10.f32').read_bytes()))
    answers = []
    for i in range(0, 500, 50):
        reply = daemon.predict(data[4 * PIXELS * i:4 * PIXELS * (i + 50)], BYTES,
                               'Accept: application/octet-stream', query='?shape=50x1x32x32')
        d.assert_equal(reply.status, 200)
        answers += best(d.floats(reply.body))
    right = sum(a == b for a, b in zip(answers, labels))
    paddle = sum(a == b for a, b in zip(simulated, labels))
    same = sum(a == b for a, b in zip(answers, simulated))
    print(f'# int8 over HTTP: {right} of 500 right; simulated by Paddle: {paddle}; the same: {same}')
    assert right >= 485, right
    assert abs(right - paddle) <= 2, (right, paddle)
    assert same >= 498, same


class Client(threading.Thread):
    """Asks for one image after another over one connection, and keeps what differs."""

    def __init__(self, daemon, images, wanted, count):
        super().__init__()
        self.daemon_, self.images, self.wanted, self.count = daemon, images, wanted, count
        self.wrong = []

    def run(self):
        connection = http.client.HTTPConnection(*self.daemon_.address, timeout=d.PATIENCE)
        for i in range(self.count):
            k = i % len(self.images)
            try:
                connection.request('POST', '/predict?model=digits', self.images[k], RAW)
                reply = connection.getresponse()
                body = reply.read()
                if (reply.status, body) != (200, self.wanted[k]):
                    self.wrong.append((i, reply.status))
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append((i, repr(error)))
                return
        connection.close()


def traffic(daemon, images, wanted, count):
    clients = [Client(daemon, images, wanted, count // CLIENTS) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    return clients


def end(clients):
    for client in clients:
        client.join()
        d.assert_equal(client.wrong, [])


@case('--queue=64')
def many_clients_get_the_answers_that_one_gets(daemon):
    data = inputs()
    images = [data[4 * PIXELS * i:4 * PIXELS * (i + 1)] for i in range(20)]
    wanted = []
    for image in images:
        reply = daemon.predict(image, BYTES, 'Accept: application/octet-stream',
                               query='?model=digits')
        d.assert_equal(reply.status, 200)
        wanted.append(reply.body)
    end(traffic(daemon, images, wanted, REQUESTS // 4))
    before = daemon.metric('process_resident_memory_bytes')
    clients = traffic(daemon, images, wanted, REQUESTS)
    d.assert_equal(convert(daemon, name='another').status, 200)
    end(clients)
    after = daemon.metric('process_resident_memory_bytes')
    print(f'# resident: {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB after {REQUESTS} more requests')
    assert after - before < 8e6, (before, after)  # `another` and its sessions are among it


@case('--connections-per-address=128')
def the_memory_of_a_crowd_of_bodies_is_given_back(daemon):
    size, crowd = 1 << 20, [daemon.connect() for _ in range(64)]
    before = daemon.metric('process_resident_memory_bytes')
    for sock in crowd:
        sock.sendall(f'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: {size}\r\n\r\n'.encode())
        sock.sendall(bytes(size - 1))
    d.wait_for('the bodies', lambda: daemon.metric('process_resident_memory_bytes') > before + 60 * size, daemon)
    for sock in crowd:
        sock.sendall(b'0')
        assert sock.recv(65536).startswith(b'HTTP/1.1 415')
        sock.close()
    d.wait_for('their end', lambda: daemon.metric('cayuco_requests_in_flight') == 1, daemon)
    after = daemon.metric('process_resident_memory_bytes')
    print(f'# resident: {before / 1e6:.1f} MB before {len(crowd)} bodies of a MiB, {after / 1e6:.1f} MB after them')
    assert after < before + 8 * size, (before, after)


if __name__ == '__main__':
    sys.exit(d.main())
