"""The state directory: what is loaded at start, what a client may do with it, what bad files do."""

import json
import pathlib
import re
import shutil
import sys

from support import daemon as d
from support.daemon import BYTES, DIGITS, SEVEN, case


@case(models=('digits', 'conv_bn'))
def models_are_listed_and_described(daemon):
    listed = daemon.curl('/models').json()['models']
    d.assert_equal([m['name'] for m in listed], ['conv_bn', 'digits'])
    one = daemon.curl('/models/digits').json()
    d.assert_equal(one, listed[1])
    d.assert_equal((one['version'], one['state'], one['labels']), ('1', 'READY', 10))
    [image] = one['inputs']
    assert image.pop('preprocess'), one
    d.assert_equal(image, {'name': 'image', 'datatype': 'FP32', 'shape': [-1, 1, 32, 32]})
    assert one['int8_ops'] > 8 and one['weight_bytes'] > 10_000
    d.assert_equal(daemon.curl('/models/none').error(404), "no model 'none'")


@case(models=('digits', 'conv_bn'))
def a_removed_model_is_gone_from_memory_and_disk(daemon):
    reply = daemon.curl('/models/conv_bn', '-X', 'DELETE')
    d.assert_equal((reply.status, reply.body), (204, b''))
    daemon.curl('/models/conv_bn').error(404)
    daemon.curl('/models/conv_bn', '-X', 'DELETE').error(404)
    daemon.predict(bytes(4), BYTES, query='?model=conv_bn').error(404)
    d.assert_equal([p.name for p in (daemon.state / 'models').iterdir()], ['digits'])
    d.assert_equal(list((daemon.state / 'tmp').iterdir()), [])
    d.assert_equal(daemon.metric('cayuco_models'), 1)


@case(models=())
def without_a_model_there_is_nothing_to_predict(daemon):
    daemon.predict(SEVEN.read_bytes(), BYTES).error(404)
    d.assert_equal(daemon.curl('/models').json(), {'models': []})
    d.assert_equal(daemon.curl('/v2/health/ready').status, 200)


@case(models=('digits', 'conv_bn'))
def of_several_models_one_must_be_named(daemon):
    assert '?model=NAME' in daemon.predict(SEVEN.read_bytes(), BYTES).error(400)


@case('--model=digits', models=('digits', 'conv_bn'))
def a_default_model_needs_no_name(daemon):
    d.assert_equal(daemon.predict(SEVEN.read_bytes(), BYTES).json()['model_name'], 'digits')


@case()
def models_survive_a_restart(daemon):
    wanted = daemon.good_bytes()
    d.assert_equal(daemon.stop(), 0)
    again = d.Daemon(state=daemon.state)
    try:
        d.assert_equal(again.good_bytes(), wanted)
        d.assert_equal(again.stop(), 0)
    finally:
        again.kill()


def restarted(daemon, check):
    """Starts a second daemon on the state that the first one leaves, and checks that one."""
    if daemon.process.poll() is None:
        daemon.stop()
    again = d.Daemon(state=daemon.state)
    try:
        check(again)
        again.check_alive()
        d.assert_equal(again.stop(), 0)
    except BaseException:
        print(again.log.read_text())
        raise
    finally:
        again.kill()


@case()
def the_highest_version_is_served(daemon):
    for version in (2, 10):
        d.put_model(daemon.state, 'digits', d.nb('digits'), version)
    for stray in ('x', '007', '11x', '-3', '0', '99999999999999999999'):
        (daemon.state / 'models/digits' / stray).mkdir()

    def check(again):
        d.assert_equal(again.curl('/models/digits').json()['version'], '10')
        d.assert_equal(again.predict(SEVEN.read_bytes(), BYTES).json()['model_version'], '10')
    restarted(daemon, check)


@case()
def a_bad_new_version_leaves_the_old_one_in_service(daemon):
    wanted = daemon.good_bytes()
    place = d.put_model(daemon.state, 'digits', d.nb('digits'), 2)
    (place / 'model.nb').write_bytes(d.nb('digits').read_bytes()[:5000])

    def check(again):
        d.assert_equal(again.curl('/models/digits').json()['version'], '1')
        d.assert_equal(again.good_bytes(), wanted)
    restarted(daemon, check)


@case()
def every_truncated_or_broken_file_is_told_and_stops_nothing(daemon):
    good = d.nb('two_inputs_two_outputs').read_bytes()
    bad = {f'cut{n}': good[:n] for n in range(0, len(good), max(1, len(good) // 60))}
    bad |= {f'flip{n}': good[:n] + bytes([good[n] ^ 0xff]) + good[n + 1:] for n in range(0, 64, 4)}
    bad['magic'] = b'PK\3\4' + good[4:]
    for name, data in bad.items():
        place = d.put_model(daemon.state, name, d.nb('two_inputs_two_outputs'))
        (place / 'model.nb').write_bytes(data)
    wanted = daemon.good_bytes()

    def check(again):
        d.assert_equal(again.good_bytes(), wanted)
        listed = {m['name']: m for m in again.curl('/models').json()['models']}
        for name in bad:
            if name[:4] == 'flip' and listed[name]['state'] == 'READY':
                continue  # some bytes of a header mean nothing
            d.assert_equal(listed[name]['state'], 'UNAVAILABLE')
            error = again.predict(bytes(4), BYTES, query=f'?model={name}').error(422)
            assert listed[name]['reason'] in error and str(daemon.state) not in error
    restarted(daemon, check)


@case()
def what_is_no_model_in_the_state_directory_is_left_alone(daemon):
    models = daemon.state / 'models'
    (models / '.hidden').mkdir()
    (models / 'a file').write_text('x')
    (models / 'empty').mkdir()
    (models / 'link').symlink_to('/etc')
    (models / 'nofile/1').mkdir(parents=True)
    (models / 'fifo/1').mkdir(parents=True)
    (models / 'dir/1/model.nb').mkdir(parents=True)

    def check(again):
        states = {m['name']: m['state'] for m in again.curl('/models').json()['models']}
        d.assert_equal(states.pop('digits'), 'READY')
        d.assert_equal(set(states.values()), {'UNAVAILABLE'})
        d.assert_equal(set(states), {'empty', 'link', 'nofile', 'fifo', 'dir'})
        d.assert_equal(again.curl('/models/link', '-X', 'DELETE').status, 204)
    restarted(daemon, check)
    assert (models / 'a file').exists() and (models / '.hidden').exists()


@case()
def what_a_crash_left_in_tmp_is_removed(daemon):
    left = daemon.state / 'tmp/abc'
    left.mkdir()
    (left / 'model.nb').write_text('half')
    (daemon.state / 'tmp/x').symlink_to(daemon.home)

    def check(again):
        d.assert_equal(list((again.state / 'tmp').iterdir()), [])
    restarted(daemon, check)
    assert daemon.log.exists()


@case(models=('digits', 'conv_bn'))
def model_json_must_fit_the_model(daemon):
    good = [('{"inputs": [{"name": "x", "shape": [4, 3, 8, 7]}]}', None),
            ('{"inputs": [{"shape": [1, 3, 8, 7]}], "preprocess": {}}', None), ('{}', None),
            ('{"inputs": [{"name": "x", "shape": [1, 3, 10, 12]}]}', None)]
    bad = [('{"inputs": [{"name": "y", "shape": [1, 3, 8, 7]}]}', "no input 'y'; it has 1, the first is 'x'"),
           ('{"inputs": [{"name": "x", "shape": [1, 3, 8, 7]}, {"name": "x", "shape": [1, 3, 8, 7]}]}', "'x' comes twice"),
           ('{"inputs": [{"shape": [1, 3, 8, 7]}, {"shape": [1, 3, 8, 7]}]}', 'comes twice'),
           ('{"inputs": [{"name": "x", "shape": [1, 4, 8, 7]}]}', '1x4x8x7'),
           ('{"inputs": [{"name": "x"}]}', 'shape'), ('{"inputs": 5}', 'inputs'), ('[]', 'inputs'),
           ('{', 'byte 1'), ('[' * 100 + ']' * 100, 'deeper'), (' ' * 70_000 + '{}', '')]
    for i, (text, _) in enumerate(good + bad):
        d.put_model(daemon.state, f'm{i}', d.nb('conv_bn'), json_text=text)

    def check(again):
        listed = {m['name']: m for m in again.curl('/models').json()['models']}
        for i in range(len(good)):
            d.assert_equal(listed[f'm{i}']['state'], 'READY')
        shape = again.curl(f'/v2/models/m{len(good) - 1}').json()['inputs'][0]['shape']
        d.assert_equal(shape, [-1, 3, 10, 12])  # not the exporter's 8x7
        for i, (text, word) in enumerate(bad, len(good)):
            assert word in listed[f'm{i}']['reason'], listed[f'm{i}']
    restarted(daemon, check)


@case()
def labels_may_have_any_form(daemon):
    text = (DIGITS / 'labels.txt').read_text()
    forms = {'crlf': text.replace('\n', '\r\n'), 'noend': text.rstrip('\n'), 'more': text + '\n\n',
             'mark': '\ufeff' + text}
    for name, labels in forms.items():
        d.put_model(daemon.state, name, d.nb('digits'), labels=labels)
    d.put_model(daemon.state, 'few', d.nb('digits'), labels='a\nb\n')
    (d.put_model(daemon.state, 'odd', d.nb('digits'), labels=text) / 'labels.txt').write_bytes(
        b'\xff\x1b[31m\n"\\\n' + b'x\n' * 8)

    def check(again):
        def top(name):
            reply = again.predict(SEVEN.read_bytes(), BYTES, query=f'?model={name}&k=10')
            return reply.json()['parameters'].get('top')
        for name in forms:
            d.assert_equal(top(name)[0]['label'], 'seven')
        assert 'zero' in [best['label'] for best in top('mark')]  # the first line
        d.assert_equal(top('few'), None)
        d.assert_equal(len(top('odd')), 10)
    restarted(daemon, check)


@case('--models-limit=100k', models=())
def models_over_the_memory_limit_are_not_loaded(daemon):
    daemon.stop()
    d.put_models(daemon.state, ['conv_bn', 'digits'])
    again = d.Daemon('--models-limit=30k', state=daemon.state)
    try:
        states = {m['name']: m for m in again.curl('/models').json()['models']}
        d.assert_equal(states['conv_bn']['state'], 'READY')
        d.assert_equal(states['digits']['state'], 'UNAVAILABLE')
        d.assert_equal(again.stop(), 0)
    finally:
        again.kill()


def put(daemon, path, data, *args):
    return daemon.curl(path, '-X', 'PUT', '--data-binary', '@-', *args, body=data)


@case()
def a_ready_nb_is_put_into_service(daemon):
    wanted = daemon.good_bytes()
    data = d.nb('digits').read_bytes()
    for name, version in (('new', '1'), ('digits', '2'), ('new', '2')):
        reply = put(daemon, f'/models/{name}', data, '-H', BYTES)
        d.assert_equal(reply.status, 200)
        d.assert_equal((reply.json()['name'], reply.json()['version']), (name, version))
        answer = daemon.predict(SEVEN.read_bytes(), BYTES, 'Accept: application/octet-stream',
                                query=f'?model={name}')
        d.assert_equal(answer.body, wanted)
    d.assert_equal((daemon.state / 'models/new/2/model.nb').read_bytes(), data)
    d.assert_equal(list((daemon.state / 'tmp').iterdir()), [])


@case()
def a_bad_nb_leaves_what_is_in_service(daemon):
    data = d.nb('digits').read_bytes()
    for bad in (data[:5000], data[:-1], b'no model'):
        put(daemon, '/models/digits', bad, '-H', BYTES).error(422)
        put(daemon, '/models/other', bad, '-H', BYTES).error(422)
    put(daemon, '/models/digits', b'', '-H', BYTES).error(400)
    put(daemon, '/models/.digits', data, '-H', BYTES).error(400)
    put(daemon, '/models/digits', data, '-H', 'Content-Type: image/png').error(415)
    d.assert_equal([m['name'] for m in daemon.curl('/models').json()['models']], ['digits'])
    d.assert_equal(daemon.curl('/models/digits').json()['version'], '1')
    d.assert_equal([p.name for p in (daemon.state / 'models').iterdir()], ['digits'])
    d.assert_equal(list((daemon.state / 'tmp').iterdir()), [])


@case('--upload_limit=1000')
def a_nb_over_the_limit_of_uploads_is_refused(daemon):
    put(daemon, '/models/digits', d.nb('digits').read_bytes(), '-H', BYTES).error(413)
    d.assert_equal(list((daemon.state / 'tmp').iterdir()), [])


@case()
def labels_and_model_json_are_edited(daemon):
    text = daemon.curl('/models/digits/labels.txt').body
    assert b'seven' in text, text
    reply = put(daemon, '/models/digits/labels.txt', text.replace(b'seven', b'sept'))
    d.assert_equal((reply.status, reply.json()['version']), (200, '2'))
    answer = daemon.predict(SEVEN.read_bytes(), BYTES).json()
    d.assert_equal(answer['parameters']['top'][0]['label'], 'sept')
    one = b'{"inputs": [{"shape": [1, 1, 32, 32]}]}'
    d.assert_equal(put(daemon, '/models/digits/model.json', one).json()['version'], '3')
    d.assert_equal(daemon.curl('/models/digits/model.json').body, one)
    assert b'sept' in daemon.curl('/models/digits/labels.txt').body
    d.assert_equal(put(daemon, '/models/digits/model.json', b'').status, 200)
    daemon.curl('/models/digits/model.json').error(404)


@case()
def a_bad_edit_changes_nothing(daemon):
    for bad in (b'{', b'[]', b'{"inputs": [{"shape": [1, 3, 32, 32]}]}',
                b'{"inputs": [{"name": "none", "shape": [1]}]}'):
        assert 'model.json' in put(daemon, '/models/digits/model.json', bad).error(400)
    put(daemon, '/models/digits/labels.txt', b'x' * (2 << 20)).error(413)
    assert 'UTF-8' in put(daemon, '/models/digits/labels.txt', 'a\nb\n'.encode('utf-16')).error(400)
    put(daemon, '/models/none/labels.txt', b'x').error(404)
    daemon.curl('/models/none/labels.txt').error(404)
    d.assert_equal(daemon.curl('/models/digits').json()['version'], '1')


@case()
def a_mistyped_key_of_model_json_is_told(daemon):
    for bad, wanted in [('{"preproces": {}}', "'preproces' is no key of model.json: is preprocess meant?"),
                        ('{"inputs": [{"nam": "image", "shape": [1, 1, 32, 32]}]}', "'nam' is no key of an input: is name meant?"),
                        ('{"inputs": [{"mean": [1], "shape": [1, 1, 32, 32]}]}', "'mean' is no key of an input, which has name and shape"),
                        ('{"preprocess": {"meann": [0.5]}}', "'meann' is no key of preprocess: is mean meant?"),
                        ('{"preprocess": {"scale": 2}}', "'scale' is no key of preprocess, which has size, color, layout, "
                         'resize, resize_short, mean and std')]:
        d.assert_equal(put(daemon, '/models/digits/model.json', bad.encode()).error(400), f'model.json: {wanted}')
    d.assert_equal(put(daemon, '/models/digits/model.json', b'{"author": "a note", "x": 1}').status, 200)


@case(models=('digits', 'conv_bn'))
def model_json_is_as_its_page_describes_it(daemon):
    text = (pathlib.Path(d.ROOT) / 'docs/model-json.md').read_text()
    example, = re.findall(r'^```json\n(.*?)^```$', text, re.M | re.S)
    said = json.loads(example)
    said['inputs'][0]['name'] = 'x'
    d.assert_equal(put(daemon, '/models/conv_bn/model.json', json.dumps(said).encode()).status, 200)
    told = daemon.curl('/models/conv_bn').json()
    d.assert_equal((told['instances'], told['threads'], told['queue']), (1, 2, 16))
    assert said['preprocess'].items() <= {**told['inputs'][0]['preprocess'], 'mean': [0.5], 'std': [0.5]}.items(), told
    rows = [re.findall(r'`(\w+)`', row) for row in re.findall(r'^\| (`[^|]*) \|', text, re.M)]
    described = [key for row in rows for key in row]
    message = put(daemon, '/models/digits/model.json', b'{"preprocess": {"": 1}}').error(400)
    keys = re.split(r', | and ', message.split('which has ')[1])
    d.assert_equal(sorted(described), sorted([*said, *keys]))


# --- settings of a model --------------------------------------------------------------------------------

def settings(daemon):
    parameters = daemon.curl('/v2/models/digits').json()['parameters']
    return {name: parameters[name] for name in ('instances', 'threads', 'queue', 'warmup')}


@case('--instances=3', '--queue=5')
def a_model_may_have_settings_of_its_own(daemon):
    d.assert_equal(settings(daemon), {'instances': 3, 'threads': 1, 'queue': 5, 'warmup': 1})
    wanted = daemon.good_bytes()
    reply = put(daemon, '/models/digits/model.json', b'{"instances": 1, "threads": 2, "warmup": 0}')
    d.assert_equal((reply.status, reply.json()['version'], reply.json()['threads']), (200, '2', 2))
    d.assert_equal(settings(daemon), {'instances': 1, 'threads': 2, 'queue': 5, 'warmup': 0})
    d.assert_equal(daemon.metric('cayuco_sessions{model="digits"}'), 1)
    d.assert_equal(daemon.good_bytes(), wanted)
    (daemon.state / 'models/digits/2/model.json').write_text('{"queue": 7}')
    d.wait_for('the edit', lambda: settings(daemon)['queue'] == 7, daemon)
    d.assert_equal(daemon.metric('cayuco_sessions{model="digits"}'), 3)


@case('--threads-limit=8', '--queue-limit=100', '--threads=2')
def settings_out_of_range_change_nothing(daemon):
    for bad in ('"instances": 0', '"instances": 9', '"instances": 5', '"instances": 2, "threads": 5',
                '"threads": -1', '"queue": 101', '"queue": 0', '"queue": 1e2', '"warmup": 101',
                '"warmup": true', '"instances": "2"', '"instances": 99999999999999999999'):
        assert 'model.json' in put(daemon, '/models/digits/model.json', f'{{{bad}}}'.encode()).error(400), bad
    d.assert_equal(settings(daemon), {'instances': 2, 'threads': 2, 'queue': 64, 'warmup': 1})
    good = put(daemon, '/models/digits/model.json', b'{"instances": 4, "queue": 100}')
    d.assert_equal((good.status, good.json()['version']), (200, '2'))


# --- changed by somebody else --------------------------------------------------------------------------

def version_of(daemon, name):
    reply = daemon.curl(f'/models/{name}')
    return reply.json().get('version') if reply.status == 200 else None


@case(models=('digits',))
def a_model_that_is_moved_into_the_state_directory_is_served(daemon):
    beside = d.put_model(daemon.home / 'beside', 'two', d.nb('conv_bn'))
    beside.parent.rename(daemon.state / 'models/two')
    d.wait_for('the new name', lambda: version_of(daemon, 'two') == '1', daemon)
    d.put_model(daemon.home / 'next', 'two', d.nb('conv_bn'), version=2)
    (daemon.home / 'next/models/two/2').rename(daemon.state / 'models/two/2')
    d.wait_for('the new version', lambda: version_of(daemon, 'two') == '2', daemon)


@case()
def a_model_that_is_copied_slowly_is_served_when_it_is_whole(daemon):
    whole, place = d.nb('digits').read_bytes(), daemon.state / 'models/digits/2'
    place.mkdir()
    with (place / 'model.nb').open('wb') as file:
        file.write(whole[:1000])
    d.wait_for('a look at the half', lambda: 'version 2 on the disk' in daemon.log.read_text(), daemon)
    d.assert_equal(version_of(daemon, 'digits'), '1')
    with (place / 'model.nb').open('ab') as file:
        file.write(whole[1000:])
    d.wait_for('the whole', lambda: version_of(daemon, 'digits') == '2', daemon)


@case()
def edited_labels_are_read_again(daemon):
    labels = daemon.state / 'models/digits/1/labels.txt'
    labels.write_text('\n'.join(f'label {i}' for i in range(10)))

    def label():
        reply = daemon.predict(SEVEN.read_bytes(), BYTES, query='?model=digits')
        return reply.json()['parameters']['top'][0]['label']
    d.wait_for('the new labels', lambda: label() == 'label 7', daemon)
    (daemon.state / 'models/digits/1/model.json').write_text('{broken')
    d.wait_for('a look at it', lambda: 'model.json' in daemon.log.read_text(), daemon)
    d.assert_equal(label(), 'label 7')


@case(models=('digits', 'conv_bn'))
def a_directory_that_is_removed_is_a_model_that_has_gone(daemon):
    shutil.rmtree(daemon.state / 'models/conv_bn')
    d.wait_for('its end', lambda: daemon.curl('/models/conv_bn').status == 404, daemon)


@case(models=('conv_bn',))
def directories_that_are_removed_are_made_again(daemon):
    def put():
        return daemon.curl('/models/digits', '-T', str(d.nb('digits')), '-H', d.BYTES)

    shutil.rmtree(daemon.state / 'tmp')
    d.assert_equal(put().status, 200)
    shutil.rmtree(daemon.state / 'models')
    d.wait_for('their end', lambda: daemon.curl('/models').json() == {'models': []}, daemon)
    d.put_model(daemon.state, 'mine', d.nb('conv_bn'))  # which is watched again
    d.wait_for('what is copied there', lambda: version_of(daemon, 'mine') == '1', daemon)
    shutil.rmtree(daemon.state / 'tmp')
    shutil.rmtree(daemon.state / 'models')
    d.assert_equal(put().status, 200)

    shutil.rmtree(daemon.state)  # another daemon may have made it again, and owns it
    for make in (lambda: None, daemon.state.mkdir):
        make()
        for reply in (put(), daemon.curl('/convert?name=a', '-F', f'file=@{d.nb("digits")}')):
            assert 'state directory has been removed' in reply.error(500)
    d.assert_equal(list(daemon.state.iterdir()), [])


@case()
def what_the_daemon_does_itself_is_no_news(daemon):
    daemon.curl('/models/digits/labels.txt', '-X', 'PUT', '--data-binary', 'a\nb\n')
    d.wait_for('the edit', lambda: version_of(daemon, 'digits') == '2', daemon)
    daemon.curl('/v2/repository/models/digits/unload', '-X', 'POST')
    d.put_model(daemon.state, 'marker', d.nb('conv_bn'))  # what comes later is seen later
    d.wait_for('the marker', lambda: version_of(daemon, 'marker') == '1', daemon)
    d.assert_equal(daemon.log.read_text().count('on the disk'), 1)
    d.assert_equal(daemon.curl('/v2/models/digits/ready').status, 422)
    d.assert_equal(daemon.curl('/v2/repository/models/digits/load', '-X', 'POST').status, 200)


if __name__ == '__main__':
    sys.exit(d.main())
