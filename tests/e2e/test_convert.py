"""Paddle model directories over HTTP, and what becomes of the jobs."""

import json
import os
import re
import signal
import sys

from support import daemon as d
from support.converting import (answer, assert_clean, ended, failure, halted_converter, job, model_files,
                                post, post_form, tar, workspaces, zipped)
from support.daemon import DATA, DIGITS, Background, case

TEXTS = {name: (DIGITS / name).read_bytes() for name in ('model.json', 'labels.txt')}


@case()
def every_way_to_upload_gives_the_same_model(daemon):
    files, below = model_files(), model_files(prefix='my model/')
    uploads = {
        'form': lambda: post_form(daemon, 'form', files),
        'form-below': lambda: post_form(daemon, 'form-below', below),
        'form-archive': lambda: post_form(daemon, 'form-archive', {'m.tgz': tar(below, 'w:gz')}),
        'tar': lambda: post(daemon, 'tar', tar(files), 'Content-Type: application/x-tar'),
        'tar-below': lambda: post(daemon, 'tar-below', tar(below)),
        'tgz': lambda: post(daemon, 'tgz', tar(below, 'w:gz'), 'Content-Type: application/gzip'),
        'zip': lambda: post(daemon, 'zip', zipped(below), 'Content-Type: application/zip'),
        'stored': lambda: post(daemon, 'stored', zipped(files, 0), 'Content-Type:'),
    }
    for name, upload in uploads.items():
        reply = upload()
        d.assert_equal((reply.status, reply.json()['state']), (200, 'done'))
        d.assert_equal(answer(daemon, name), daemon.good_bytes())
    stored = {(daemon.state / f'models/{name}/1/model.nb').read_bytes() for name in uploads}
    d.assert_equal(stored, {d.nb('digits').read_bytes()})
    assert_clean(daemon, ['digits', *uploads])


@case(models=())
def names_may_be_of_any_script(daemon):
    files = {name.replace('inference', 'ネット é'): data
             for name, data in model_files(DATA / 'conv2d_2x/model', 'modèle/').items()}
    assert len(files) == 2 and all('ネット' in name for name in files), files
    for name, body in (('zip', zipped(files)), ('tar', tar(files)), ('form', None)):
        reply = post(daemon, name, body) if body else post_form(daemon, name, files)
        d.assert_equal((reply.status, reply.json().get('error')), (200, None))
        d.assert_equal(reply.json()['report']['topology'], 'ネット é.pdmodel')


@case(models=())
def what_a_mac_adds_is_passed_over(daemon):
    junk = {'__MACOSX/m/._inference.pdmodel': b'x', 'm/._inference.pdmodel': b'x', 'm/.DS_Store': b'x'}
    files = {**model_files(DATA / 'conv2d_2x/model', 'm/'), **junk}
    for name, upload in (('zip', lambda: post(daemon, 'zip', zipped(files))),
                         ('form', lambda: post_form(daemon, 'form', files))):
        reply = upload()
        d.assert_equal((name, reply.status, reply.json().get('error')), (name, 200, None))


@case(models=())
def separate_combined_and_named_parameters_are_found(daemon):
    for name in ('mobilenet_v2_1x', 'conv_bn', 'mobilenet_v1_2x', 'activations'):
        reply = post(daemon, name, tar(model_files(DATA / name / 'model')))
        d.assert_equal((reply.status, reply.json().get('error')), (200, None))
    names = sorted(m['name'] for m in daemon.curl('/models').json()['models'])
    d.assert_equal(names, ['activations', 'conv_bn', 'mobilenet_v1_2x', 'mobilenet_v2_1x'])


@case(models=())
def compat_says_which_runtimes_a_file_is_for(daemon):
    archive = tar(model_files(DATA / 'conv2d_2x/model'))
    for name, query, flags in (('plain', '', ()), ('old', '&compat=2.9', ()),
                               ('new', '&compat=2.13', ('--compat=2.13',))):
        d.assert_equal(post(daemon, name, archive, query=f'{query}&wait=1').status, 200)
        d.assert_equal((daemon.state / f'models/{name}/1/model.nb').read_bytes(),
                       d.nb('conv2d_2x', *flags).read_bytes())
    assert d.nb('conv2d_2x').read_bytes() != d.nb('conv2d_2x', '--compat=2.13').read_bytes()
    for unknown in ('2.12', '', '2.9%00', '2.13x', '%1b'):
        text = post(daemon, 'x', archive, query=f'&compat={unknown}').error(400)
        if unknown != '2.9%00':
            assert text.startswith('compat: ') and text.endswith('want 2.9 or 2.13'), text
    assert_clean(daemon, ['plain', 'old', 'new'])


@case(models=())
def labels_and_preprocessing_come_with_the_model(daemon):
    for files in ({**TEXTS, **model_files()}, {**TEXTS, **model_files(prefix='model/')},
                  {f'all/{n}': b for n, b in {**TEXTS, **model_files(prefix='m/')}.items()}):
        d.assert_equal(post(daemon, 'a', zipped(files)).status, 200)
        d.assert_equal(post_form(daemon, 'b', files).status, 200)
    for name in ('a', 'b'):
        top = daemon.predict(d.SEVEN.read_bytes(), d.BYTES, query=f'?model={name}').json()
        d.assert_equal(top['parameters']['top'][0]['label'], 'seven')
        for file, data in TEXTS.items():
            d.assert_equal((daemon.state / 'models' / name / '3' / file).read_bytes(), data)


@case(models=())
def the_report_tells_what_became_int8(daemon):
    reply = post(daemon, 'digits', tar(model_files()))
    told = reply.json()
    d.assert_equal((told['model'], told['version'], told['percent']), ('digits', '1', 100))
    assert 'error' not in told and 'stage' not in told
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z', told['finished'])
    assert told['created'] <= told['started'] <= told['finished']
    report = told['report']
    d.assert_equal((report['quantized'], report['topology'], report['missing']),
                   (True, '__model__', []))
    ops = {op['type']: op for op in report['ops']}
    assert ops['conv2d']['int8'] > 0 and ops['softmax']['fp32'] == 1
    assert report['bytes_after'] < report['bytes_before']
    d.assert_equal(reply.headers['location'], f'/jobs/{told["job"]}')
    d.assert_equal(job(daemon, told['job']), told)


@case()
def a_job_can_be_followed(daemon):
    reply = post(daemon, 'mine', tar(model_files()), query='')
    d.assert_equal(reply.status, 202)
    identity = reply.json()['job']
    d.assert_equal((reply.headers['location'], reply.json()['model']),
                   (f'/jobs/{identity}', 'mine'))
    d.assert_equal(ended(daemon, identity)['state'], 'done')
    [listed] = daemon.curl('/jobs').json()['jobs']
    d.assert_equal((listed['job'], listed['state']), (identity, 'done'))
    assert 'report' not in listed
    d.assert_equal(answer(daemon, 'mine'), daemon.good_bytes())


@case()
def converting_again_makes_the_next_version(daemon):
    before = daemon.good_bytes()
    for version in ('2', '3'):
        d.assert_equal(post(daemon, 'digits', tar(model_files())).json()['version'], version)
        d.assert_equal(daemon.good_bytes(), before)
    d.assert_equal(sorted(p.name for p in (daemon.state / 'models/digits').iterdir()), ['2', '3'])
    broken = {**model_files(), '__params__': b'short'}
    failure(post(daemon, 'digits', tar(broken)), 422)
    d.assert_equal(daemon.curl('/models/digits').json()['version'], '3')


@case(models=())
def a_converted_model_survives_a_restart(daemon):
    d.assert_equal(post(daemon, 'digits', tar({**TEXTS, **model_files()})).status, 200)
    before = daemon.good_bytes()
    d.assert_equal(daemon.stop(), 0)
    again = d.Daemon(state=daemon.state)
    try:
        d.assert_equal(again.good_bytes(), before)
        d.assert_equal(again.curl('/jobs').json(), {'jobs': []})
        d.assert_equal(again.stop(), 0)
    finally:
        again.kill()


@case()
def conversions_wait_for_each_other_and_disturb_no_prediction(daemon):
    before = daemon.good_bytes()
    posts = [Background(post, daemon, f'm{i}', tar(model_files()), tag=f'body{i}') for i in range(3)]
    rounds = 0
    while any(p.is_alive() for p in posts) or rounds < 10:
        d.assert_equal(daemon.good_bytes(), before)
        rounds += 1
    for i, p in enumerate(posts):
        d.assert_equal(p.join().status, 200)
        d.assert_equal(answer(daemon, f'm{i}'), before)


@case()
def waiting_for_a_job_blocks_no_other_request(daemon):
    with halted_converter(daemon):
        waits = [Background(post, daemon, f'w{i}', tar(model_files()), tag=f'body{i}')
                 for i in range(3)]
        d.wait_for('jobs', lambda: len(daemon.curl('/jobs').json()['jobs']) == 3)
        daemon.check_alive()
        daemon.good_bytes()
        states = sorted(j['state'] for j in daemon.curl('/jobs').json()['jobs'])
        d.assert_equal(states, ['queued', 'queued', 'running'])
    for wait in waits:
        d.assert_equal(wait.join().status, 200)


@case()
def a_client_that_leaves_does_not_cancel_its_job(daemon):
    body = tar(model_files())
    with halted_converter(daemon):
        with daemon.connect() as sock:
            sock.sendall(f'POST /convert?name=left&wait=1 HTTP/1.1\r\nHost: localhost\r\n'
                         f'Content-Length: {len(body)}\r\n\r\n'.encode() + body)
            d.wait_for('job', lambda: daemon.curl('/jobs').json()['jobs'])
    [listed] = daemon.curl('/jobs').json()['jobs']
    d.assert_equal(ended(daemon, listed['job'])['state'], 'done')
    d.assert_equal(answer(daemon, 'left'), daemon.good_bytes())


@case()
def a_queued_job_is_cancelled_at_once(daemon):
    with halted_converter(daemon):
        first = post(daemon, 'first', tar(model_files()), query='').json()['job']
        second = post(daemon, 'second', tar(model_files()), query='').json()['job']
        d.assert_equal(running(daemon), first)
        reply = daemon.curl(f'/jobs/{second}', '-X', 'DELETE')
        d.assert_equal((reply.status, reply.json()['state']), (200, 'cancelled'))
        d.assert_equal(len(workspaces(daemon)), 1)
    d.assert_equal(ended(daemon, first)['state'], 'done')
    assert_clean(daemon, ['digits', 'first'])


def begin_delete(daemon, identity):
    """A connection that has asked to cancel a job: the daemon has read that."""
    sock = daemon.connect()
    sock.sendall(f'DELETE /jobs/{identity} HTTP/1.1\r\nHost: localhost\r\n'
                 'Connection: close\r\n\r\n'.encode())
    for _ in range(3):  # its thread has gone round since
        daemon.check_alive()
    return sock


@case()
def a_running_job_is_cancelled(daemon):
    with halted_converter(daemon):
        wait = Background(post, daemon, 'mine', tar(model_files()))
        identity = running(daemon)
        sock = begin_delete(daemon, identity)
        d.assert_equal(job(daemon, identity)['state'], 'running')
    with sock:
        reply = d.parse_reply(d.read_all(sock))
    d.assert_equal((reply.status, reply.json()['state']), (200, 'cancelled'))
    assert_clean(daemon, ['digits'])
    waited = wait.join()
    d.assert_equal((waited.status, waited.json()['state']), (409, 'cancelled'))
    assert 'has ended' in daemon.curl(f'/jobs/{identity}', '-X', 'DELETE').error(409)


def lines(reply):
    return [json.loads(line) for line in reply.body.decode().splitlines()]


@case()
def the_events_of_a_job_tell_all_its_changes_to_all_who_watch(daemon):
    with halted_converter(daemon):
        identity = post(daemon, 'mine', tar(model_files()), query='').json()['job']
        watch = [Background(daemon.curl, f'/jobs/{identity}/events') for _ in range(4)]
        events = Background(daemon.curl, f'/jobs/{identity}/events', '-H',
                            'Accept: text/event-stream')
        d.wait_for('watchers', lambda: daemon.log.read_text().count('/events 200') == 5, daemon)
    replies = [w.join() for w in watch] + [daemon.curl(f'/jobs/{identity}/events')]  # and a late one
    for reply in replies:
        d.assert_equal((reply.status, reply.headers['content-type']), (200, 'application/x-ndjson'))
        d.assert_equal(lines(reply), lines(replies[0]))
    told = lines(replies[0])
    d.assert_equal(told[0]['state'], 'queued')
    d.assert_equal({line['state'] for line in told[1:-1]}, {'running'})
    percents = [line['percent'] for line in told]
    d.assert_equal(percents, sorted(percents))
    assert len(set(percents)) >= 5 and len({line.get('stage') for line in told}) >= 5, told
    d.assert_equal(told[-1], job(daemon, identity))
    d.assert_equal((told[-1]['state'], percents[-1]), ('done', 100))
    assert told[-1]['report']['ops'], told[-1]

    reply = events.join()
    d.assert_equal(reply.headers['content-type'], 'text/event-stream')
    blocks = [block.split('\n') for block in reply.body.decode().split('\n\n')[:-1]]
    d.assert_equal([block[0] for block in blocks], [f'id: {i + 1}' for i in range(len(told))])
    d.assert_equal([json.loads(block[1].removeprefix('data: ')) for block in blocks], told)

    for last, wanted in ((len(told) - 2, told[-2:]), (10 ** 9, told), ('x', told)):
        again = daemon.curl(f'/jobs/{identity}/events', '-H', f'Last-Event-ID: {last}')
        d.assert_equal(lines(again), wanted)
    again = daemon.curl(f'/jobs/{identity}/events', '-H', f'Last-Event-ID: {len(told)}')
    d.assert_equal((again.status, again.body), (204, b''))


@case(models=())
def progress_of_much_that_comes_counts_its_bytes(daemon):
    reply = post(daemon, 'big', tar({'ballast': bytes(40 << 20), **model_files()}))
    d.assert_equal(reply.status, 200)
    told = lines(daemon.curl(f'/jobs/{reply.json()["job"]}/events'))
    percents = [line['percent'] for line in told]
    d.assert_equal(percents, sorted(percents))
    unpacking = {line['percent'] for line in told if line.get('stage') == 'unpack'}
    assert len(unpacking) >= 10, told
    stages = {line.get('stage') for line in told}
    assert {'unpack', 'read parameters', 'write', 'read model', 'load', 'plan', 'warm up', 'save'} <= stages, told


@case('--jobs=1')
def watchers_that_go_away_or_do_not_read_hold_nothing(daemon):
    with halted_converter(daemon):
        identity = post(daemon, 'mine', tar(model_files()), query='').json()['job']
        slow, gone = daemon.connect(), daemon.connect()
        for sock in (slow, gone):
            sock.sendall(f'GET /jobs/{identity}/events HTTP/1.1\r\nHost: localhost\r\n'
                         'Connection: close\r\n\r\n'.encode())
            assert sock.recv(1), 'no answer'
        gone.close()
    d.assert_equal(ended(daemon, identity)['state'], 'done')
    failure(post(daemon, 'bad', tar({'readme': b'x'})), 422)  # the first job is forgotten meanwhile
    daemon.curl(f'/jobs/{identity}').error(404)
    with slow:
        assert b'"state":"done"' in d.read_all(slow)
    d.wait_for('watchers', lambda: daemon.metric('cayuco_requests_in_flight') == 1, daemon)


@case('--idle-timeout=1')
def a_watcher_that_has_gone_is_found_while_its_job_tells_nothing(daemon):
    with halted_converter(daemon):
        identity = post(daemon, 'mine', tar(model_files()), query='').json()['job']
        d.wait_for('start', lambda: job(daemon, identity)['state'] == 'running', daemon)
        accepts = ['', 'Accept: text/event-stream\r\n']
        socks = [daemon.connect() for _ in range(4)]
        for i, sock in enumerate(socks):
            sock.sendall(f'GET /jobs/{identity}/events HTTP/1.1\r\nHost: localhost\r\n'
                         f'{accepts[i % 2]}Connection: close\r\n\r\n'.encode())
            assert sock.recv(1), 'no answer'
        for sock in socks[2:]:
            sock.close()
        d.wait_for('watchers', lambda: daemon.metric('cayuco_requests_in_flight') == 3, daemon)
        begun = [read_until(sock, reminded) for sock in socks[:2]]
    texts = []
    for sock, raw in zip(socks, begun):  # those that stay are told all
        with sock:
            texts.append(unchunk(b'H' + raw + d.read_all(sock)))
    told = [json.loads(line) for line in texts[0].splitlines()]
    assert any(line == following for line, following in zip(told, told[1:])), told
    d.assert_equal(told[-1], job(daemon, identity))
    blocks = texts[1].split('\n\n')[:-1]
    assert ':' in blocks, blocks
    events = [block for block in blocks if block != ':']
    d.assert_equal([block.split('\n')[0] for block in events],
                   [f'id: {i + 1}' for i in range(len(events))])
    d.assert_equal(json.loads(events[-1].partition('data: ')[2]), told[-1])


def reminded(raw):
    """A line of a watched job has come twice, or a comment instead."""
    lines = [chunk for chunk in raw.split(b'\r\n') if chunk.startswith(b'{')]
    return b'\n:\n\n' in raw or any(a == b for a, b in zip(lines, lines[1:]))


def read_until(sock, complete):
    raw = b''
    while not complete(raw):
        piece = sock.recv(4096)
        assert piece, raw
        raw += piece
    return raw


def unchunk(raw):
    """The text of a reply that came in chunks."""
    rest, text = raw.partition(b'\r\n\r\n')[2], b''
    while rest:
        size, _, rest = rest.partition(b'\r\n')
        text, rest = text + rest[:int(size, 16)], rest[int(size, 16) + 2:]
    return text.decode()


@case()
def the_events_of_a_cancelled_job_end(daemon):
    with halted_converter(daemon):
        post(daemon, 'first', tar(model_files()), query='')
        identity = post(daemon, 'mine', tar(model_files()), query='').json()['job']
        watch = Background(daemon.curl, f'/jobs/{identity}/events')
        d.wait_for('watcher', lambda: '/events 200' in daemon.log.read_text(), daemon)
        d.assert_equal(daemon.curl(f'/jobs/{identity}', '-X', 'DELETE').status, 200)
        told = lines(watch.join())
        d.assert_equal([line['state'] for line in told], ['queued', 'cancelled'])
        d.assert_equal(told[-1]['status'], 409)


@case()
def events_have_no_head(daemon):
    identity = post(daemon, 'mine', tar(model_files())).json()['job']
    raw = d.ask(daemon, f'HEAD /jobs/{identity}/events HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode(),
                b'GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    head, _, rest = raw.partition(b'\r\n\r\n')
    assert head.startswith(b'HTTP/1.1 405 ') and b'\r\nAllow: GET\r\n' in head, head
    d.assert_equal(d.parse_reply(rest).status, 200)  # what follows begins at once


@case()
def jobs_that_are_not_there_are_not_found(daemon):
    daemon.curl('/jobs/1/events').error(404)
    for path in ('/jobs/1', '/jobs/%22%1b[31m', '/jobs/' + 'x' * 1000):
        assert 'no job' in daemon.curl(path, '-g').error(404)
        daemon.curl(path, '-g', '-X', 'DELETE').error(404)


@case('--jobs=2')
def old_jobs_are_forgotten(daemon):
    ids = [post(daemon, 'mine', tar(model_files())).json()['job'] for _ in range(4)]
    d.assert_equal([j['job'] for j in daemon.curl('/jobs').json()['jobs']], ids[2:])
    daemon.curl(f'/jobs/{ids[0]}').error(404)


@case()
def conversions_under_way_are_bounded(daemon):
    with halted_converter(daemon):
        for i in range(8):
            reply = post(daemon, f'm{i}', tar(model_files()), query='')
            d.assert_equal(reply.status, 202)
        reply = post(daemon, 'm8', tar(model_files()), query='')
        reply.error(503)
        d.assert_equal(reply.headers['retry-after'], '1')
        daemon.good_bytes()
        for listed in daemon.curl('/jobs').json()['jobs'][1:]:
            daemon.curl(f'/jobs/{listed["job"]}', '-X', 'DELETE')
    d.assert_equal(post(daemon, 'm8', tar(model_files())).status, 200)


def running(daemon):
    """The job that runs, as soon as there is one."""
    def jobs():
        return [j['job'] for j in daemon.curl('/jobs').json()['jobs'] if j['state'] == 'running']
    d.wait_for('start', jobs, daemon)
    return jobs()[0]


@case()
def stopping_cancels_what_is_converted(daemon):
    with halted_converter(daemon):
        waits = [Background(post, daemon, f'm{i}', tar(model_files()), tag=f'body{i}')
                 for i in range(2)]
        d.wait_for('jobs', lambda: len(daemon.curl('/jobs').json()['jobs']) == 2)
        running(daemon)
        daemon.process.terminate()
        d.wait_for('stop', lambda: b'stopping' in daemon.log.read_bytes())
        d.wait_for('end of the queued job', lambda: len(workspaces(daemon)) == 1)
    for wait in waits:
        d.assert_equal((wait.join().status, wait.join().json()['state']), (409, 'cancelled'))
    d.assert_equal(daemon.wait(), 0)
    assert_clean(daemon, ['digits'])


@case()
def a_daemon_killed_while_it_converts_leaves_no_model(daemon):
    with halted_converter(daemon):
        post(daemon, 'half', tar(model_files()), query='')
        post(daemon, 'digits', tar(model_files()), query='')
        running(daemon)
        before = daemon.good_bytes()
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait()
    assert workspaces(daemon)
    again = d.Daemon(state=daemon.state)
    try:
        d.assert_equal(again.good_bytes(), before)
        d.assert_equal([m['name'] for m in again.curl('/models').json()['models']], ['digits'])
        assert_clean(again, ['digits'])
        d.assert_equal(post(again, 'half', tar(model_files())).status, 200)
        d.assert_equal(again.stop(), 0)
    finally:
        again.kill()


if __name__ == '__main__':
    sys.exit(d.main())
