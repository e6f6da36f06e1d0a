"""The API document against the daemon: routes, statuses, bodies, and the examples replayed."""

import json
import math
import pathlib
import re
import sys

from support import daemon as d
from support.daemon import case

SPEC = pathlib.Path(d.ROOT) / 'api-spec'
MODELS = ('digits', 'two_inputs_two_outputs')
# What differs from one answer to the next, or from one machine to another.
VOLATILE = {'last_inference', 'ns', 'count', 'inference_count', 'execution_count', 'milliseconds', 'job', 'created', 'started', 'finished', 'seconds', 'weight_bytes', 'sandbox', 'kernel', 'ms'}
METHODS = ('get', 'post', 'put', 'patch', 'delete')
KINDS = {'object': dict, 'array': list, 'string': str, 'integer': int, 'number': (int, float),
         'boolean': bool}


def resolve(document, node):
    while '$ref' in node:
        target = document
        for key in node['$ref'].removeprefix('#/').split('/'):
            target = target[key]
        node = target
    return node


def united(document, schemas):
    """One schema of objects for several that hold together."""
    whole = {'type': 'object', 'properties': {}, 'required': []}
    for schema in (resolve(document, one) for one in schemas):
        schema = united(document, schema['allOf']) if 'allOf' in schema else schema
        whole['properties'].update(schema.get('properties', {}))
        whole['required'] += schema.get('required', [])
    return whole


def misfit(document, schema, value, where='body'):
    """Where a value does not fit a schema, or None. A property that no schema names is a misfit."""
    schema = resolve(document, schema)
    if 'allOf' in schema:
        schema = united(document, schema['allOf'])
    if 'oneOf' in schema:
        misfits = [misfit(document, one, value, where) for one in schema['oneOf']]
        return None if None in misfits else misfits[0]
    if value is None and schema.get('nullable') or 'type' not in schema:
        return None
    kind = KINDS[schema['type']]
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        return f'{where} is no {schema["type"]}'
    if 'enum' in schema and value not in schema['enum']:
        return f'{where} is {value}'
    if 'pattern' in schema and not re.search(schema['pattern'], value):
        return f'{where} is {value}'
    found = []
    if kind is dict and 'properties' in schema:
        found = [f'{where} has no {key}' for key in schema.get('required', []) if key not in value]
        found += [f'{where} has {key}' for key in value if key not in schema['properties']]
        found += [misfit(document, schema['properties'][key], value[key], f'{where}.{key}')
                  for key in value if key in schema['properties']]
    if kind is list:
        found = [misfit(document, schema['items'], item, f'{where}[{i}]')
                 for i, item in enumerate(value)]
    return next((f for f in found if f), None)


def difference(got, wanted, where='body'):
    """Where two bodies differ in more than rounding and what is volatile, or None."""
    if isinstance(got, float) and isinstance(wanted, (int, float)):
        same = math.isclose(got, wanted, rel_tol=1e-5, abs_tol=1e-6)
        return None if same else f'{where}: {got}, not {wanted}'
    if isinstance(got, dict) and isinstance(wanted, dict) and set(got) == set(wanted):
        found = [difference(got[key], wanted[key], f'{where}.{key}')
                 for key in got if key not in VOLATILE]
    elif isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        found = [difference(*pair, f'{where}[{i}]') for i, pair in enumerate(zip(got, wanted))]
    else:
        found = [None if got == wanted else f'{where}: {got!r}, not {wanted!r}']
    return next((f for f in found if f), None)


def operation(document, method, path):
    """What the document says of a method and a path, and the path as it has it."""
    for pattern, item in document['paths'].items():
        if re.fullmatch(re.sub(r'{\w+}', '[^/]*', pattern), path.partition('?')[0]):
            return item.get(method.lower())
    return None


def check_reply(document, method, path, reply):
    """That the document knows this status for this request, and the form of its body."""
    answers = operation(document, method, path)['responses']
    assert str(reply.status) in answers, f'{method} {path}: {reply.status} is not documented'
    answer = resolve(document, answers[str(reply.status)])
    content = answer.get('content')
    if not content:
        d.assert_equal(reply.body, b'')
        return
    kind = reply.headers['content-type'].partition(';')[0]
    assert kind in content, f'{method} {path}: {kind} is not documented'
    if kind == 'application/json':
        wrong = misfit(document, content[kind]['schema'], reply.json())
        assert not wrong, f'{method} {path} {reply.status}: {wrong}'
    for header in answer.get('headers', {}):
        assert header.lower() in reply.headers, f'{method} {path} {reply.status}: no {header}'


def send(daemon, request):
    flags = ['-X', request['method'], '--path-as-is']
    for name, value in request.get('headers', {}).items():
        flags += ['-H', f'{name}: {value}']
    body = b''
    if 'body' in request:
        body = json.dumps(request['body']).encode()
    elif 'body_text' in request:
        body = request['body_text'].encode()
    elif 'body_file' in request:
        body = (pathlib.Path(d.ROOT) / request['body_file']).read_bytes()
    for file in sorted((pathlib.Path(d.ROOT) / request.get('form_directory', 'none')).glob('*')):
        flags += ['-F', f'file=@{file}']
    if body:
        flags += ['--data-binary', '@-']
    return daemon.curl(request['path'], *flags, body=body)


@case(models=())
def the_daemon_gives_the_document(daemon):
    sys.path.insert(0, str(SPEC))
    import embed
    document = daemon.curl('/openapi.json').json()
    d.assert_equal(document, embed.load((SPEC / 'openapi.yaml').read_text()))
    version = re.search(r"version: '([^']+)'", (pathlib.Path(d.ROOT) / 'meson.build').read_text())
    d.assert_equal(document['info']['version'], version[1])


@case(models=MODELS)
def all_routes_are_in_the_document_and_no_others(daemon):
    document = daemon.curl('/openapi.json').json()
    source = (pathlib.Path(d.ROOT) / 'daemon/routes/routes.c').read_text()
    routes = set(re.findall(r'{"([A-Z]+)", "(/[^"]*)"', source))
    listed = {(method.upper(), path) for path, item in document['paths'].items()
              for method in item if method in METHODS}
    assert listed == routes, f'in one of them alone: {listed ^ routes}'
    for path, item in document['paths'].items():
        known = [m.upper() for m in item if m in METHODS]
        known += ['HEAD'] * ('GET' in known)
        reply = daemon.curl(path.replace('{name}', 'x').replace('{version}', '1'), '-X', 'TRACE')
        d.assert_equal(reply.error(405), f'TRACE: this path takes {reply.headers["allow"]}')
        d.assert_equal(set(reply.headers['allow'].split(', ')), set(known))


@case(models=())
def every_reference_leads_somewhere(daemon):
    document = daemon.curl('/openapi.json').json()
    used = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)))
    for target in used:
        resolve(document, {'$ref': target})
    parts = {f'#/components/{kind}/{name}' for kind, items in document['components'].items()
             for name in items if kind != 'securitySchemes'}
    d.assert_equal(parts, used)


@case(models=())
def tokens_are_wanted_where_the_document_says(daemon):
    document = daemon.curl('/openapi.json').json()
    source = (pathlib.Path(d.ROOT) / 'daemon/routes/routes.c').read_text()
    schemes = {'NONE': [], 'INFER': [{'token': []}, {}], 'ADMIN': [{'adminToken': []}, {}]}
    for method, path, access in re.findall(r'{"([A-Z]+)", "(/[^"]*)",\s+CAY_ACCESS_([A-Z]+)', source):
        what = document['paths'][path][method.lower()]
        d.assert_equal((path, what.get('security', document['security'])), (path, schemes[access]))
        d.assert_equal((path, '401' in what['responses']), (path, access != 'NONE'))


@case(models=MODELS)
def examples_get_the_answers_that_they_show(daemon):
    document = daemon.curl('/openapi.json').json()
    examples = sorted((SPEC / 'examples').glob('*.json'))
    assert len(examples) > 10
    # What removes a model comes last.
    for file in sorted(examples, key=lambda f: 'remove' in f.name):
        example = json.loads(file.read_text())
        request, wanted = example['request'], example['response']
        reply = send(daemon, request)
        d.assert_equal((file.name, reply.status), (file.name, wanted['status']))
        check_reply(document, request['method'], request['path'], reply)
        got = reply.json() if reply.body else None
        wrong = difference(got, wanted['body'])
        assert not wrong, f'{file.name}: {wrong}'


@case(models=MODELS)
def answers_fit_the_document(daemon):
    document = daemon.curl('/openapi.json').json()
    for path in ('/models', '/models/digits', '/jobs', '/metrics', '/v2/health/live',
                 '/openapi.json', '/jobs/x', '/models/%20', '/models?a=%'):
        check_reply(document, 'GET', path, daemon.curl(path))
    octets = 'Accept: application/octet-stream'
    reply = daemon.predict(d.SEVEN.read_bytes(), d.BYTES, octets, query='?model=digits')
    check_reply(document, 'POST', '/predict', reply)
    reply = daemon.predict(d.SEVEN.read_bytes() * 3, d.BYTES, query='?model=digits')
    check_reply(document, 'POST', '/predict', reply)
    reply = daemon.predict(d.SEVEN.read_bytes(), 'Content-Type: image/png', query='?model=digits')
    check_reply(document, 'POST', '/predict', reply)


def record():
    """Writes what the daemon answers into the examples: `test_openapi.py ... --record`."""
    daemon = d.Daemon(models=MODELS)
    try:
        for file in sorted((SPEC / 'examples').glob('*.json'), key=lambda f: 'remove' in f.name):
            example = json.loads(file.read_text())
            reply = send(daemon, example['request'])
            body = reply.json() if reply.body else None
            example['response'] = {'status': reply.status, 'body': body}
            file.write_text(json.dumps(example, indent=1) + '\n')
    finally:
        daemon.stop()


if __name__ == '__main__':
    if sys.argv[4:] == ['--record']:
        sys.exit(record())
    sys.exit(d.main())
