"""/metrics: what it counts, and that it reads as Prometheus wants it, by the rules of `promtool check metrics`."""

import contextlib
import json
import pathlib
import re
import sys
import time

from support import daemon as d
from support.daemon import BYTES, SEVEN, case

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
UNITS = {'seconds', 'bytes', 'celsius', 'hertz', 'ratio', 'info'}  # base units
NOT_BASE = {'milliseconds', 'microseconds', 'nanoseconds', 'ms', 'us', 'ns', 'minutes', 'kilobytes',
            'megabytes', 'mb', 'mhz', 'megahertz', 'fahrenheit', 'percent'}
SUFFIXES = ('_bucket', '_sum', '_count')


class Family:
    def __init__(self, name, help_text):
        self.name, self.help, self.type, self.samples = name, help_text, None, []


def family_of(name, families):
    """The family that a sample belongs to: those of a histogram have a suffix."""
    for suffix in SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and base in families and families[base].type == 'histogram':
            return base
    return name


def read_labels(text):
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match or match[1] in labels:
            return None
        labels[match[1]] = match[2]
        at = match.end()
    return labels


def parse(text):
    """The families, and what is wrong with the form."""
    families, wrong, current = {}, [], None
    if not text.endswith('\n'):
        wrong.append('the last line has no end')
    for line in text.splitlines():
        words = line.split(' ', 3)
        if line.startswith('# HELP ') and len(words) == 4:
            current = words[2]
            if current in families:
                wrong.append(f'{current}: told twice')
            families[current] = Family(current, words[3])
        elif line.startswith('# TYPE ') and len(words) == 4 and words[2] == current:
            families[current].type = words[3]
        else:
            match = SAMPLE.fullmatch(line)
            labels = read_labels(match[2] or '') if match else None
            if labels is None or family_of(match[1], families) != current:
                wrong.append(f'not a line of {current}: {line}')
            else:
                families[current].samples.append((match[1], labels, float(match[3])))
    return families, wrong


def lint_histogram(family):
    series = {}
    for name, labels, value in family.samples:
        key = tuple(sorted((k, v) for k, v in labels.items() if k != 'le'))
        series.setdefault(key, {}).setdefault(name.removeprefix(family.name), []).append(
            (labels.get('le'), value))
    for key, parts in series.items():
        buckets = parts.get('_bucket', [])
        values = [value for _, value in buckets]
        if set(parts) != set(SUFFIXES) or values != sorted(values) or buckets[-1][0] != '+Inf':
            yield f'{family.name}{key}: not the buckets of a histogram'
        elif parts['_count'][0][1] != values[-1]:
            yield f'{family.name}{key}: the count is not that of the last bucket'


def lint_family(family):
    words = family.name.split('_')
    if family.type not in ('counter', 'gauge', 'histogram') or not family.help:
        yield f'{family.name}: no HELP or no TYPE'
    if not family.samples:
        yield f'{family.name}: no samples'
    if (family.type == 'counter') != (words[-1] == 'total'):
        yield f'{family.name}: counters end in _total, and nothing else does'
    if words[-1] in ('count', 'sum', 'bucket') or {'counter', 'gauge', 'histogram'} & set(words):
        yield f'{family.name}: a word of it belongs to Prometheus'
    if NOT_BASE & set(words):
        yield f'{family.name}: not in a base unit'
    if UNITS & set(words[:-1]) - {'info'} and words[-1] != 'total':
        yield f'{family.name}: the unit stands at the end'
    seen = [(name, tuple(sorted(labels.items()))) for name, labels, _ in family.samples]
    if len(seen) != len(set(seen)):
        yield f'{family.name}: a sample comes twice'
    for name in {name for _, labels, _ in family.samples for name in labels}:
        if not re.fullmatch('[a-z_]+', name) or (name == 'le') != (family.type == 'histogram'):
            if name == 'le' or not re.fullmatch('[a-z_]+', name):
                yield f'{family.name}: label {name}'
    if family.type == 'histogram':
        yield from lint_histogram(family)


def lint(text):
    families, wrong = parse(text)
    return wrong + [line for family in families.values() for line in lint_family(family)]


@case(models=())
def the_lint_finds_what_is_wrong(_):
    head = '# HELP a_seconds Help.\n# TYPE a_seconds histogram\n'
    good = head + ('a_seconds_bucket{le="1"} 1\na_seconds_bucket{le="+Inf"} 2\n'
                   'a_seconds_sum 3.5\na_seconds_count 2\n')
    d.assert_equal(lint(good), [])
    for old, new in (('# HELP a_seconds Help.\n', ''), (' Help.', ' '), ('+Inf', '2'), ('_count 2', '_count 3'),
                     ('="1"} 1', '="1"} 4'), ('a_seconds_sum 3.5\n', ''), ('a_seconds', 'a_ms'),
                     ('# TYPE a_seconds histogram\n', ''), ('="1"', '=1'), ('2\na_seconds_sum', '2\n\na_seconds_sum'),
                     ('histogram', 'gauge'), ('{le="1"}', '{le="1",aB="2"}')):
        assert lint(good.replace(old, new)), (old, new)
    assert lint(good.removesuffix('\n')) and lint(good + good)
    assert lint('# HELP a A.\n# TYPE a counter\na 1\n')
    assert lint('# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n')
    assert lint('# HELP a A.\n# TYPE a gauge\na{x="1"} 1\na{x="1"} 2\n')


@case('--models-limit=180k', models=('digits', 'conv_bn'))
def all_of_it_reads_as_prometheus_wants_it(daemon):
    daemon.curl('/models/two', '-X', 'PUT', '--data-binary', f'@{d.nb("digits")}')
    for name in ('digits', 'two', 'conv_bn', 'none'):
        daemon.predict(SEVEN.read_bytes(), BYTES, query=f'?model={name}')
    reply = daemon.curl('/metrics')
    d.assert_equal(reply.headers['content-type'], 'text/plain; version=0.0.4')
    text = reply.body.decode()
    d.assert_equal(lint(text), [])
    families, _ = parse(text)
    for name in families:
        assert name.startswith(('cayuco_', 'process_')), name


@case()
def the_process_is_told_of_as_exporters_do(daemon):
    start, now = daemon.metric('process_start_time_seconds'), time.time()
    assert now - 3600 < start <= now, (start, now)
    d.assert_equal(daemon.metric('process_start_time_seconds'), start)
    limits = pathlib.Path(f'/proc/{daemon.process.pid}/limits').read_text()
    d.assert_equal(daemon.metric('process_max_fds'), int(re.search(r'Max open files +(\d+)', limits)[1]))
    before = daemon.metric('process_open_fds')
    assert 5 < before < 100, before
    with contextlib.ExitStack() as stack:
        for _ in range(7):
            stack.enter_context(daemon.connect()).sendall(b'GET /v2 HTTP/1.1\r\n')
        # The connection of one question may still be there at the next.
        d.wait_for('seven more', lambda: daemon.metric('process_open_fds') >= before + 6, daemon)
    d.wait_for('as before', lambda: daemon.metric('process_open_fds') <= before, daemon)


@case()
def the_rules_of_metrics_md_ask_for_what_is_there(daemon):
    daemon.predict(SEVEN.read_bytes(), BYTES)
    told = daemon.curl('/metrics').body.decode()
    document = (pathlib.Path(d.ROOT) / 'docs/metrics.md').read_text()
    rules = re.findall(r'^```yaml\n(.*?)^```$', document, re.M | re.S)[1]
    asked = set(re.findall(r'\b((?:cayuco|process)_\w+)', rules))
    assert len(asked) > 4, asked
    boards = {'cayuco_throttled'}  # which this machine is none of
    d.assert_equal({name for name in asked - boards if not re.search(rf'^{name}[ {{]', told, re.M)}, set())
    assert f'reason="{re.search("reason=.([A-Z]+)", rules)[1]}"' in told
    rows = ' '.join(re.findall(r'^\| (`.*?) \|', document, re.M))
    assert boards <= set(re.findall(r'`(\w+)`', rows)), rows


@case()
def a_request_is_timed_from_its_first_line_to_the_last_byte(daemon):
    before = daemon.metric('cayuco_request_seconds_count{method="POST",route="/predict"}')
    times = 'cayuco_request_seconds_sum{method="POST",route="/predict"}'
    inside = 'cayuco_stage_seconds_sum{model="digits",version="1",stage="infer"}'
    for _ in range(3):
        daemon.predict(SEVEN.read_bytes(), BYTES)
    d.assert_equal(daemon.metric('cayuco_request_seconds_count{method="POST",route="/predict"}'), before + 3)
    assert daemon.metric(times) > daemon.metric(inside), 'the whole is no more than a part'
    slow, total = b'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4096\r\n', daemon.metric(times)
    with daemon.connect() as sock:
        sock.sendall(slow)  # the first line is there, the end of the headers is not
        for _ in range(5):  # as long as it takes to ask five times
            daemon.check_alive()
        five = daemon.metric('cayuco_request_seconds_sum{method="GET",route="/v2/health/live"}')
        sock.sendall(b'Content-Type: application/octet-stream\r\nConnection: close\r\n\r\n')
        sock.sendall(SEVEN.read_bytes())
        assert d.parse_reply(d.read_all(sock)).status == 200
    d.wait_for('its end', lambda: daemon.metric(times) > total + five, daemon)


@case()
def the_whole_of_a_request_is_told_by_model_too(daemon):
    def whole(part, version=1):
        return daemon.metric(f'cayuco_inference_request_seconds_{part}{{model="digits",version="{version}"}}')
    count = whole('count')
    for _ in range(3):
        daemon.predict(SEVEN.read_bytes(), BYTES)
    daemon.predict(b'abc', BYTES).error(400)  # no answer
    d.assert_equal(whole('count'), count + 3)
    stages = sum(daemon.metric(f'cayuco_stage_seconds_sum{{model="digits",version="1",stage="{stage}"}}')
                 for stage in ('queue', 'parse', 'infer', 'encode'))
    assert whole('sum') > stages, 'the whole is no more than its parts'
    daemon.curl('/models/digits', '-X', 'PUT', '--data-binary', f'@{d.nb("digits")}')
    d.assert_equal(whole('count', 2), 0)
    daemon.predict(SEVEN.read_bytes(), BYTES)
    d.assert_equal(whole('count', 2), 1)


def documented():
    """The families of docs/metrics.md with their labels."""
    text = (pathlib.Path(d.ROOT) / 'docs/metrics.md').read_text().partition('\n## ')[0]
    told = {}
    for names, labels in re.findall(r'^\|( `[^|]*)\|([^|]*)\|', text, re.MULTILINE):
        told.update({name: set(re.findall('`(.*?)`', labels)) for name in re.findall('`(.*?)`', names)})
    return told


@case('--models-limit=180k')
def the_document_names_what_is_there_with_its_labels(daemon):
    told = documented()
    families, _ = parse(daemon.curl('/metrics').body.decode())
    for name, family in families.items():
        labels = {label for _, labels, _ in family.samples for label in labels} - {'le'}
        d.assert_equal((name, labels), (name, told.get(name)))
    missing = {name for name in told if name not in families}
    assert missing <= {name for name in told if name.startswith(('cayuco_cpu_', 'cayuco_throttled', 'cayuco_temp'))}, missing


@case(models=())
def the_dashboard_asks_for_what_is_documented(_daemon):
    dashboard = json.loads((pathlib.Path(d.ROOT) / 'docs/grafana.json').read_text())
    told, variables = documented(), {'datasource', '__rate_interval'}
    for variable in dashboard['templating']['list'][1:]:
        name, label = re.fullmatch(r'label_values\((\w+)(?:{[^}]*})?, (\w+)\)', variable['definition']).groups()
        assert label in told[name] | {'instance'}, variable
        variables.add(variable['name'])
    assert set(re.findall(r'\$\{?(\w+)', json.dumps(dashboard))) <= variables | {'__all'}
    asked = [(panel['title'], target['expr'], target['legendFormat'])
             for panel in dashboard['panels'] for target in panel['targets']]
    assert len(asked) > 15, asked
    for title, question, legend in asked:
        names = re.findall(r'\b((?:cayuco|process)_\w+)\{(.*?)\}', question)
        assert names and len(names) == len(re.findall(r'\b(?:cayuco|process)_', question)), (title, question)
        labels = {label for name, _ in names for label in told[re.sub('_(bucket|sum|count)$', '', name)]}
        used = re.findall(r'(\w+)=', ''.join(selector for _, selector in names))
        used += re.findall(r'\w+', ' '.join(re.findall(r'by \((.*?)\)', question))) + re.findall(r'{{(\w+)}}', legend)
        assert set(used) <= labels | {'instance', 'le'}, (title, set(used) - labels)


@case()
def the_panels_of_the_dashboard_have_each_a_place(_daemon):
    panels = json.loads((pathlib.Path(d.ROOT) / 'docs/grafana.json').read_text())['panels']
    places = [(x, y) for grid in (panel['gridPos'] for panel in panels)
              for x in range(grid['x'], grid['x'] + grid['w']) for y in range(grid['y'], grid['y'] + grid['h'])]
    d.assert_equal(len(places), len(set(places)))
    assert max(x for x, _ in places) < 24
    d.assert_equal(len({panel['id'] for panel in panels}), len(panels))


@case()
def items_of_batches_are_counted(daemon):
    def counts():
        return [daemon.metric(f'cayuco_{name}_total{{model="digits",version="1"}}')
                for name in ('inference_successes', 'inferences')]
    before = counts()
    d.assert_equal(daemon.predict(SEVEN.read_bytes() * 3, BYTES).status, 200)
    d.assert_equal(counts(), [before[0] + 1, before[1] + 3])
    stats = daemon.curl('/v2/models/digits/stats').json()['model_stats'][0]
    d.assert_equal((stats['execution_count'], stats['inference_count']), tuple(counts()))


if __name__ == '__main__':
    sys.exit(d.main())
