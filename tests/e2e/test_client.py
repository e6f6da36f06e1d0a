"""cayuco as a client: each of its commands against a real daemon."""

import json
import os
import pathlib
import pty
import shutil
import signal
import struct
import sys

from support import converting, daemon as d
from support.client import cayuco, start
from support.daemon import DATA, DIGITS, SEVEN, case


def rows(text):
    return [line.split() for line in text.split('\n') if line]


def demo(daemon):
    """The digits' directory with all that describes them."""
    place = daemon.home / 'demo'
    shutil.copytree(DIGITS / 'model', place)
    for name in ('labels.txt', 'model.json'):
        shutil.copy(DIGITS / name, place)
    (place / '.hidden').write_text('not for the daemon')
    return place


@case(models=('digits', 'conv_bn'))
def ls_lists_the_models(daemon):
    text = cayuco(daemon.url, 'ls')
    d.assert_equal([row[:3] for row in rows(text)[1:]],
                   [['conv_bn', '1', 'READY'], ['digits', '1', 'READY']])
    assert 'FP32 ?x1x32x32' in text, text
    for url in (daemon.url, daemon.url.removeprefix('http://'), f'{daemon.url}/'):
        listed = json.loads(cayuco('', 'ls', '--json', '--url', url))
        d.assert_equal(listed, daemon.curl('/models').json())


@case(models=())
def without_models_ls_says_how_to_get_one(daemon):
    for command in ('ls', 'status'):
        assert cayuco(daemon.url, command).endswith("no models: 'cayuco convert DIR --to NAME' makes one\n")


@case()
def ls_says_why_a_model_is_not_there(daemon):
    d.put_model(daemon.state, 'broken', SEVEN)
    daemon.stop()
    again = d.Daemon(state=daemon.state)
    try:
        [broken] = [row for row in rows(cayuco(again.url, 'ls')) if row[0] == 'broken']
        assert 'UNAVAILABLE' in broken and len(broken) > 3, broken
    finally:
        again.kill()


@case()
def status_shows_daemon_machine_and_models(daemon):
    text = cayuco(daemon.url, 'status')
    for word in ('cayuco 0.', daemon.url, 'kernels ', 'MB resident', '0 of 2 sessions busy', 'digits'):
        assert word in text, (word, text)
    told = json.loads(cayuco(daemon.url, 'status', '--json'))
    d.assert_equal((told['url'], told['server']['name']), (daemon.url, 'cayuco'))
    d.assert_equal([m['name'] for m in told['models']], ['digits'])
    assert told['resident_bytes'] > 1e6 and told['sessions'] == 2 and told['queue'] == 0, told
    d.assert_equal(set(told['board']), set(daemon.curl('/board').json()))
    assert told['board']['kernels'] in text, (told, text)


@case()
def predict_prints_label_score_and_time(daemon):
    text = rows(cayuco(daemon.url, 'predict', 'digits', SEVEN, '-k', '2'))
    d.assert_equal(text[0], ['7', 'seven', '1.0000'])
    d.assert_equal(len(text), 3)
    assert text[2][1:] == ['ms,', 'digits', 'version', '1'] and float(text[2][0]) > 0, text
    told = json.loads(cayuco(daemon.url, 'predict', 'digits', SEVEN, '--json'))
    d.assert_equal(len(told['parameters']['top']), 3)
    d.assert_equal(told['outputs'][0]['shape'], [1, 10])


@case()
def predict_takes_pictures(daemon):
    text = rows(cayuco(daemon.url, 'predict', 'digits', DIGITS / 'seven.png', '-k', '3'))
    d.assert_equal(text[0], ['7', 'seven', '1.0000'])
    d.assert_equal(len(text), 4)
    jpeg = rows(cayuco(daemon.url, 'predict', 'digits', DATA / 'pictures/rgb.jpg', '-k', '10'))
    d.assert_equal(sorted(int(row[0]) for row in jpeg[:10]), list(range(10)))
    (daemon.home / 'cut.png').write_bytes((DIGITS / 'seven.png').read_bytes()[:200])
    line = cayuco(daemon.url, 'predict', 'digits', daemon.home / 'cut.png', status=1)
    assert 'PNG' in line, line


@case(models=('two_inputs_two_outputs',))
def predict_says_which_models_take_no_picture(daemon):
    line = cayuco(daemon.url, 'predict', 'two_inputs_two_outputs', DIGITS / 'seven.png', status=1)
    assert 'one input' in line, line


def npy(path, descr, shape, data, order='False'):
    """As numpy.save writes it."""
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"
    header = header.ljust(117) + '\n'
    path.write_bytes(b'\x93NUMPY\x01\x00' + struct.pack('<H', len(header)) + header.encode() + data)
    return path


@case()
def predict_takes_tensors_in_several_forms(daemon):
    data, home = SEVEN.read_bytes(), daemon.home
    values = d.floats(data)
    wide = struct.pack('<1024d', *values)
    whole = home / 'x.json'
    whole.write_text(json.dumps({'inputs': [{'name': 'image', 'shape': [1, 1, 32, 32],
                                             'data': list(values)}]}))
    twice = npy(home / 'two.npy', '<f4', '(2, 1, 32, 32)', 2 * data)
    for file in (whole, npy(home / 'f4.npy', '<f4', '(1, 1, 32, 32)', data),
                 npy(home / 'f8.npy', '<f8', '(1, 1, 32, 32)', wide)):
        d.assert_equal(rows(cayuco(daemon.url, 'predict', 'digits', file))[0],
                       ['7', 'seven', '1.0000'])
    batch = rows(cayuco(daemon.url, 'predict', 'digits', twice, '-k1'))
    d.assert_equal([row[1] for row in batch[:-1] if row], ['seven', 'seven'])
    line = cayuco(daemon.url, 'predict', 'digits',
                  npy(home / 'i4.npy', '<i4', '(1, 1, 32, 32)', data), status=1)
    assert line.endswith('i4.npy: the file has INT32, the model takes FP32'), line


@case()
def predict_refuses_files_that_are_no_tensors(daemon):
    data, home = SEVEN.read_bytes(), daemon.home
    (home / 'x.txt').write_text('no tensor')
    (home / 'short.npy').write_bytes(b'\x93NUMPY\x01\x00\xff\xff{')
    (home / 'short.f32').write_bytes(data[:-1])
    files = {
        home / 'none.f32': 'No such file', home / 'x.txt': 'want a PNG', home / 'short.npy': 'too early',
        home / 'short.f32': 'whole number',
        npy(home / 'f.npy', '<f4', '(1, 1, 32, 32)', data, 'True'): 'columns first',
        npy(home / 'c.npy', '<c8', '(1, 1, 32, 16)', data): 'elements of',
        npy(home / 'l.npy', '<f4', '(1, 1, 32, 33)', data): 'not 4224',
        npy(home / 'd.npy', '<f4', '(1, 1, 32, x)', data): 'malformed',
        npy(home / 'r.npy', '<f4', '(1, 1, 1, 1, 1, 1, 1, 32, 32)', data): 'no tensor',
    }
    for file, why in files.items():
        line = cayuco(daemon.url, 'predict', 'digits', file, status=1)
        assert line.startswith(f'{file}: ') and why in line, (line, why)


@case(models=('conv_bn',))
def predict_without_labels_shows_the_largest_numbers(daemon):
    model = daemon.curl('/models/conv_bn').json()
    shape = [1 if n < 0 else n for n in model['inputs'][0]['shape']]
    count = 1
    for n in shape:
        count *= n
    file = daemon.home / 'x.f32'
    file.write_bytes(struct.pack(f'<{count}f', *range(count)))
    answer = json.loads(cayuco(daemon.url, 'predict', 'conv_bn', file, '--json'))['outputs'][0]
    best = sorted(range(len(answer['data'])), key=lambda i: -answer['data'][i])[:3]
    shown = rows(cayuco(daemon.url, 'predict', 'conv_bn', file))
    d.assert_equal([int(row[0]) for row in shown[1:1 + len(best)]], best)


@case(models=())
def convert_sends_a_directory_and_reports(daemon):
    text = cayuco(daemon.url, 'convert', demo(daemon), '--to', 'mine')
    for line in (['model', 'mine'], ['version', '1'], ['state', 'done'], ['quantized', 'yes'],
                 ['conv2d', '6', '0'], ['softmax', '0', '1']):
        assert line in rows(text), (line, text)
    d.assert_equal(rows(cayuco(daemon.url, 'predict', 'mine', SEVEN))[0][1], 'seven')
    told = json.loads(cayuco(daemon.url, 'convert', DIGITS / 'model', '--to=mine', '--json'))
    d.assert_equal((told['state'], told['version']), ('done', '2'))
    archive = daemon.home / 'model.tar.gz'
    archive.write_bytes(converting.tar(converting.model_files(prefix='m/'), 'w:gz'))
    cayuco(daemon.url, 'convert', archive, '--to', 'packed')
    d.assert_equal(converting.answer(daemon, 'packed'), converting.answer(daemon, 'mine'))
    cayuco(daemon.url, 'convert', DATA / 'conv2d_2x/model', '--to=new', '--compat=2.13')
    d.assert_equal((daemon.state / 'models/new/1/model.nb').read_bytes(),
                   d.nb('conv2d_2x', '--compat=2.13').read_bytes())


@case(models=())
def a_model_comes_with_what_lies_beside_it(daemon):
    text = cayuco(daemon.url, 'convert', DIGITS, '--to', 'mine')
    assert text.endswith("note: the model is in 'model/'\n"), text
    d.assert_equal(rows(cayuco(daemon.url, 'predict', 'mine', DIGITS / 'seven.png'))[0],
                   ['7', 'seven', '1.0000'])


@case(models=())
def a_ready_nb_goes_as_it_is(daemon):
    nb = daemon.home / 'digits.nb'
    cayuco('', 'convert', DIGITS, f'--optimize_out={daemon.home}/digits')
    d.assert_equal(rows(cayuco(daemon.url, 'convert', nb, '--to=mine')),
                   [['model', 'mine'], ['version', '1'], ['state', 'READY']])
    d.assert_equal(json.loads(cayuco(daemon.url, 'convert', nb, '--to=mine', '--json'))['version'], '2')
    d.assert_equal((pathlib.Path(daemon.state) / 'models/mine/2/model.nb').read_bytes(), nb.read_bytes())
    nb.write_bytes(nb.read_bytes()[:1000])
    line = cayuco(daemon.url, 'convert', nb, '--to=mine', status=1)
    assert line.startswith(f'{nb}: '), line
    d.assert_equal(daemon.curl('/models/mine').json()['version'], '2')


@case(models=())
def convert_tells_what_is_missing(daemon):
    line = cayuco(daemon.url, 'convert', DATA / 'unsupported3', '--to', 'x', status=1)
    assert line.startswith(f'{DATA}/unsupported3: ') and 'conv3d (2)' in line, line
    job = daemon.curl('/jobs').json()['jobs'][0]['job']
    text = cayuco(daemon.url, 'jobs', job)
    for words in ('missing     conv3d, 2 times\n', 'missing     maxout, once\n', 'hint: ', 'state       failed\n',
                  'error       3 kinds of op not supported: conv3d (2)', 'topology    "__model__", by Paddle 1.8.5\n'):
        assert words in text, (words, text)


@case(models=())
def convert_refuses_what_is_no_model(daemon):
    empty = daemon.home / 'empty'
    empty.mkdir()
    for path, why in ((empty, 'no files'), (daemon.home / 'none', 'No such file')):
        line = cayuco(daemon.url, 'convert', path, '--to', 'x', status=1)
        assert line.startswith(f'{path}: ') and why in line, line
    line = cayuco(daemon.url, 'convert', DIGITS / 'model', '--to=x', '--compat=2&wait=1', status=1)
    assert "compat: no files for '2&wait=1': want 2.9 or 2.13" in line, line
    line = cayuco(daemon.url, 'convert', d.nb('digits'), '--to=x', '--compat=2.13', status=2)
    assert '--compat' in line, line
    line = cayuco(daemon.url, 'convert', DIGITS / 'model', '--to', '../x', status=1)
    assert 'name' in line, line
    d.assert_equal(daemon.curl('/jobs').json(), {'jobs': []})


@case(models=())
def an_offline_conversion_asks_no_daemon(daemon):
    cayuco('http://127.0.0.1:1', 'convert', f'--model_dir={DIGITS}/model',
           f'--optimize_out={daemon.home}/m')
    assert (daemon.home / 'm.nb').is_file()
    text = cayuco('http://127.0.0.1:1', 'bench', daemon.home / 'm.nb', '--runs=1', '--warmup=0')
    assert 'p95' in text, text


def read_terminal(fd):
    """All that a program has written to a terminal, until it has ended."""
    text = b''
    while True:
        try:
            chunk = os.read(fd, 65536)
        except OSError:
            return text.decode()
        if not chunk:
            return text.decode()
        text += chunk


@case(models=())
def progress_is_shown_on_a_terminal_alone(daemon):
    main, terminal = pty.openpty()
    run = start(daemon.url, 'convert', DIGITS / 'model', '--to', 'mine', stderr=terminal)
    os.close(terminal)
    shown = read_terminal(main)
    os.close(main)
    d.assert_equal((run.wait(d.PATIENCE), run.communicate()[0][:3]), (0, b'job'))
    assert '\r\033[K[' in shown and '100% upload' in shown, shown
    assert shown.endswith('\r\033[K'), shown
    cayuco(daemon.url, 'convert', DIGITS / 'model', '--to', 'mine')  # is silent on stderr


@case(models=())
def an_interrupt_cancels_the_job(daemon):
    with converting.halted_converter(daemon):
        run = start(daemon.url, 'convert', DIGITS / 'model', '--to', 'mine')
        d.wait_for('job', lambda: daemon.curl('/jobs').json()['jobs'])
        run.send_signal(signal.SIGINT)
        job = daemon.curl('/jobs').json()['jobs'][0]['job']
    out, err = run.communicate(timeout=d.PATIENCE)
    d.assert_equal((run.returncode, err.decode()),
                   (-signal.SIGINT, f'cayuco: {DIGITS}/model: cancelled\n'))
    assert b'state       cancelled' in out, out
    d.assert_equal(converting.job(daemon, job)['state'], 'cancelled')
    converting.assert_clean(daemon, [])


@case()
def jobs_are_listed_shown_and_cancelled(daemon):
    assert cayuco(daemon.url, 'jobs').startswith('no conversions: ')
    with converting.halted_converter(daemon):
        ids = [converting.post(daemon, name, converting.tar(converting.model_files()), query='',
                               tag=name).json()['job'] for name in ('a', 'b')]
        listed = rows(cayuco(daemon.url, 'jobs'))[1:]
        d.assert_equal([row[:2] for row in listed], [[ids[0], 'a'], [ids[1], 'b']])
        assert 'state       cancelled\n' in cayuco(daemon.url, 'jobs', '--cancel', ids[1])
    converting.ended(daemon, ids[0])
    listed = json.loads(cayuco(daemon.url, 'jobs', '--json'))['jobs']
    d.assert_equal([job['state'] for job in listed], ['done', 'cancelled'])
    text = cayuco(daemon.url, 'jobs', ids[0])
    for words in ('parameters  "__params__"\nquantized   yes\n', '\nfinished    20', '\nbytes       240483 -> '):
        assert words in text, (words, text)
    assert 'error' not in text and 'stage' not in text, text
    assert 'has ended' in cayuco(daemon.url, 'jobs', '--cancel', ids[0], status=1)
    assert 'no job' in cayuco(daemon.url, 'jobs', 'x/../y', status=1)


@case('--queue=64')
def bench_sweeps_over_requests_at_once(daemon):
    text = rows(cayuco(daemon.url, 'bench', '--model', 'digits', '-n', '20', '--concurrency', '1,3'))
    d.assert_equal(text[0][:4], ['digits:', '20', 'requests', 'each,'])
    d.assert_equal([row[0] for row in text[2:4]], ['1', '3'])
    for row in text[2:4]:
        assert 0 < float(row[1]) <= float(row[2]) <= float(row[3]), row
    d.assert_equal(text[5], ['ms', 'share', 'op', 'type', 'kernel', 'shape', 'output'])
    d.assert_equal([row[2] for row in text[6:]].count('depthwise_conv2d'), 5)
    d.assert_equal((text[-1][2:4], text[-1][5:]),
                   (['softmax', 'fp32'], ['1x10', 'save_infer_model/scale_0.tmp_1']))
    before = daemon.metric('cayuco_requests_total{method="POST",route="/v2/models/{name}/infer",'
                           'status="200"}')
    told = json.loads(cayuco(daemon.url, 'bench', '--model=digits', '-n5', '--shape', '2x1x32x32',
                             '--json'))
    [level] = told['levels']
    d.assert_equal((level['concurrency'], level['answered'], level['refused']), (1, 5, 0))
    assert told['bytes'] > 2 * 4096, told
    d.assert_equal((told['ops'][0]['type'], told['ops'][-1]['shape']), ('calib', [2, 10]))
    assert abs(sum(op['share'] for op in told['ops']) - 1) < 1e-6, told
    after = daemon.metric('cayuco_requests_total{method="POST",route="/v2/models/{name}/infer",'
                          'status="200"}')
    assert after - before >= 5, (before, after)


@case('--connections-per-address=2')
def bench_says_which_limit_it_has_met(daemon):
    line = cayuco(daemon.url, 'bench', '--model=digits', '-n4', '--concurrency=8', status=3)
    assert 'of 8 connections at once the daemon took ' in line and 'connections_per_address' in line, line
    run = start(daemon.url, 'bench', '--model=digits', '-n4', '--concurrency=2,1,2,8')
    out, err = run.communicate(timeout=d.PATIENCE)
    d.assert_equal([row[0] for row in rows(out.decode())[2:5]], ['2', '1', '2'])
    d.assert_equal((run.returncode, err.count(b'\n')), (3, 1))


@case()
def what_the_daemon_refuses_is_the_input_s_fault(daemon):
    d.assert_equal(cayuco(daemon.url, 'predict', 'none', DIGITS / 'seven.f32', status=1),
                   "none: no model 'none'")
    d.assert_equal(cayuco(daemon.url, 'bench', '--model=none', status=1), "none: no model 'none'")
    for verb in ('load', 'unload'):
        assert cayuco(daemon.url, verb, 'a/b c', status=1).startswith('a/b c: ')


@case()
def a_model_is_unloaded_and_loaded(daemon):
    cayuco(daemon.url, 'unload', 'digits')
    d.assert_equal(rows(cayuco(daemon.url, 'ls'))[1][0::2][:2], ['digits', 'unloaded'])
    cayuco(daemon.url, 'load', 'digits')
    d.assert_equal(rows(cayuco(daemon.url, 'ls'))[1][:3], ['digits', '1', 'READY'])
    assert cayuco(daemon.url, 'load', 'none', status=1).startswith('none: ')


@case(models=('conv_bn',))
def a_model_is_removed(daemon):
    place = pathlib.Path(daemon.state) / 'models/conv_bn'
    assert place.is_dir()
    d.assert_equal(cayuco(daemon.url, 'remove', 'conv_bn'), 'conv_bn: removed\n')
    d.assert_equal(daemon.curl('/models').json()['models'], [])
    assert not place.exists()
    assert cayuco(daemon.url, 'remove', 'conv_bn', status=1).startswith('conv_bn: no model')


@case()
def bench_splits_the_time_as_the_daemon_tells_it(daemon):
    report = json.loads(cayuco(daemon.url, 'bench', '--model=digits', '-n5', '--json'))
    assert report['levels'][0]['infer_ms'] > 0, report


@case()
def usage_is_checked_before_the_daemon_is_asked(daemon):
    for args in (['ls', 'x'], ['predict', 'digits'], ['predict', 'a', 'b', '-k', '101'], ['predict', 'a', 'b', '-k0'],
                 ['bench', '--model=a', '--concurrency=0'], ['bench', '--model=a', '-n0'],
                 ['bench', '--model=a', '--concurrency=1,'], ['bench', '--model=a', '--concurrency=257'],
                 ['convert', 'a', 'b', '--to=c'], ['convert', '--to=c'], ['convert', 'a', '--to='],
                 ['jobs', '--cancel'], ['jobs', 'a', 'b'], ['load'], ['remove'], ['unload', 'a', 'b']):
        cayuco('http://127.0.0.1:1', *args, status=2)


@case()
def the_daemon_is_found_by_url_or_named_when_it_is_not(daemon):
    line = cayuco('http://127.0.0.1:1', 'ls', status=3)
    assert line.startswith('http://127.0.0.1:1: cannot connect: ') and 'cayucod' in line, line
    line = cayuco(f'unix:{daemon.home}/none', 'ls', status=3)
    assert line.startswith(f'unix:{daemon.home}/none: cannot connect: No such file'), line
    for url in ('ftp://x', 'unix:relative', 'nonsense', 'http://'):
        assert cayuco(url, 'ls', status=1).startswith(url.rstrip('/')), url
    assert 'digits' in cayuco(f'{daemon.url}/', 'ls')


@case()
def a_unix_socket_is_a_daemon_too(daemon):
    path = daemon.home / 's'
    again = d.Daemon(models=('digits',), listen=(f'unix:{path}',))
    try:
        assert 'digits' in cayuco(f'unix:{path}', 'ls')
        d.assert_equal(again.stop(), 0)
    finally:
        again.kill()


if __name__ == '__main__':
    sys.exit(d.main())
