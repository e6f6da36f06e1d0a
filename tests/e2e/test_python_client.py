"""The Python client in clients/python against a real daemon."""

import contextlib
import http.server
import json
import pathlib
import shutil
import sys
import threading

from support import daemon as d
from support.daemon import case

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(d.ROOT) / 'clients/python'))
try:
    import numpy
    import cayuco
except ImportError:
    print('numpy is not installed')
    sys.exit(77)

SEVEN = numpy.fromfile(d.SEVEN, '<f4').reshape(1, 1, 32, 32)


@case()
def predicts_what_curl_predicts(daemon):
    wanted = d.floats(daemon.good_bytes())
    with cayuco.Client(daemon.url.removeprefix('http://')) as client:
        assert client.is_ready()
        for inputs in (SEVEN, {'image': SEVEN}, SEVEN.astype('>f4'), numpy.asfortranarray(SEVEN)):
            output, = client.predict('digits', inputs).values()
            d.assert_equal(output.shape, (1, 10))
            d.assert_equal(output.tobytes(), wanted.tobytes())


@case(models=())
def converts_a_directory_and_tells_of_progress(daemon):
    seen = []
    with cayuco.Client(daemon.url) as client:
        job = client.convert(d.DIGITS / 'model', 'mine', seen.append)
        d.assert_equal((job['state'], job['percent']), ('done', 100))
        assert seen and seen[-1] == job, seen
        d.assert_equal([m['name'] for m in client.models()], ['mine'])
        output, = client.predict('mine', SEVEN).values()
        d.assert_equal(int(output.argmax()), 7)
        client.remove('mine')
        d.assert_equal(client.models(), [])
        archive = shutil.make_archive(daemon.home / 'archive', 'gztar', d.DIGITS / 'model')
        d.assert_equal(client.convert(archive, 'mine')['state'], 'done')
        with contextlib.suppress(FileNotFoundError):
            client.convert(daemon.home / 'nowhere', 'mine')
            raise AssertionError('a directory that is not there was converted')
        client.convert(d.DATA / 'conv2d_2x/model', 'new', compat='2.13')
    d.assert_equal((daemon.state / 'models/new/1/model.nb').read_bytes(),
                   d.nb('conv2d_2x', '--compat=2.13').read_bytes())


@case()
def the_name_of_an_input_is_asked_for_once_and_again_after_a_failure(daemon):
    daemon.curl('/models/mine', '-T', d.nb('digits'))
    with cayuco.Client(daemon.url) as client:
        asked = []
        client.metadata = lambda model: asked.append(model) or cayuco.Client.metadata(client, model)
        for _ in range(3):
            client.predict('mine', SEVEN)
        d.assert_equal(asked, ['mine'])
        daemon.curl('/models/mine', '-T', d.nb('conv_bn'))
        assert 'image' in str(refused(client.predict, 'mine', SEVEN))
        port, = client.metadata('mine')['inputs']
        x = numpy.zeros([max(dim, 1) for dim in port['shape']], numpy.float32)
        d.assert_equal([*client.predict('mine', x)], [*client.predict('mine', {port['name']: x})])


@case(models=('digits', 'integers_2x'))
def numbers_of_another_width_and_lists_become_what_the_model_takes(daemon):
    wanted = daemon.good_bytes()
    with cayuco.Client(daemon.url) as client:
        for inputs in SEVEN.astype('f8'), SEVEN.tolist(), {'image': SEVEN.astype('f8')}:
            output, = client.predict('digits', inputs).values()
            d.assert_equal(output.tobytes(), wanted)
        for other in SEVEN.astype('u1'), SEVEN.astype('i8'):  # bytes of a picture, say, want to be scaled
            assert 'expected datatype FP32' in str(refused(client.predict, 'digits', other))
        x, n = numpy.zeros((2, 3, 4), 'f4'), [[1, 2, 3], [0, 1, 2]]
        first = client.predict('integers_2x', {'x': x, 'n': numpy.array(n, 'i8')})
        for again in n, numpy.array(n, 'i4'):
            for name, value in client.predict('integers_2x', {'x': x, 'n': again}).items():
                assert (value == first[name]).all(), name
        assert 'INT64' in str(refused(client.predict, 'integers_2x', {'x': x, 'n': [[0.5] * 3] * 2}))


def refused(function, *args):
    try:
        function(*args)
    except cayuco.Error as error:
        return error
    raise AssertionError('was not refused')


@case()
def refusals_are_errors_with_text_and_the_connection_goes_on(daemon):
    with cayuco.Client(daemon.url) as client:
        d.assert_equal(refused(client.predict, 'none', {'x': SEVEN}).status, 404)
        error = refused(client.predict, 'digits', SEVEN[:, :, :4])
        assert 400 <= error.status < 500 and 'image' in str(error), error
        error = refused(client.convert, d.DATA / 'unsupported3', 'mine')
        assert 'conv3d' in str(error), error
        assert client.is_ready()
    client = cayuco.Client('http://127.0.0.1:1')
    assert not client.is_ready()


@case()
def an_array_that_no_tensor_can_hold_is_a_type_error(daemon):
    with cayuco.Client(daemon.url) as client:
        try:
            client.predict('digits', SEVEN.astype('c8'))
        except TypeError as error:
            assert 'complex64' in str(error), error
        else:
            raise AssertionError('was sent')


@case(models=('digits', 'conv_bn'))
def the_repository_is_listed(daemon):
    with cayuco.Client(daemon.url) as client:
        d.assert_equal([(m['name'], m['state']) for m in client.index()],
                       [('conv_bn', 'READY'), ('digits', 'READY')])
        d.assert_equal(client.index(ready=True), client.index())


@case()
def pictures_are_classified(daemon):
    png = d.DIGITS / 'seven.png'
    with cayuco.Client(daemon.url) as client:
        best = client.classify('digits', png, k=2)
        d.assert_equal([(each['index'], each['label']) for each in best[:1]], [(7, 'seven')])
        assert len(best) == 2 and best[0]['probability'] > 0.99 > best[1]['probability'], best
        d.assert_equal(client.classify('digits', png.read_bytes(), k=2), best)
        d.assert_equal(len(client.classify('digits', d.DATA / 'pictures/rgb.jpg')), 3)
        daemon.curl('/models/digits/labels.txt', '-T', '/dev/null')
        d.assert_equal(client.classify('digits', png, k=2), [{**one, 'label': None} for one in best])
        error = refused(client.classify, 'digits', d.DATA / 'pictures/cmyk.jpg')
        assert error.status == 400 and 'CMYK' in str(error), error


@case()
def the_steps_of_a_model_are_profiled(daemon):
    told = daemon.curl('/models/digits/profile', '--data-binary', '@-', '-H', d.BYTES,
                       body=d.SEVEN.read_bytes()).json()['ops']
    with cayuco.Client(daemon.url) as client:
        steps = client.profile('digits', SEVEN, runs=3)
        d.assert_equal([{**step, 'ms': 0} for step in steps], [{**step, 'ms': 0} for step in told])
        assert all(step['ms'] > 0 for step in steps), steps
        d.assert_equal(refused(client.profile, 'none', {'x': SEVEN}).status, 404)


@case(models=())
def times_are_medians_of_the_runs_of_one_version(daemon):
    ops = [[{'type': 'fc', 'ms': ms}] for ms in (1.0, 2.0, 40.0, 4.0)]
    answers = [json.dumps({'model_version': version, 'ops': each}).encode()
               for version, each in zip('1222', ops)]
    with recorder(*answers) as (url, seen), cayuco.Client(url) as client:
        d.assert_equal(client.profile('a b', {'x': SEVEN}, runs=4), [{'type': 'fc', 'ms': 4.0}])
    d.assert_equal([path for path, *_ in seen], ['/models/a%20b/profile'] * 4)


@contextlib.contextmanager
def recorder(*answers):
    """A server that gives these answers in turn, the last one to all that follows, and the list of what it
    was asked."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def do_POST(self):
            body = self.rfile.read(int(self.headers['Content-Length']))
            answer = answers[min(len(seen), len(answers) - 1)]
            seen.append((self.path, self.headers['Content-Type'], self.headers['Authorization'], body))
            self.send_response(200)
            self.send_header('Content-Length', str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f'http://127.0.0.1:{server.server_port}', seen
    finally:
        server.shutdown()
        server.server_close()


@case(models=())
def models_are_loaded_and_unloaded_with_a_token(daemon):
    token = daemon.home / 'token'
    token.write_text('s3cret\n')
    with recorder(b'') as (url, seen), cayuco.Client(url, token_file=token) as client:
        client.load('a b')
        client.unload('m')
    d.assert_equal(seen, [(f'/v2/repository/models/{path}', 'application/json', 'Bearer s3cret', b'{}')
                          for path in ('a%20b/load', 'm/unload')])


@case(models=())
def pictures_are_sent_as_what_they_are(daemon):
    top = [{'index': 7, 'label': 'seven', 'probability': 1.0}]
    answer = json.dumps({'parameters': {'top': top}}).encode()
    png, jpeg = d.DIGITS / 'seven.png', b'\xff\xd8\xff\xe0...'
    with recorder(answer) as (url, seen), cayuco.Client(url) as client:
        d.assert_equal(client.classify('m', png, k=1), top)
        d.assert_equal(client.classify('m', jpeg), top)
        try:
            client.classify('m', b'GIF89a')
        except TypeError:
            pass
        else:
            raise AssertionError('was sent')
    d.assert_equal(seen, [('/predict?model=m&k=1', 'image/png', None, png.read_bytes()),
                          ('/predict?model=m&k=3', 'image/jpeg', None, jpeg)])


if __name__ == '__main__':
    sys.exit(d.main())
