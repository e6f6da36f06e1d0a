"""More models than memory: what is evicted comes back with its next request, and nobody notices."""

import collections
import http.client
import os
import sys
import threading

from support import daemon as d
from support.daemon import BYTES, SEVEN, case

NAMES = ('digits', 'two', 'three')
TWO_OF_THEM = '--models-limit=180k'


def put_three(daemon):
    """The digits under three names; at least one is evicted then."""
    for name in NAMES[1:]:
        reply = daemon.curl(f'/models/{name}', '-X', 'PUT', '--data-binary', f'@{d.nb("digits")}')
        d.assert_equal(reply.status, 200)


def states(daemon):
    return {m['name']: m['state'] for m in daemon.curl('/models').json()['models']}


def evicted(daemon):
    [name] = [name for name, state in states(daemon).items() if state == 'EVICTED']
    return name


def ask(daemon, name):
    return daemon.predict(SEVEN.read_bytes(), BYTES, 'Accept: application/octet-stream',
                          query=f'?model={name}')


def statistics(daemon, path):
    [found] = daemon.curl(f'/v2/models/{path}/stats').json()['model_stats']
    return found


@case(TWO_OF_THEM)
def of_three_models_in_use_two_are_in_memory_and_every_answer_is_right(daemon):
    """CAYUCO_TEST_EVICTIONS=10000 requests are the long form, for a release: memory stays flat."""
    wanted, answers, memory = daemon.good_bytes(), collections.Counter(), []
    requests = int(os.environ.get('CAYUCO_TEST_EVICTIONS', 48))
    put_three(daemon)
    d.assert_equal(sorted(states(daemon).values()), ['EVICTED', 'READY', 'READY'])

    def use(first):
        connection = http.client.HTTPConnection(*daemon.address, timeout=d.PATIENCE)
        for i in range(requests // 4):
            connection.request('POST', f'/predict?model={NAMES[(first + i) % 3]}', SEVEN.read_bytes(),
                               {'Content-Type': 'application/octet-stream',
                                'Accept': 'application/octet-stream'})
            answer = connection.getresponse()
            answers[answer.status, answer.read() == wanted] += 1
            if first == 0:
                memory.append(daemon.resident())
        connection.close()
    clients = [threading.Thread(target=use, args=(i,)) for i in range(4)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    d.assert_equal(answers, {(200, True): requests // 4 * 4})
    evictions = daemon.metric('cayuco_model_evictions_total')
    assert evictions >= requests // 8, evictions
    d.assert_equal(daemon.metric('cayuco_model_reloads_total'), evictions - 1)  # one is out, as before
    counted = sum(statistics(daemon, name)['inference_count'] for name in NAMES)
    d.assert_equal(counted, requests // 4 * 4 + 2)  # and one before, as in every case
    tenth = len(memory) // 10
    early, late = max(memory[tenth:2 * tenth + 1]), max(memory[-tenth - 1:])
    print(f'{requests} requests, {evictions:.0f} evictions, {early} then {late} bytes resident')
    assert requests < 1000 or late < early + (1 << 20), (early, late)


@case(TWO_OF_THEM)
def a_request_without_a_body_is_answered_when_its_model_is_back(daemon):
    put_three(daemon)
    reply = daemon.predict(b'', BYTES, query=f'?model={evicted(daemon)}')
    d.assert_equal(reply.error(400), 'the body is empty')


@case(TWO_OF_THEM)
def an_evicted_model_says_what_it_is_and_what_it_has_done(daemon):
    put_three(daemon)
    for _ in range(3):  # so that one that has counted is out
        for name in NAMES:
            d.assert_equal(ask(daemon, name).status, 200)
    out = evicted(daemon)
    [listed] = [m for m in daemon.curl('/models').json()['models'] if m['name'] == out]
    d.assert_equal((listed['version'], listed['int8_ops']), ('1', 14))
    d.assert_equal(daemon.curl(f'/v2/models/{out}').json()['inputs'][0]['shape'], [-1, 1, 32, 32])
    d.assert_equal(daemon.curl(f'/v2/models/{out}/config').json()['output'][0]['dims'], [-1, 10])
    d.assert_equal(daemon.curl(f'/v2/models/{out}/ready').status, 200)
    before = statistics(daemon, out)
    assert before['inference_count'] >= 3, before
    d.assert_equal(statistics(daemon, f'{out}/versions/1'), before)
    count = f'cayuco_stage_seconds_count{{model="{out}",version="1",stage="infer"}}'
    d.assert_equal(daemon.metric(count), before['inference_count'])
    d.assert_equal(ask(daemon, out).status, 200)
    d.assert_equal(statistics(daemon, out)['inference_count'], before['inference_count'] + 1)
    d.assert_equal(daemon.metric(count), before['inference_count'] + 1)


@case(TWO_OF_THEM)
def another_version_of_an_evicted_model_is_not_there(daemon):
    put_three(daemon)
    out = evicted(daemon)
    for path in ('', '/ready', '/stats'):
        daemon.curl(f'/v2/models/{out}/versions/7{path}').error(404)
    daemon.curl(f'/v2/models/{out}/versions/7/infer', '-H', BYTES, '--data-binary', f'@{SEVEN}').error(404)
    d.assert_equal(evicted(daemon), out)
    reply = daemon.curl(f'/v2/models/{out}/versions/1/infer', '-H', BYTES, '--data-binary', f'@{SEVEN}')
    d.assert_equal(reply.status, 200)


@case(TWO_OF_THEM)
def a_model_that_cannot_come_back_drives_out_no_other(daemon):
    put_three(daemon)
    out = evicted(daemon)
    file = daemon.state / 'models' / out / '1/model.nb'
    file.write_bytes(b'no model')
    for _ in range(3):
        ask(daemon, out).error(422)
    others = [state for name, state in states(daemon).items() if name != out]
    assert 'READY' in others, others
    assert daemon.metric('cayuco_model_evictions_total') <= 2
    file.write_bytes(d.nb('digits').read_bytes())
    d.wait_for('its return', lambda: ask(daemon, out).status == 200, daemon)


@case(TWO_OF_THEM)
def an_evicted_model_is_edited_unloaded_and_deleted_as_any(daemon):
    put_three(daemon)
    out = evicted(daemon)
    labels = '\n'.join(f'label {i}' for i in range(10))
    reply = daemon.curl(f'/models/{out}/labels.txt', '-X', 'PUT', '--data-binary', labels)
    d.assert_equal((reply.status, reply.json()['version']), (200, '2'))
    d.assert_equal(statistics(daemon, out)['version'], '2')
    out = evicted(daemon)
    d.assert_equal(daemon.curl(f'/v2/repository/models/{out}/unload', '-X', 'POST').status, 200)
    ask(daemon, out).error(422)
    daemon.curl(f'/v2/models/{out}/stats').error(422)
    d.assert_equal(daemon.curl(f'/v2/repository/models/{out}/load', '-X', 'POST').status, 200)
    out = evicted(daemon)
    d.assert_equal(daemon.curl(f'/models/{out}', '-X', 'DELETE').status, 204)
    ask(daemon, out).error(404)
    if out == 'digits':  # the good answer is looked for at the end
        d.put_models(daemon.state, ['digits'])
        d.wait_for('its return', lambda: daemon.curl('/models/digits').status == 200, daemon)


if __name__ == '__main__':
    sys.exit(d.main())
