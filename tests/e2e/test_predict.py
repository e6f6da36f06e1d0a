"""What a good request gets, in every form that a body and an answer may have."""

import json
import struct
import subprocess
import sys
import zlib

from support import daemon as d
from support.daemon import BYTES, DATA, JSON, SEVEN, case

RAW_ANSWER = 'Accept: application/octet-stream'


def seven():
    return list(d.floats(SEVEN.read_bytes()))


def output(reply, i=0):
    d.assert_equal(reply.status, 200)
    return reply.json()['outputs'][i]


@case()
def raw_bytes_are_answered_in_the_form_of_the_protocol(daemon):
    reply = daemon.predict(SEVEN.read_bytes(), BYTES)
    answer = reply.json()
    d.assert_equal(reply.headers['content-type'], 'application/json')
    d.assert_equal((answer['model_name'], answer['model_version']), ('digits', '1'))
    assert answer['parameters']['milliseconds'] > 0
    out = output(reply)
    d.assert_equal((out['datatype'], out['shape'], len(out['data'])), ('FP32', [1, 10], 10))
    assert max(range(10), key=out['data'].__getitem__) == 7


@case()
def a_profile_tells_how_long_each_op_took(daemon):
    reply = daemon.curl('/models/digits/profile', '-H', BYTES, '--data-binary', f'@{SEVEN}')
    d.assert_equal((reply.status, 'infer;dur=' in reply.headers['server-timing']), (200, True))
    told = reply.json()
    d.assert_equal((told['model_name'], told['model_version'], 'outputs' in told), ('digits', '1', False))
    run = subprocess.run([*d.WRAPPER, d.CAYUCO, 'bench', '--json', '--runs=1', '--warmup=0',
                          d.nb('digits')], capture_output=True, check=True, timeout=d.PATIENCE)
    ops = json.loads(run.stdout)['ops']
    for key in ('type', 'name', 'kernel', 'int8', 'shape'):
        d.assert_equal([op[key] for op in told['ops']], [op[key] for op in ops])
    assert all(op['ms'] >= 0 for op in told['ops'])
    total = sum(op['ms'] for op in told['ops'])
    assert 0 < total <= told['parameters']['milliseconds'], told


@case(models=('digits', 'two_inputs_two_outputs'))
def a_profile_takes_what_predict_takes(daemon):
    png = (d.SEVEN.parent / 'seven.png').read_bytes()
    batch = json.dumps({'id': 'a', 'inputs': [{'name': 'image', 'shape': [2, 1, 32, 32],
                                               'data': 2 * seven()}]}).encode()
    for body, kind, rows in ((png, 'Content-Type: image/png', 1), (batch, JSON, 2)):
        told = daemon.curl('/models/digits/profile', '-H', kind, '--data-binary', '@-', body=body).json()
        d.assert_equal(told['ops'][-1]['shape'], [rows, 10])
    d.assert_equal(told['id'], 'a')
    daemon.curl('/models/digits/profile', '-d', '{').error(400)
    daemon.curl('/models/two_inputs_two_outputs/profile', '-d', '{"inputs": []}').error(422)
    daemon.curl('/models/none/profile', '-d', '{}').error(404)
    daemon.curl('/models/digits/profile').error(405)


@case()
def labels_are_named_best_first(daemon):
    reply = daemon.predict(SEVEN.read_bytes(), BYTES)
    top, scores = reply.json()['parameters']['top'], output(reply)['data']
    d.assert_equal(len(top), 3)
    d.assert_equal(top[0], {'index': 7, 'label': 'seven', 'probability': scores[7]})
    d.assert_equal([t['probability'] for t in top], sorted(scores, reverse=True)[:3])
    reply = daemon.predict(SEVEN.read_bytes(), BYTES, query='?k=1')
    d.assert_equal(reply.json()['parameters']['top'], top[:1])
    assert 'top' not in daemon.predict(SEVEN.read_bytes(), BYTES, query='?k=0').json()['parameters']


@case()
def a_picture_is_the_tensor_that_model_json_makes_of_it(daemon):
    png, wanted = (d.SEVEN.parent / 'seven.png').read_bytes(), daemon.good_bytes()
    for kind in ('Content-Type: image/png', 'Content-Type: image/jpeg', 'Content-Type:',
                 'Content-Type: application/x-www-form-urlencoded'):
        d.assert_equal(daemon.predict(png, kind, RAW_ANSWER).body, wanted)
    top = daemon.predict(png, 'Content-Type: image/png', query='?k=1').json()['parameters']['top']
    d.assert_equal([t['label'] for t in top], ['seven'])


@case(models=('digits', 'two_inputs_two_outputs'))
def a_model_tells_what_becomes_of_pictures(daemon):
    [image] = daemon.curl('/models/digits').json()['inputs']
    d.assert_equal(image['preprocess'], {'size': [32, 32], 'color': 'gray', 'layout': 'NCHW',
                                         'resize': 'stretch', 'mean': [0.5], 'std': [0.5]})
    said = {'size': [32, 32], 'resize': 'crop', 'resize_short': 40, 'mean': [0.25]}
    daemon.curl('/models/digits/model.json', '-X', 'PUT', '-d', json.dumps({'preprocess': said}))
    [image] = daemon.curl('/models/digits').json()['inputs']
    d.assert_equal(image['preprocess'], {'color': 'gray', 'layout': 'NCHW', 'std': [0.5], **said})
    for port in daemon.curl('/models/two_inputs_two_outputs').json()['inputs']:
        assert 'preprocess' not in port, port


@case()
def a_picture_is_the_body_of_infer(daemon):
    png = (d.SEVEN.parent / 'seven.png').read_bytes()
    for header in ((), ('-H', 'Inference-Header-Content-Length: 0')):
        reply = daemon.curl('/v2/models/digits/infer', '-H', 'Content-Type: image/png', *header,
                            '--data-binary', '@-', body=png).json()
        d.assert_equal(reply['outputs'][0]['shape'], [1, 10])
        assert reply['outputs'][0]['data'][7] > 0.99, reply


def ask_for_pictures(daemon, pictures, **parameters):
    files = b''.join(struct.pack('<I', len(file)) + file for file in pictures)
    text = json.dumps({'inputs': [{'name': 'image', 'datatype': 'BYTES', 'shape': [len(pictures)],
                                   'parameters': {'binary_data_size': len(files)}}],
                       'parameters': parameters}).encode()
    return daemon.predict(text + files, BYTES, RAW_ANSWER,
                          f'Inference-Header-Content-Length: {len(text)}')


@case()
def bytes_tensors_are_pictures_one_for_each_item(daemon):
    png, one = (d.SEVEN.parent / 'seven.png').read_bytes(), daemon.good_bytes()
    d.assert_equal(ask_for_pictures(daemon, [png] * 2).body, one * 2)


@case()
def a_request_has_its_time_for_decoding_pictures_too(daemon):
    png = (d.SEVEN.parent / 'seven.png').read_bytes()
    d.assert_equal(ask_for_pictures(daemon, [png], timeout=100_000_000).status, 200)
    assert 'decoded' in ask_for_pictures(daemon, [png], timeout=1).error(504)


@case()
def a_photograph_is_turned_as_the_camera_was_held(daemon):
    def classes(number):
        jpeg = (d.DATA / f'pictures/orientation_{number}.jpg').read_bytes()
        reply = daemon.predict(jpeg, 'Content-Type: image/jpeg', query='?k=10').json()
        return [entry['label'] for entry in reply['parameters']['top'][:1]]
    for number in range(2, 9):
        d.assert_equal(classes(number), classes(1))


@case()
def pictures_that_are_refused(daemon):
    png = (d.SEVEN.parent / 'seven.png').read_bytes()
    huge = png[:16] + struct.pack('>II', 65535, 65535) + png[24:]
    huge = huge[:29] + struct.pack('>I', zlib.crc32(huge[12:29])) + huge[33:]
    daemon.predict(png[:100], 'Content-Type: image/png').error(400)
    daemon.predict(huge, 'Content-Type: image/png').error(413)
    daemon.predict(b'GIF89a' + png, 'Content-Type: image/png').error(415)


@case()
def a_batch_has_a_list_of_labels_for_each_row(daemon):
    one = daemon.predict(SEVEN.read_bytes(), BYTES).json()
    two = daemon.predict(SEVEN.read_bytes() * 2, BYTES).json()
    d.assert_equal(two['outputs'][0]['shape'], [2, 10])
    d.assert_equal(two['outputs'][0]['data'], one['outputs'][0]['data'] * 2)
    d.assert_equal(two['parameters']['top'], [one['parameters']['top']] * 2)


@case()
def every_form_of_the_same_tensor_gets_the_same_answer(daemon):
    wanted = daemon.good_bytes()
    flat = seven()
    nested = [[[flat[i:i + 32] for i in range(0, 1024, 32)]]]
    tensor = {'name': 'image', 'datatype': 'FP32', 'shape': [1, 1, 32, 32]}
    bodies = [
        {'data': flat}, {'data': nested}, {'data': flat, 'shape': [1, 1, 32, 32]},
        {'inputs': [{**tensor, 'data': flat}]}, {'inputs': [{**tensor, 'data': nested}]},
        {'inputs': [{'name': 'image', 'data': flat}]}, {'inputs': [{'data': nested}]},
        {'id': 'x', 'parameters': {}, 'inputs': [{**tensor, 'data': flat, 'parameters': {}}]},
    ]
    for body in bodies:
        reply = daemon.predict(body, RAW_ANSWER)
        d.assert_equal((reply.status, reply.headers['content-type']),
                       (200, 'application/octet-stream'))
        d.assert_equal(reply.body, wanted)


@case()
def numbers_in_the_answer_read_back_bit_for_bit(daemon):
    printed = output(daemon.predict({'data': seven()}))['data']
    d.assert_equal(struct.pack('<10f', *printed), daemon.good_bytes())


@case()
def the_answer_is_that_of_the_tool(daemon):
    out = daemon.home / 'out.f32'
    subprocess.run([*d.WRAPPER, d.CAYUCO, 'run', str(d.nb('digits')), '-i',
                    f'image={SEVEN}:1x1x32x32', '-o', str(out)], check=True, capture_output=True,
                   timeout=d.PATIENCE)
    d.assert_equal(daemon.good_bytes(), out.read_bytes())


@case()
def a_bare_curl_may_send_json(daemon):
    body = json.dumps({'data': seven()})
    d.assert_equal(daemon.curl('/predict', '-d', '@-', body=body.encode()).status, 200)
    d.assert_equal(daemon.predict(('\n ' + body).encode(), 'Content-Type:').status, 200)


@case()
def an_id_comes_back(daemon):
    reply = daemon.predict({'id': 'a "b"', 'data': seven()})
    d.assert_equal(reply.json()['id'], 'a "b"')


@case(models=('digits', 'two_inputs_two_outputs'))
def several_inputs_and_outputs_have_names(daemon):
    model = DATA / 'two_inputs_two_outputs'
    left = list(d.floats((model / 'input1.f32').read_bytes()))
    right = list(d.floats((model / 'input0.f32').read_bytes()))
    body = {'inputs': [{'name': 'left', 'shape': [2, 2, 4, 4], 'data': left},
                       {'name': 'right', 'shape': [2, 3], 'data': right}]}
    query = '?model=two_inputs_two_outputs'
    answer = daemon.predict(body, query=query).json()
    names = [o['name'] for o in answer['outputs']]
    for i in range(2):
        wanted = d.floats((model / f'output{i}.f32').read_bytes())
        got = answer['outputs'][i]['data']
        assert max(abs(a - b) for a, b in zip(got, wanted)) < 1e-5 and len(got) == len(wanted)
    for chosen in ([names[1]], [names[1], names[0]]):
        body['outputs'] = [{'name': name} for name in chosen]
        reply = daemon.predict(body, query=query)
        d.assert_equal([o['name'] for o in reply.json()['outputs']], chosen)
    raw = daemon.predict(body, RAW_ANSWER, query=query).body
    d.assert_equal(raw, struct.pack(f'<{len(raw) // 4}f', *answer['outputs'][1]['data'],
                                    *answer['outputs'][0]['data']))


@case(models=('digits', 'conv_bn'))
def a_free_dimension_comes_from_the_request(daemon):
    data = (DATA / 'conv_bn/input0.f32').read_bytes()  # 2x3x8x7
    query = '?model=conv_bn'
    whole = daemon.predict(data, BYTES, query=query)
    d.assert_equal(output(whole)['shape'][0], 2)
    d.assert_equal(daemon.predict(data, BYTES, query=query + '&shape=2x3x8x7').json()['outputs'],
                   whole.json()['outputs'])
    half = daemon.predict(data[:len(data) // 2], BYTES, query=query)
    d.assert_equal(output(half)['shape'][0], 1)


@case()
def long_json_which_is_read_while_it_arrives_says_what_bytes_say(daemon):
    images = [[value * (1 - row / 50) for value in seven()] for row in range(40)]
    flat = sum(images, [])
    raw = struct.pack(f'<{len(flat)}f', *flat)
    wanted = output(daemon.predict(raw, BYTES, query='?shape=40x1x32x32'))
    shapes = ({'shape': [40, 1, 32, 32], 'data': flat},
              {'data': [[[image[i:i + 32] for i in range(0, 1024, 32)]] for image in images]})
    for tensor in shapes:
        body = json.dumps({'inputs': [{'name': 'image', **tensor}]}).encode()
        assert len(body) > 256 << 10, len(body)  # from there on it is
        for _ in range(3):
            d.assert_equal(output(daemon.predict(body, JSON)), wanted)


@case()
def one_connection_carries_many_requests(daemon):
    urls = [f'{daemon.url}/predict' for _ in range(3)]
    run = subprocess.run(['curl', '-sS', '-w', '%{http_code} %{num_connects}\n', *['-o', '/dev/null'] * 3,
                          '-H', BYTES, '--data-binary', f'@{SEVEN}', *urls],
                         capture_output=True, check=True, timeout=d.PATIENCE)
    d.assert_equal(run.stdout, b'200 1\n200 0\n200 0\n')


if __name__ == '__main__':
    sys.exit(d.main())
