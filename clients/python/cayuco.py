"""A client of cayucod in one file; needs numpy and nothing else.

    import cayuco
    board = cayuco.Client()                      # $CAYUCO_URL, the Unix socket, or loopback
    board.convert('my_paddle_dir', 'mine')       # waits; returns the job with its report
    outputs = board.predict('mine', image)       # a float32 array in, {name: array} out
    best = board.classify('mine', 'cat.jpg')     # a picture in, [{index, label, probability}] out
    steps = board.profile('mine', image)         # where the time goes: [{type, name, kernel, ms, ...}]
"""

import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import statistics
import time
import urllib.parse

import numpy

__all__ = ['Client', 'Error']

SOCKET = '/run/cayuco/cayuco.sock'
LOOPBACK = 'http://127.0.0.1:8080'
PIECE = 1 << 20  # bytes of a file that are read at once
TYPES = {'FP32': 'f4', 'FP64': 'f8', 'INT8': 'i1', 'INT16': 'i2', 'INT32': 'i4', 'INT64': 'i8',
         'UINT8': 'u1', 'BOOL': '?'}
PICTURES = {b'\x89PNG\r\n\x1a\n': 'image/png', b'\xff\xd8\xff': 'image/jpeg'}
NAMES = {numpy.dtype(code): name for name, code in TYPES.items()}


class Error(Exception):
    """What the daemon has refused, and the HTTP status that it said so with."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__('localhost', timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def default_url():
    usable = os.access(SOCKET, os.R_OK | os.W_OK)
    return os.environ.get('CAYUCO_URL') or (f'unix:{SOCKET}' if usable else LOOPBACK)


def fit(value, wanted):
    """An array of the type that an input wants, where no more than its width differs, as numpy's own float64 does
    from float32; numbers in lists become what they can. What is left as it is the daemon refuses."""
    array = numpy.asarray(value)
    if wanted is None or array.dtype == wanted or not numpy.can_cast(array.dtype, wanted, 'same_kind'):
        return array
    if isinstance(value, numpy.ndarray) and array.dtype.kind != wanted.kind:
        return array
    converted = array.astype(wanted)
    return converted if wanted.kind == 'f' or (converted == array).all() else array


def quote(name):
    return urllib.parse.quote(name, safe='')


def read_token(path):
    path = path or os.environ.get('CAYUCO_TOKEN_FILE')
    return pathlib.Path(path).read_text().strip() if path else None


def connection(url, timeout, ca_file):
    if url.scheme != 'https':
        return http.client.HTTPConnection(url.netloc, timeout=timeout)
    trusted = ssl.create_default_context(cafile=ca_file or os.environ.get('CAYUCO_CA_FILE'))
    return http.client.HTTPSConnection(url.netloc, timeout=timeout, context=trusted)


class Client:
    """One connection that is kept open; for one thread at a time. token_file (or $CAYUCO_TOKEN_FILE)
    holds the token that the daemon wants, if it wants one; ca_file ($CAYUCO_CA_FILE) the certificates to
    trust for https, if these are not the system's."""

    def __init__(self, url=None, timeout=120, token_file=None, ca_file=None):
        self.url = url or default_url()
        if re.fullmatch(r'[^/]+:\d+', self.url) and not self.url.startswith('unix:'):
            self.url = f'http://{self.url}'  # as curl does
        self.token = read_token(token_file)
        self.inputs = {}  # by model: {name: numpy's type}, in their order
        if self.url.startswith('unix:'):
            self.connection = UnixConnection(self.url[len('unix:'):], timeout)
        else:
            self.connection = connection(urllib.parse.urlsplit(self.url), timeout, ca_file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()

    def request(self, method, path, body=None, headers=None):
        """Returns headers and body; raises Error for a status that is not 2xx."""
        headers = dict(headers or {})
        if self.token:
            headers['Authorization'] = f'Bearer {self.token}'
        try:
            self.connection.request(method, path, body, headers)
            reply = self.connection.getresponse()
            data = reply.read()
        except BaseException:
            self.connection.close()  # half an answer would be taken for the next one's
            raise
        if reply.status >= 300:
            self.inputs.clear()  # a model may be another one by now
            try:
                text = json.loads(data)['error']
            except (ValueError, KeyError, TypeError):
                text = reply.reason
            raise Error(reply.status, text)
        return reply.headers, data

    def get(self, path):
        return json.loads(self.request('GET', path)[1])

    def post(self, path, value):
        body = json.dumps(value).encode()
        return self.request('POST', path, body, {'Content-Type': 'application/json'})[1]

    def is_ready(self):
        try:
            self.request('GET', '/v2/health/ready')
            return True
        except (Error, OSError):
            return False

    def models(self):
        return self.get('/models')['models']

    def metadata(self, model):
        return self.get(f'/v2/models/{quote(model)}')

    def index(self, ready=False):
        """The model repository: [{name, version, state, reason}]; with `ready` what is in service."""
        return json.loads(self.post('/v2/repository/index', {'ready': ready}))

    def load(self, model):
        """Puts a model of the daemon's state directory into service, or its newest version."""
        self.post(f'/v2/repository/models/{quote(model)}/load', {})

    def unload(self, model):
        """Takes it out of service; its files stay."""
        self.post(f'/v2/repository/models/{quote(model)}/unload', {})

    def remove(self, model):
        self.request('DELETE', f'/models/{quote(model)}')

    def inputs_of(self, model):
        """{name: numpy's type}, which is asked for once, and again after a failure."""
        if model not in self.inputs:
            self.inputs[model] = {port['name']: numpy.dtype(TYPES[port['datatype']])
                                  for port in self.metadata(model)['inputs']}
        return self.inputs[model]

    def encode(self, model, inputs):
        """A model's inputs as the inference protocol has them, bytes behind JSON: the body and its headers."""
        if isinstance(inputs, dict) and all(getattr(value, 'dtype', None) == 'f4' for value in inputs.values()):
            types = {}  # nothing need be asked
        else:
            types = self.inputs_of(model)
        if not isinstance(inputs, dict):
            inputs = {next(iter(types)): inputs}
        arrays = {name: numpy.ascontiguousarray(fit(value, types.get(name))) for name, value in inputs.items()}
        arrays = {name: array.astype(array.dtype.newbyteorder('<'), copy=False)
                  for name, array in arrays.items()}
        header = json.dumps({
            'inputs': [{'name': name, 'shape': list(array.shape), 'datatype': datatype(array),
                        'parameters': {'binary_data_size': array.nbytes}}
                       for name, array in arrays.items()],
            'parameters': {'binary_data_output': True}}).encode()
        return (header + b''.join(array.tobytes() for array in arrays.values()),
                {'Content-Type': 'application/octet-stream',
                 'Inference-Header-Content-Length': str(len(header))})

    def predict(self, model, inputs):
        """inputs: an array for the only input, or {name: array}. Returns {name: array}."""
        headers, data = self.request('POST', f'/v2/models/{quote(model)}/infer', *self.encode(model, inputs))
        return parse_outputs(data, int(headers.get('Inference-Header-Content-Length', len(data))))

    def profile(self, model, inputs, runs=10):
        """How long each step of the model takes, in its order: [{type, name, kernel, int8, shape, ms}], where
        ms is the median of the runs. inputs as of predict; the daemon may want the token of administration."""
        call = ('POST', f'/models/{quote(model)}/profile', *self.encode(model, inputs))
        answers = [json.loads(self.request(*call)[1]) for _ in range(runs)]
        version = answers[-1]['model_version']  # a model that is replaced meanwhile has other steps
        steps = zip(*(answer['ops'] for answer in answers if answer['model_version'] == version))
        return [{**step[-1], 'ms': statistics.median_low(run['ms'] for run in step)} for step in steps]

    def classify(self, model, picture, k=3):
        """picture: the path or the bytes of a PNG or JPEG. Returns the best k classes, best first:
        [{index, label, probability}]. Without a labels.txt these are the first output's largest values,
        and label is None."""
        data = picture if isinstance(picture, bytes) else pathlib.Path(picture).read_bytes()
        kind = next((kind for magic, kind in PICTURES.items() if data.startswith(magic)), None)
        if not kind:
            raise TypeError('neither a PNG nor a JPEG')
        _, answer = self.request('POST', f'/predict?model={quote(model)}&k={int(k)}', data,
                                 {'Content-Type': kind})
        answer = json.loads(answer)
        if 'top' in answer['parameters']:
            return answer['parameters']['top']
        values = numpy.array(answer['outputs'][0]['data'], float)
        return [{'index': int(i), 'label': None, 'probability': float(values[i])}
                for i in values.argsort()[::-1][:k]]

    def convert(self, directory, name, progress=None, compat=None):
        """Uploads a Paddle model directory, or an archive of one, and waits for its job; progress(job) is
        told of each change. compat '2.13': in the ops that opt 2.13 writes. Returns the job; raises Error
        if it has failed."""
        query = f'name={quote(name)}' + (f'&compat={quote(compat)}' if compat else '')
        path = pathlib.Path(directory)
        body = form(path) if path.is_dir() else (path.read_bytes(), {'Content-Type': 'application/octet-stream'})
        _, data = self.request('POST', f'/convert?{query}', *body)
        job, last = json.loads(data), None
        while True:
            if progress and job != last:
                progress(job)
            if job['state'] not in ('queued', 'running'):
                break
            time.sleep(0.05)
            last, job = job, self.get(f'/jobs/{job["job"]}')
        if job['state'] != 'done':
            raise Error(None, job.get('error', job['state']))
        return job


def datatype(array):
    try:
        return NAMES[array.dtype.newbyteorder('=')]
    except KeyError:
        raise TypeError(f'no tensor has elements of {array.dtype}') from None


def parse_outputs(data, length):
    outputs, at = {}, length
    for output in json.loads(data[:length])['outputs']:
        dtype = numpy.dtype(TYPES[output['datatype']]).newbyteorder('<')
        size = output.get('parameters', {}).get('binary_data_size')
        if size is None:
            array = numpy.array(output['data'], dtype)
        else:
            array = numpy.frombuffer(data[at:at + size], dtype)
            at += size
        outputs[output['name']] = array.reshape(output['shape'])
    return outputs


def form(directory):
    """All files of a directory as a form, read while they are sent: pieces, and their headers."""
    boundary = os.urandom(16).hex()
    end = f'--{boundary}--\r\n'.encode()
    files = sorted(p for p in directory.rglob('*') if p.is_file())
    parts = [(part_head(boundary, str(file.relative_to(directory))), file) for file in files]

    def pieces():
        for head, file in parts:
            yield head
            with file.open('rb') as data:
                yield from iter(lambda: data.read(PIECE), b'')
            yield b'\r\n'
        yield end
    length = sum(len(head) + file.stat().st_size + len(b'\r\n') for head, file in parts) + len(end)
    return pieces(), {'Content-Type': f'multipart/form-data; boundary={boundary}', 'Content-Length': str(length)}


def part_head(boundary, name):
    safe = name.replace('\\', '_').replace('"', '_').replace('\r', '_').replace('\n', '_')
    return (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\n'
            'Content-Type: application/octet-stream\r\n\r\n').encode()
