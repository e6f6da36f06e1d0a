"""The Open Inference Protocol: metadata, inference as JSON and as bytes, classes, index, statistics."""

import base64
import collections
import http.client
import json
import os
import pathlib
import re
import struct
import sys
import threading

from support import daemon as d
from support.daemon import BYTES, JSON, SEVEN, Background, case

INFER = '/v2/models/digits/infer'
TWO = '/v2/models/two_inputs_two_outputs'


def ask(daemon, path, body, *headers):
    """POSTs an object as JSON, or bytes as they are."""
    if not isinstance(body, bytes):
        body, headers = json.dumps(body).encode(), (JSON, *headers)
    file = daemon.home / 'body'
    file.write_bytes(body)
    return daemon.curl(path, *[word for header in headers for word in ('-H', header)], '--data-binary',
                       f'@{file}')


def binary(head, *tensors):
    """A body of JSON and the bytes of tensors, and the header that says where they begin."""
    text = json.dumps(head).encode()
    return text + b''.join(tensors), f'Inference-Header-Content-Length: {len(text)}'


def split(reply):
    """The JSON of an answer and the bytes behind it."""
    d.assert_equal(reply.status, 200)
    length = int(reply.headers['inference-header-content-length'])
    return json.loads(reply.body[:length]), reply.body[length:]


def image(**changes):
    return {'name': 'image', 'datatype': 'FP32', 'shape': [1, 1, 32, 32], **changes}


SEVEN_BYTES = SEVEN.read_bytes()
SEVEN_LIST = list(struct.unpack('<1024f', SEVEN_BYTES))


@case()
def the_server_and_its_models_describe_themselves(daemon):
    server = daemon.curl('/v2').json()
    d.assert_equal(server['name'], 'cayuco')
    assert 'binary_tensor_data' in server['extensions'], server
    model = daemon.curl('/v2/models/digits').json()
    d.assert_equal(model, daemon.curl('/v2/models/digits/versions/1').json())
    d.assert_equal((model['name'], model['versions'], model['platform']),
                   ('digits', ['1'], 'paddlelite_nb'))
    d.assert_equal(model['inputs'], [{'name': 'image', 'datatype': 'FP32', 'shape': [-1, 1, 32, 32]}])
    d.assert_equal(len(model['outputs']), 1)
    d.assert_equal(model['parameters']['opt_version'], daemon.curl('/models/digits').json()['opt_version'])
    for path in ('/v2/models/digits/ready', '/v2/models/digits/versions/1/ready'):
        d.assert_equal(daemon.curl(path).json(), {'name': 'digits', 'ready': True})
    for path in ('/v2/models/none', '/v2/models/none/ready', '/v2/models/digits/versions/2',
                 '/v2/models/digits/versions/x/ready', '/v2/models/digits/versions/01'):
        daemon.curl(path).error(404)
    daemon.curl('/v2/models/..%2f', '--path-as-is').error(400)


@case()
def json_gives_what_predict_gives(daemon):
    body = {'id': 'a1', 'inputs': [image(data=SEVEN_LIST)]}
    answer = ask(daemon, INFER, body).json()
    wanted = ask(daemon, '/predict?model=digits', body).json()
    d.assert_equal(answer['outputs'], wanted['outputs'])
    d.assert_equal((answer['id'], answer['model_name'], answer['model_version']), ('a1', 'digits', '1'))
    d.assert_equal(ask(daemon, '/v2/models/digits/versions/1/infer', body).json()['outputs'],
                   wanted['outputs'])
    ask(daemon, '/v2/models/digits/versions/9/infer', body).error(404)
    ask(daemon, '/v2/models/none/infer', body).error(404)


@case(models=('digits', 'two_inputs_two_outputs'))
def bytes_go_in_and_come_out(daemon):
    head = {'id': 'b', 'inputs': [image(parameters={'binary_data_size': 4096})],
            'parameters': {'binary_data_output': True}}
    body, header = binary(head, SEVEN_BYTES)
    answer, tail = split(ask(daemon, INFER, body, BYTES, header))
    plain = ask(daemon, INFER, {'inputs': [image(data=SEVEN_LIST)]}).json()['outputs'][0]
    output = answer['outputs'][0]
    d.assert_equal(output['parameters'], {'binary_data_size': 40})
    assert 'data' not in output
    d.assert_equal([struct.unpack('<f', struct.pack('<f', x))[0] for x in plain['data']],
                   list(struct.unpack('<10f', tail)))
    raw = ask(daemon, INFER, SEVEN_BYTES, BYTES, 'Inference-Header-Content-Length: 0').json()
    d.assert_equal(raw['outputs'][0]['data'], plain['data'])

    left, right = struct.pack('<32f', *range(32)), struct.pack('<3f', 1, 2, 3)
    names = [port['name'] for port in daemon.curl(TWO).json()['outputs']]
    inputs = [{'name': 'left', 'shape': [1, 2, 4, 4], 'datatype': 'FP32',
               'parameters': {'binary_data_size': 128}},
              {'name': 'right', 'shape': [1, 3], 'datatype': 'FP32',
               'parameters': {'binary_data_size': 12}}]
    want = [{'name': names[1], 'parameters': {'binary_data': True}}, {'name': names[0]}]
    body, header = binary({'inputs': inputs, 'outputs': want}, left, right)
    answer, tail = split(ask(daemon, TWO + '/infer', body, BYTES, header))
    d.assert_equal([output['name'] for output in answer['outputs']], names[::-1])
    d.assert_equal(len(tail), answer['outputs'][0]['parameters']['binary_data_size'])
    same = ask(daemon, TWO + '/infer', {'inputs': [
        {**inputs[0], 'parameters': {}, 'data': list(range(32))},
        {**inputs[1], 'parameters': {}, 'data': [1, 2, 3]}]}).json()
    d.assert_equal(answer['outputs'][1]['data'], same['outputs'][0]['data'])
    # An odd length of JSON: the bytes behind it lie anywhere.
    for pad in range(4):
        body, header = binary({'id': 'x' * pad, 'inputs': inputs, 'outputs': want}, left, right)
        d.assert_equal(split(ask(daemon, TWO + '/infer', body, BYTES, header))[1], tail)


@case(models=('digits', 'two_inputs_two_outputs'))
def sizes_that_do_not_fit_are_refused(daemon):
    for size in (0, 4095, 4097, -1, 2 ** 63, 1.5, '4096', None):
        body, header = binary({'inputs': [image(parameters={'binary_data_size': size})]}, SEVEN_BYTES)
        ask(daemon, INFER, body, BYTES, header).error(400)
    good = {'inputs': [image(parameters={'binary_data_size': 4096})]}
    body, header = binary(good, SEVEN_BYTES)
    ask(daemon, INFER, body + b'x', BYTES, header).error(400)
    ask(daemon, INFER, body[:-1], BYTES, header).error(400)
    ask(daemon, INFER, body, BYTES).error(400)  # without the header
    for length in (str(len(body) + 1), '-1', '99999999999', '1e2', 'x', '', ' '):
        ask(daemon, INFER, body, BYTES, f'Inference-Header-Content-Length: {length}'
            if length.strip() else 'Inference-Header-Content-Length;').error(400)
    reply = ask(daemon, INFER, body, BYTES, header, header)
    reply.error(400)
    ask(daemon, TWO + '/infer', bytes(140), BYTES, 'Inference-Header-Content-Length: 0').error(400)
    both = {'inputs': [image(parameters={'binary_data_size': 4096}, data=[1])]}
    ask(daemon, INFER, *[binary(both, SEVEN_BYTES)[0], BYTES, binary(both)[1]]).error(400)
    for parameters in ([], 'x', {'binary_data_output': 1}):
        ask(daemon, INFER, {'inputs': [image(data=SEVEN_LIST)], 'parameters': parameters}).error(400)


@case()
def the_best_classes_are_named(daemon):
    name = daemon.curl('/v2/models/digits').json()['outputs'][0]['name']
    body = {'inputs': [image(data=SEVEN_LIST * 2, shape=[2, 1, 32, 32])],
            'outputs': [{'name': name, 'parameters': {'classification': 3}}]}
    output = ask(daemon, INFER, body).json()['outputs'][0]
    d.assert_equal((output['datatype'], output['shape'], len(output['data'])), ('BYTES', [2, 3], 6))
    value, index, label = output['data'][0].split(':')
    d.assert_equal((index, label), ('7', 'seven'))
    assert float(value) > 0.9, output
    d.assert_equal(output['data'][:3], output['data'][3:])
    body['outputs'][0]['parameters']['binary_data'] = True
    answer, tail = split(ask(daemon, INFER, body))
    size, = struct.unpack('<I', tail[:4])
    d.assert_equal(tail[4:4 + size].decode(), output['data'][0])
    d.assert_equal(answer['outputs'][0]['parameters']['binary_data_size'], len(tail))
    for classes in (-1, 101, '3', 1.5):
        body['outputs'][0]['parameters'] = {'classification': classes}
        ask(daemon, INFER, body).error(400)


@case(models=('digits', 'conv_bn'))
def the_repository_has_an_index(daemon):
    index = ask(daemon, '/v2/repository/index', b'').json()
    d.assert_equal(index, [{'name': name, 'version': '1', 'state': 'READY', 'reason': ''}
                           for name in ('conv_bn', 'digits')])
    d.assert_equal(ask(daemon, '/v2/repository/index', {'ready': True}).json(), index)
    ask(daemon, '/v2/repository/index', {'ready': 1}).error(400)
    ask(daemon, '/v2/repository/index', b'{').error(400)


@case()
def answers_say_where_the_time_went(daemon):
    for reply in (ask(daemon, INFER, SEVEN_BYTES, BYTES),
                  daemon.predict(SEVEN.read_bytes(), BYTES, 'Accept: application/octet-stream')):
        parts = [part.split(';dur=') for part in reply.headers['server-timing'].split(', ')]
        d.assert_equal([name for name, _ in parts], ['queue', 'input', 'infer', 'output'])
        assert all(float(ms) >= 0 for _, ms in parts) and float(parts[2][1]) > 0, parts
    assert 'server-timing' not in ask(daemon, INFER, SEVEN_BYTES[1:], BYTES).headers


@case(models=('digits', 'conv_bn'))
def models_are_unloaded_and_loaded(daemon):
    def change(name, what, body=b''):
        return ask(daemon, f'/v2/repository/models/{name}/{what}', body)
    wanted = daemon.good_bytes()
    for _ in range(3):
        d.assert_equal(change('digits', 'unload').json(), {})
        index = ask(daemon, '/v2/repository/index', b'').json()
        d.assert_equal([(m['state'], m['reason']) for m in index],
                       [('READY', ''), ('UNAVAILABLE', 'unloaded')])
        assert 'unloaded' in ask(daemon, INFER, SEVEN_BYTES, BYTES).error(422)
        daemon.curl('/v2/models/digits/ready').error(422)
        d.assert_equal(change('digits', 'load', {'parameters': {}}).json(), {})
        d.assert_equal(daemon.good_bytes(), wanted)
    d.assert_equal(change('digits', 'unload', {'parameters': {'unload_dependents': True}}).json(),
                   {})
    change('none', 'load').error(404)
    change('none', 'unload').error(404)
    change('..%2fx', 'load').error(400)
    change('digits', 'load', {'parameters': []}).error(400)
    change('digits', 'load', b'{').error(400)
    change('digits', 'load').json()


@case()
def a_model_is_loaded_with_a_configuration(daemon):
    def load(**parameters):
        return ask(daemon, '/v2/repository/models/digits/load', {'parameters': parameters})

    def version():
        return daemon.curl('/v2/models/digits').json()['versions']
    wanted, config = daemon.good_bytes(), '{"instances": 3, "warmup": 2}'
    for _ in range(2):  # the second time it is the model's already
        d.assert_equal(load(config=config).json(), {})
        d.assert_equal(version(), ['2'])
    d.assert_equal(daemon.curl('/v2/models/digits').json()['parameters']['instances'], 3)
    d.assert_equal(daemon.curl('/models/digits/model.json').body.decode(), config)
    d.assert_equal(daemon.good_bytes(), wanted)
    ask(daemon, '/v2/repository/models/digits/unload', b'')
    d.assert_equal(load(config='{"queue": 9}').json(), {})  # out of service, too
    d.assert_equal(version(), ['3'])
    assert 'max_batch_size' in load(config='{"max_batch_size": 8}').error(400)
    for bad in ('', '{', '[]', '{"instances": 0}', {'instances': 3}, 5):
        load(config=bad).error(400)
    load(priority=1).error(400)
    d.assert_equal(version(), ['3'])
    ask(daemon, '/v2/repository/models/digits/unload', {'parameters': {'config': config}}).error(400)
    ask(daemon, '/v2/repository/models/none/load', {'parameters': {'config': config}}).error(404)
    ask(daemon, '/v2/repository/models/..%2fx/load', {'parameters': {'config': config}}).error(400)


@case(models=('digits', 'two_inputs_two_outputs'))
def the_configuration_says_what_model_json_and_the_file_do(daemon):
    daemon.curl('/models/digits/model.json', '-X', 'PUT', '-d', '{"instances": 3, "queue": 9}')
    told = daemon.curl('/v2/models/digits/config').json()
    d.assert_equal(told['instance_group'], [{'name': 'digits', 'kind': 'KIND_CPU', 'count': 3}])
    d.assert_equal(told['parameters']['queue'], {'string_value': '9'})
    d.assert_equal(daemon.curl('/v2/models/digits/versions/2/config').json(), told)
    daemon.curl('/v2/models/digits/versions/1/config').error(404)
    daemon.curl('/v2/models/none/config').error(404)
    config, metadata = daemon.curl(f'{TWO}/config').json(), daemon.curl(TWO).json()
    for mine, theirs in (('input', 'inputs'), ('output', 'outputs')):
        d.assert_equal([(p['name'], p['data_type'], p['dims']) for p in config[mine]],
                       [(p['name'], f'TYPE_{p["datatype"]}', p['shape']) for p in metadata[theirs]])
    ask(daemon, '/v2/repository/models/digits/unload', b'')
    daemon.curl('/v2/models/digits/config').error(422)
    ask(daemon, '/v2/repository/models/digits/load', b'')


@case()
def a_model_is_loaded_from_files_in_the_request(daemon):
    def load(name='digits', root=None, **parameters):
        parameters = {key if key == 'config' else f'file:{key}': value for key, value in parameters.items()}
        return ask(daemon, f'/v2/repository/models/{name}/load', {'parameters': parameters, **(root or {})})

    def text(data):
        return base64.b64encode(data).decode()
    nb, labels = text(d.nb('digits').read_bytes()), text((d.DIGITS / 'labels.txt').read_bytes())
    config = (d.DIGITS / 'model.json').read_text()
    png = (d.DIGITS / 'seven.png').read_bytes()
    files = {'1/model.nb': nb, '1/labels.txt': labels}
    d.assert_equal(load('new', config=config, **files).json(), {})
    reply = daemon.curl('/predict?model=new&k=1', '--data-binary', '@-', body=png).json()
    d.assert_equal((reply['model_version'], reply['parameters']['top'][0]['label']), ('1', 'seven'))
    # The version that is named is no version of ours; '/' may be escaped.
    escaped = json.dumps({'parameters': {'file:9/model.nb': nb, 'file:model.json': text(b'{"queue": 9}')}})
    ask(daemon, '/v2/repository/models/new/load', escaped.replace(nb, nb.replace('/', '\\/')).encode()).json()
    described = daemon.curl('/models/new').json()
    d.assert_equal((described['version'], described['queue'], described['labels']), ('2', 9, 0))
    bad = [({'1/model.nb': nb[:-3]}, 400, 'no base64 at byte'), ({'1/model.nb': nb + '\n'}, 400, 'no base64'),
           ({'1/model.nb': text(b'no model')}, 422, ''), ({'1/model.nb': ''}, 400, 'empty'),
           ({'1/model.nb': 5}, 400, 'not a string of base64'), ({'1/model.nb': [0]}, 400, 'not a string of base64'),
           ({'1/model.onnx': nb}, 400, 'none of file:1/model.nb'), ({'../model.nb': nb}, 400, 'none of'),
           ({'model.nb': nb, '2/model.nb': nb}, 400, 'twice'), (dict(files, config='{"backend": "x"}'), 400, 'backend'),
           ({'1/model.json': text(b'{}')}, 400, 'as config'), ({'1/labels.txt': labels}, 400, 'PUT /models/NAME/labels.txt'),
           (dict(files, config='{}', **{'1/model.json': text(b'{}')}), 400, 'send one'),
           (dict(files, **{'1/model.json': text(b'{')}), 400, 'JSON')]
    for parameters, status, why in bad:
        assert why in load('new', **parameters).error(status), (parameters.keys(), why)
    assert 'belong into "parameters"' in load('new', {'file:1/model.nb': nb}, **files).error(400)
    load('..%2fx', **files).error(400)
    ask(daemon, '/v2/repository/models/new/unload', {'parameters': {'file:1/model.nb': nb}}).error(400)
    d.assert_equal(daemon.curl('/models/new').json(), described)


@case('--body-limit=64k')
def files_in_a_request_are_under_the_limit_of_bodies(daemon):
    nb = base64.b64encode(d.nb('digits').read_bytes()).decode()
    ask(daemon, '/v2/repository/models/new/load', {'parameters': {'file:1/model.nb': nb}}).error(413)


def cycle(daemon):
    """What can happen to models, once: the digits and conv_bn are there before and after."""
    def change(path, *args, body=b'', status=200):
        reply = daemon.curl(path, *args, body=body)
        d.assert_equal((path, reply.status), (path, status))
    post = ('--data-binary', '@-')
    put = ('-X', 'PUT', *post)
    change('/v2/repository/models/digits/load', *post)
    change('/v2/repository/models/conv_bn/unload', *post)
    change('/v2/repository/models/conv_bn/load', *post)
    change('/models/digits', *put, body=d.nb('digits').read_bytes())
    change('/models/conv_bn', '-X', 'DELETE', status=204)
    change('/models/conv_bn', *put, body=d.nb('conv_bn').read_bytes())


@case(models=('digits', 'conv_bn'))
def models_change_under_traffic_without_a_failed_request_for_those_that_stay(daemon):
    """CAYUCO_TEST_LOADS=1000 is the long form, for a release: sanitizers keep what is freed."""
    def traffic():
        connection = http.client.HTTPConnection(*daemon.address, timeout=d.PATIENCE)
        while not done.is_set():
            connection.request('POST', '/predict?model=digits', SEVEN_BYTES,
                               dict([BYTES.split(': ')]) | {'Accept': 'application/octet-stream'})
            answer = connection.getresponse()
            same = answer.read() == wanted
            answers[answer.status, same] += 1
        connection.close()
    wanted, done, answers = daemon.good_bytes(), threading.Event(), collections.Counter()
    clients = [Background(traffic) for _ in range(3)]
    try:
        memory = 0
        cycles = int(os.environ.get('CAYUCO_TEST_LOADS', 10))
        for i in range(cycles):
            cycle(daemon)
            memory = memory or (daemon.resident() if i == cycles // 10 else 0)
    finally:
        done.set()
        for client in clients:
            client.join()
    d.assert_equal(set(answers), {(200, True)})
    print(f'{cycles} cycles, {answers.total()} requests, {memory} to {daemon.resident()} bytes resident')
    assert cycles < 1000 or daemon.resident() < memory + (1 << 20), (memory, daemon.resident())


@case()
def a_model_that_cannot_be_loaded_again_keeps_what_it_has_in_service(daemon):
    wanted = daemon.good_bytes()
    (daemon.state / 'models/digits/1/model.nb').write_bytes(b'no model')
    ask(daemon, '/v2/repository/models/digits/load', b'').error(422)
    d.assert_equal(daemon.good_bytes(), wanted)


@case()
def statistics_count_what_was_asked(daemon):
    def stats(path='/v2/models/digits/stats'):
        return daemon.curl(path).json()['model_stats'][0]
    before = stats()
    for _ in range(3):
        ask(daemon, INFER, SEVEN_BYTES, BYTES)
    ask(daemon, INFER, SEVEN_BYTES[1:], BYTES).error(400)
    after = stats()
    d.assert_equal(after['inference_count'] - before['inference_count'], 3)
    d.assert_equal(after['inference_stats']['fail']['count'], 1)
    for part in ('queue', 'compute_input', 'compute_infer', 'compute_output', 'success'):
        d.assert_equal(after['inference_stats'][part]['count'], after['inference_count'])
        assert after['inference_stats'][part]['ns'] > 0
    assert after['last_inference'] > 1_500_000_000_000
    d.assert_equal(stats('/v2/models/stats')['name'], 'digits')
    d.assert_equal(stats('/v2/models/digits/versions/1/stats'), after)
    daemon.curl('/v2/models/none/stats').error(404)


if __name__ == '__main__':
    sys.exit(d.main())
