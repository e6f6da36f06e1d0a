"""The page in a browser: uploads, answers, drawings, names that are HTML, and how it looks.

Arguments as of the end-to-end tests, see tests/e2e/support/daemon.py; run by scripts/test-page.
"""

import functools
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'e2e'))

from support import converting, daemon as d
import webdriver

DESKTOP, PHONE = (1280, 900), (360, 740)
ENTER, TAB = '\ue007', '\ue004'
HTML = '<img src=x onerror=window.hacked=1>'
OTHER = 'two_inputs_two_outputs'
STATUS = 'Failed to load resource: the server responded with a status of'

browser = None


def page(*flags, models=('digits',), size=DESKTOP, failures=0):
    """A test function that is given the browser, at the page of a daemon with these flags and models, and
    the daemon. failures: how many requests the page sends that the daemon must refuse."""
    def add(function):
        @d.case(*flags, models=models)
        @functools.wraps(function)
        def run(daemon):
            browser.complaints()  # of a test that has failed
            browser.resize(*size)
            browser.colours('light')
            browser.open(daemon.url)
            browser.wait('the first answers', lambda: browser.text('#reach-text') == 'serving')
            if 'digits' in models:
                browser.wait('the model', lambda: browser.is_shown('#model-digits'))
            function(browser, daemon)
            complaints = browser.complaints()
            refused = [line for line in complaints if STATUS in line]
            d.assert_equal([line for line in complaints if line not in refused], [])
            d.assert_equal(len(refused), failures)
            assert not browser.run('return window.hacked'), 'a name has become a script'
            browser.open('about:blank')
    return add


def convert(browser, path, name):
    browser.drop('#convert-drop', path)
    browser.wait('the form', lambda: browser.is_shown('#convert-name'))
    browser.run('document.querySelector("#convert-name").value = arguments[0]', name)
    browser.click('#convert-go')


def converted(browser):
    """What is said of the newest conversion when it is over."""
    browser.wait('the end', lambda: browser.count('.job.over'))
    return browser.text('.job .job-stage')


def verdict(browser, wanted):
    browser.wait(wanted, lambda: browser.text('#verdict') == wanted)


def digits(directory, labels=None, **files):
    """A directory of the digits' model with more files, which may have any name."""
    for name, data in converting.model_files().items():
        (directory / name).write_bytes(data)
    (directory / 'model.json').write_bytes((d.DIGITS / 'model.json').read_bytes())
    (directory / 'labels.txt').write_text(labels or (d.DIGITS / 'labels.txt').read_text())
    return directory


# --- conversions ---------------------------------------------------------------------------------

@page(models=())
def a_dropped_directory_becomes_a_model_that_answers(browser, daemon):
    assert 'No model yet' in browser.text('#models')
    assert not browser.is_shown('#try')
    browser.run('''window.stages = [];
        new MutationObserver(() => stages.push(document.querySelector('.job-stage').textContent))
          .observe(document.querySelector('#jobs'), {subtree: true, childList: true, characterData: true})''')
    browser.drop('#convert-drop', d.DIGITS)
    browser.wait('the form', lambda: browser.is_shown('#convert-name'))
    d.assert_equal(browser.run('return document.querySelector("#convert-name").value'), 'digits')
    for name in ('4 files', '__model__', '__params__', 'model.json', 'labels.txt'):
        assert name in browser.text('#convert-files'), name
    browser.press(ENTER)  # in the field of the name
    d.assert_equal(converted(browser), 'is in service')
    stages = browser.run('return stages')
    assert any('%' in stage for stage in stages), stages
    assert 'conv2d' in browser.text('.job')
    browser.wait('the model', lambda: 'ready' in browser.text('#model-digits'))
    d.assert_equal(browser.text('#model-digits .model-ops'), '14 of 16 int8')
    browser.drop('#try-drop', d.DIGITS / 'seven.png')
    verdict(browser, 'seven')
    d.assert_equal(daemon.good_bytes(), converting.answer(daemon, 'digits'))


@page(models=())
def a_directory_or_an_archive_is_chosen(browser, daemon):
    browser.type('#convert-directory', str(d.DIGITS / 'model'))
    browser.wait('the form', lambda: browser.is_shown('#convert-name'))
    d.assert_equal(browser.run('return document.querySelector("#convert-name").value'), 'model')
    browser.click('#convert-go')
    d.assert_equal(converted(browser), 'is in service')
    for name, data in (('packed.tar.gz', converting.tar(converting.model_files(), 'w:gz')),
                       ('zipped.zip', converting.zipped(converting.model_files()))):
        (daemon.home / name).write_bytes(data)
        browser.type('#convert-archive', str(daemon.home / name))
        browser.wait('the form', lambda: browser.is_shown('#convert-name'))
        browser.click('#convert-go')
        browser.wait(name, lambda: browser.is_shown(f'#model-{name.partition(".")[0]}'))


@page(models=(), failures=1)
def a_ready_nb_is_served_as_it_is(browser, daemon):
    browser.drop('#convert-drop', d.nb('digits'))
    browser.wait('the form', lambda: browser.is_shown('#convert-name'))
    browser.click('#convert-go')
    d.assert_equal(converted(browser), 'is in service')
    browser.wait('the model', lambda: 'ready' in browser.text('#model-digits'))
    d.assert_equal(daemon.curl('/jobs').json()['jobs'], [])
    convert(browser, write(daemon, 'bad.nb', b'no model'), 'bad')
    browser.wait('the error', lambda: browser.text('.job .job-stage') == 'failed')
    assert browser.text('.job .failure'), 'no reason is given'


@page(models=())
def what_is_not_supported_is_named(browser, daemon):
    convert(browser, d.DATA / 'unsupported3', 'mine')
    d.assert_equal(converted(browser), 'failed')
    rows = browser.run('''return [...document.querySelectorAll('.job .missing tbody tr')]
        .map((row) => [...row.cells].map((cell) => cell.textContent))''')
    d.assert_equal(rows, [['conv3d', '2'], ['maxout', '1'], ['space_to_depth', '1']])
    assert 'without these ops' in browser.text('.job')
    assert 'No model yet' in browser.text('#models')


@page(models=())
def the_runtimes_that_a_file_is_for_are_chosen(browser, daemon):
    for choice, flags in (('2.9', ()), ('2.13', ('--compat=2.13',))):
        browser.drop('#convert-drop', d.DATA / 'conv_bn/model')
        browser.wait('the form', lambda: browser.is_shown('#convert-name'))
        assert browser.is_shown('#convert-compat')
        browser.run('document.querySelector("#convert-compat").value = arguments[0];'
                    'document.querySelector("#convert-name").value = arguments[1]', choice, 'v' + choice)
        browser.click('#convert-go')
        browser.wait('it', lambda: (daemon.state / f'models/v{choice}/1').exists())
        assert (daemon.state / f'models/v{choice}/1/model.nb').read_bytes() == d.nb('conv_bn', *flags).read_bytes()
    assert d.nb('conv_bn').read_bytes() != d.nb('conv_bn', '--compat=2.13').read_bytes()
    browser.drop('#convert-drop', d.nb('digits'))
    browser.wait('the form', lambda: browser.is_shown('#convert-name'))
    assert not browser.is_shown('#convert-compat')  # it goes as it is


@page(models=())
def one_of_several_models_is_not_chosen_in_silence(browser, daemon):
    for name in ('one', 'two'):
        (daemon.home / 'both' / name).mkdir(parents=True)
        for file, data in converting.model_files().items():
            write(daemon, f'both/{name}/{file}', data)
    browser.drop('#convert-drop', daemon.home / 'both')
    browser.wait('the refusal', lambda: '2 models in it' in browser.text('#convert .failure'))
    assert not browser.is_shown('#convert-name')
    browser.drop('#convert-drop', daemon.home / 'both' / 'two')
    browser.wait('the form', lambda: browser.is_shown('#convert-name'))
    d.assert_equal(browser.count('#convert .failure'), 0)


@page(models=())
def a_conversion_that_ends_with_the_daemon_is_told(browser, daemon):
    browser.run('''const real = window.fetch;
        window.fetch = async (path, options) => !/events$/.test(path) ? real(path, options)
            : new Response('{"state":"running","percent":7,"stage":"reading"}\\n');''')
    convert(browser, d.DIGITS, 'mine')
    d.assert_equal(converted(browser), 'failed')
    assert 'stopped in the middle' in browser.text('.job .failure')


@page(models=())
def a_conversion_is_cancelled(browser, daemon):
    with converting.halted_converter(daemon):
        converting.post_form(daemon, 'first', converting.model_files(), query='')
        convert(browser, d.DIGITS, 'mine')
        browser.wait('its turn', lambda: 'waits for its turn' in browser.text('.job-stage'))
        browser.click('.job button')
        d.assert_equal(converted(browser), 'was cancelled')
    browser.wait('the first', lambda: browser.is_shown('#model-first'))
    converting.assert_clean(daemon, ['first'])


@page(models=())
def a_conversion_from_elsewhere_is_followed(browser, daemon):
    with converting.halted_converter(daemon):
        d.assert_equal(converting.post_form(daemon, 'other', converting.model_files(), query='').status, 202)
        browser.open(daemon.url)
        browser.wait('the job', lambda: browser.text('.job-title') == 'other')
    d.assert_equal(converted(browser), 'is in service')


# --- answers -------------------------------------------------------------------------------------

@page()
def tensors_of_each_form_are_answered(browser, daemon):
    values = d.floats(d.SEVEN.read_bytes())
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 32, 32), }"
    header += b' ' * (-(len(header) + 11) % 64) + b'\n'
    for name, data in (('a.json', json.dumps({'data': list(values)}).encode()),
                       ('b.json', json.dumps(list(values)).encode()),
                       ('c.npy', b'\x93NUMPY\x01\x00' + len(header).to_bytes(2, 'little') + header + d.SEVEN.read_bytes()),
                       ('d.f32', d.SEVEN.read_bytes())):
        browser.drop('#try-drop', write(daemon, name, data))
        browser.wait(name, lambda: name in browser.text('.file-name'))
        verdict(browser, 'seven')
        times = browser.text('.times')
        assert all(stage in times for stage in ('queue', 'input', 'infer', 'output', 'seen from here')), times
        d.assert_equal(browser.count('.bars li:not([hidden])'), 5)


@page(models=('digits', 'fills', OTHER))
def what_may_be_dropped_is_what_the_model_takes(browser, daemon):
    for model, words in (('digits', 'Drop a picture'), ('fills', 'Drop a tensor'), (OTHER, '2 inputs')):
        browser.run('''const choice = document.querySelector('#try-model');
            choice.value = arguments[0]; choice.dispatchEvent(new Event('change'))''', model)
        assert words in browser.text('#try-drop'), (model, browser.text('#try-drop'))
    browser.drop('#try-drop', write(daemon, 'cut.json', b'{"inputs": ['))
    browser.wait('the error', lambda: 'This is not JSON' in browser.text('#try .failure'))


@page()
def a_picture_is_shown_and_named(browser, daemon):
    browser.drop('#try-drop', d.DIGITS / 'seven.png')
    verdict(browser, 'seven')
    browser.wait('the picture', lambda: browser.run('''const one = document.querySelector('.picture');
        return one.checkVisibility() && one.naturalWidth === 32'''))
    browser.drop('#try-drop', d.SEVEN)
    browser.wait('no picture', lambda: not browser.is_shown('.picture'))
    browser.type('#try-file', str(d.DIGITS / 'seven.png'))
    browser.wait('the picture', lambda: browser.is_shown('.picture'))
    verdict(browser, 'seven')


def write(daemon, name, data):
    path = daemon.home / name
    path.write_bytes(data)
    return path


@page(failures=1)
def an_error_is_told_as_the_daemon_words_it(browser, daemon):
    short = write(daemon, 'short.f32', bytes(8))
    browser.drop('#try-drop', short)
    words = daemon.predict(bytes(8), d.BYTES, query='?model=digits').error(400)
    browser.wait('the error', lambda: browser.text('#try .failure') == words)
    browser.drop('#try-drop', write(daemon, 'short.txt', b'x'))
    browser.wait('the error', lambda: 'neither' in browser.text('#try .failure'))


@page()
def live_shows_requests_and_their_time(browser, daemon):
    def busy():
        daemon.good_bytes()
        return browser.text('#live figure:nth-child(2) b') not in ('', '–', '0')
    browser.wait('the rate', busy)
    browser.wait('the median', lambda: daemon.good_bytes() and 'ms' in browser.text('#live figure:first-child'))
    browser.click('#model-digits summary')
    browser.wait('the count', lambda: int(browser.text('#model-digits .facts b').replace('\u202f', '')) > 2)


@page()
def quantiles_are_those_of_the_difference(browser, daemon):
    result = browser.ask('POST', '/execute/async', {'args': [], 'script': '''
        const done = arguments[arguments.length - 1];
        import('/web/metrics.js').then(({ parse, quantile, grown }) => {
          const text = (a, b, c) => `t_bucket{m="x",le="1"} ${a}\\nt_bucket{m="x",le="2"} ${b}\\nt_bucket{m="x",le="+Inf"} ${c}\\nt_count{m="x"} ${c}\\n`;
          const [from, to] = [parse(text(5, 5, 5)), parse(text(5, 15, 15))];
          done([quantile(from, to, 't', { m: 'x' }, 0.5), quantile(from, from, 't', {}, 0.5),
                quantile(from, parse(text(5, 5, 9)), 't', {}, 0.5), quantile(parse(''), from, 't', { m: 'y' }, 0.5),
                grown(from, to, 't_count'), grown(to, from, 't_count', { m: 'x' }),
                parse('a{m="\\\\"} 1",n="2"} 3').get('a')[0].labels.n]);
        });'''})
    # Half of ten between 1 and 2; nothing; over the last bound; nothing; grown by ten; begun again; a label
    d.assert_equal(result, [1.5, None, 2, None, 10, 5, '2'])


@page()
def a_time_is_told_in_its_two_largest_units(browser, daemon):
    result = browser.ask('POST', '/execute/async', {'args': [], 'script': '''
        const done = arguments[arguments.length - 1];
        import('/web/format.js').then(({ duration }) => done([0, 59, 61, 11520, 97200].map(duration)));'''})
    d.assert_equal(result, ['0 s', '59 s', '1 min', '3 h 12 min', '1 d 3 h'])


@page()
def the_daemon_is_missed_when_it_has_gone_and_found_when_it_is_back(browser, daemon):
    d.assert_equal(daemon.stop(), 0)
    browser.wait('the lamp', lambda: browser.count('#reach.bad'))
    d.assert_equal(browser.text('#reach-text'), 'The daemon does not answer.')
    assert browser.run('return document.body.classList.contains("away")')
    again = d.Daemon(state=daemon.state, listen=(daemon.url.removeprefix('http://'),))
    try:
        browser.wait('it to be back', lambda: browser.text('#reach-text') == 'serving')
        assert not browser.run('return document.body.classList.contains("away")')
        browser.drop('#try-drop', d.SEVEN)
        verdict(browser, 'seven')
        browser.open('about:blank')
        d.assert_equal(again.stop(), 0)
    finally:
        again.kill()
    browser.complaints()  # that there was no answer


@page()
def a_digit_is_recognized_while_it_is_drawn(browser, daemon):
    browser.draw('#pad', [(.3, .28), (.5, .26), (.7, .27), (.6, .5), (.48, .8)])
    verdict(browser, 'seven')
    browser.click('.pad button')
    browser.wait('an empty slate', lambda: browser.text('#verdict') == '' and browser.is_shown('.slate-hint'))
    browser.draw('#pad', [(.5, .2), (.51, .5), (.5, .8)])
    verdict(browser, 'one')


# --- the board -----------------------------------------------------------------------------------

@page()
def a_board_that_is_slowed_down_says_why(browser, daemon):
    said = {'now': [], 'since_boot': ['under_voltage', HTML]}
    for now, words in (([], 'Slowed down since its start'), (['throttled'], 'Slowed down now')):
        browser.run('''const real = window.realFetch ??= window.fetch;
            window.fetch = async (path, options) => path !== 'board' ? real(path, options)
                : Response.json({...await (await real(path, options)).json(), throttled: arguments[0]});
        '''.replace('arguments[0]', json.dumps({**said, 'now': now})))
        browser.wait('the reason', lambda: words in browser.run('return document.querySelector("#board").textContent'))
    d.assert_equal(browser.text('#board .chip.warn'), 'throttled')
    d.assert_equal(browser.count('#board .chip.warn'), 1)


# --- models --------------------------------------------------------------------------------------

def press_button(browser, row, label):
    """By keyboard, one of the row or of the dialog."""
    browser.run('''[...document.querySelectorAll(`${arguments[0]} button, dialog button`)]
        .find((one) => one.textContent === arguments[1]).focus()''', row, label)
    browser.press(ENTER)


@page(models=('digits', OTHER))
def a_model_is_unloaded_loaded_and_deleted_by_keyboard(browser, daemon):
    row = f'#model-{OTHER}'
    press = functools.partial(press_button, browser, row)
    browser.run('document.querySelector(`${arguments[0]} summary`).focus()', row)
    browser.press(ENTER)
    browser.wait('the row', lambda: browser.is_shown(f'{row} table'))
    press('Unload')
    browser.wait('unloaded', lambda: 'unloaded' in browser.text(row))
    d.assert_equal(browser.run('return document.querySelector("#try-model").options.length'), 1)
    press('Load')
    browser.wait('loaded', lambda: 'ready' in browser.text(row))
    press('Delete…')
    assert OTHER in browser.text('dialog')
    press('Keep')
    browser.wait('no dialog', lambda: not browser.count('dialog'))
    d.assert_equal(daemon.curl(f'/models/{OTHER}').status, 200)
    press('Delete…')
    press('Delete')
    browser.wait('deleted', lambda: not browser.count(row))
    d.assert_equal(daemon.curl(f'/models/{OTHER}').status, 404)
    assert not (daemon.state / 'models' / OTHER).exists()


def profile(browser, model):
    """Presses the button of an opened row. What is said of the time, and the rows of the table: of each op's
    share in per cent, type and output."""
    browser.run('document.querySelector(arguments[0]).replaceChildren()', f'#model-{model} .profile > div')
    browser.click(f'#model-{model} .profile button')
    browser.wait('the ops', lambda: browser.count(f'#model-{model} .profile tbody tr'))
    rows = browser.run('''return [...document.querySelectorAll(arguments[0])]
        .map((row) => [...row.cells].map((cell) => cell.textContent))''', f'#model-{model} .profile tbody tr')
    return browser.text(f'#model-{model} .profile .hint'), [
        (float(share.strip('<> %')), op, output) for _, share, op, _, _, _, output in rows]


def profiled(daemon, model, body, kind):
    ops = daemon.curl(f'/models/{model}/profile', '--data-binary', '@-', '-H', kind, body=body).json()['ops']
    return [(op['type'], op['name']) for op in ops]


@page(models=('digits', OTHER))
def the_time_of_each_op_is_shown(browser, daemon):
    browser.click('#model-digits summary')
    said, rows = profile(browser, 'digits')
    assert 'median of 10 runs on zeros' in said, said
    d.assert_equal([row[1:] for row in rows], profiled(daemon, 'digits', d.SEVEN.read_bytes(), d.BYTES))
    assert 98 < sum(share for share, _, _ in rows) < 102, rows
    bars = browser.run('''return [...document.querySelectorAll('#model-digits .profile li')].map((bar) =>
        [bar.textContent, parseFloat(getComputedStyle(bar).getPropertyValue('--share'))])''')
    assert [share for _, share in bars] == sorted((share for _, share in bars), reverse=True), bars
    assert 99 < sum(share for _, share in bars) < 101 and any('conv2d int8 × 6' in text for text, _ in bars), bars
    browser.drop('#try-drop', d.DIGITS / 'seven.png')
    verdict(browser, 'seven')
    assert 'tried with last' in profile(browser, 'digits')[0]
    browser.click(f'#model-{OTHER} summary')
    assert len(profile(browser, OTHER)[1]) > 4, 'a model with two inputs'


@page(models=('conv2d',))
def what_has_free_dimensions_is_run_on_what_it_was_tried_with(browser, daemon):
    browser.wait('the model', lambda: browser.is_shown('#model-conv2d'))
    browser.click('#model-conv2d summary')
    browser.click('#model-conv2d .profile button')
    browser.wait('a hint', lambda: 'try it once' in browser.text('#model-conv2d .profile .failure'))
    tensor = json.dumps({'inputs': [{'name': 'x', 'shape': [1, 4, 6, 6], 'data': [0.5] * 144}]}).encode()
    browser.drop('#try-drop', write(daemon, 'x.json', tensor))
    browser.wait('an answer', lambda: browser.is_shown('#try .times'))
    said, rows = profile(browser, 'conv2d')
    assert 'tried with last' in said, said
    d.assert_equal([row[1:] for row in rows], profiled(daemon, 'conv2d', tensor, d.JSON))


@page()
def its_commands_can_be_run(browser, daemon):
    browser.click('#model-digits summary')
    lines = commands(browser, 'digits')
    for name, file in (('picture.jpg', d.DIGITS / 'seven.png'), ('input.f32', d.SEVEN)):
        [line] = [line for line in lines if f'@{name}' in line]
        write(daemon, name, file.read_bytes())
        run = d.subprocess.run(['sh', '-c', line], cwd=daemon.home, capture_output=True)
        d.assert_equal(json.loads(run.stdout)['parameters']['top'][0]['label'], 'seven')


@page(models=(OTHER,))
def no_command_sends_a_picture_to_a_model_that_takes_none(browser, daemon):
    browser.wait('the model', lambda: browser.is_shown(f'#model-{OTHER}'))
    browser.click(f'#model-{OTHER} summary')
    browser.wait('the commands', lambda: commands(browser, OTHER))
    assert not [line for line in commands(browser, OTHER) if 'picture' in line]


def commands(browser, model):
    return browser.run('''return [...document.querySelectorAll(`#model-${arguments[0]} .command code`)]
        .map((code) => code.textContent)''', model)


TOKENS = {'token': 'a-token-for-asking-only', 'admin_token': 'a-token-for-everything'}


def with_tokens(daemon):
    """A second daemon, which wants them."""
    flags = []
    for name, token in TOKENS.items():
        path = write(daemon, name, token.encode())
        path.chmod(0o600)
        flags.append(f'--{name}_file={path}')
    return d.Daemon(*flags, models=('digits',))


def give_token(browser, token):
    browser.wait('the dialog', lambda: browser.is_shown('#token-dialog'))
    browser.type('#token-dialog input', f'{token}{ENTER}')


@page(models=())
def a_token_is_asked_for_and_kept_in_the_tab(browser, daemon):
    guard = with_tokens(daemon)
    try:
        browser.open(guard.url)
        give_token(browser, 'wrong-but-long-enough')
        browser.wait('another try', lambda: 'wrong' in browser.text('#token-dialog'))
        give_token(browser, TOKENS['token'])
        browser.wait('the model', lambda: browser.is_shown('#model-digits'))
        browser.open(guard.url)  # it is still known
        browser.wait('the model', lambda: browser.is_shown('#model-digits'))
        browser.click('#model-digits summary')
        unload = '#model-digits .row.end button:nth-child(3)'
        browser.click(unload)
        browser.wait('a refusal', lambda: 'administration' in browser.text('#model-digits .failure'))
        browser.click('#model-digits .profile button')
        browser.wait('a refusal', lambda: 'administration' in browser.text('#model-digits .profile .failure'))
        browser.click('#token')
        give_token(browser, TOKENS['admin_token'])
        browser.wait('the model', lambda: browser.is_shown('#model-digits'))
        browser.click('#model-digits summary')
        browser.click(unload)
        browser.wait('unloaded', lambda: 'unloaded' in browser.text('#model-digits'))
        assert not browser.run('return document.cookie + Object.keys(localStorage)')
        browser.open('about:blank')
        browser.complaints()  # of what was refused
        d.assert_equal(guard.stop(), 0)
    finally:
        guard.kill()


# --- what comes from outside ---------------------------------------------------------------------

@page(models=())
def names_that_are_html_stay_text(browser, daemon):
    model = daemon.home / HTML
    model.mkdir()
    digits(model, labels='\n'.join(f'{HTML}{i}\u202e' for i in range(10)))
    (model / f'{HTML}.txt').write_text('')
    browser.drop('#convert-drop', model)
    browser.wait('the form', lambda: browser.is_shown('#convert-name'))
    d.assert_equal(browser.run('return document.querySelector("#convert-name").value'),
                   'img-src-x-onerror-window.hacked-1-')
    assert HTML in browser.text('#convert-files')
    browser.click('#convert-go')
    d.assert_equal(converted(browser), 'is in service')
    browser.drop('#try-drop', write(daemon, f'{HTML}.f32', d.SEVEN.read_bytes()))
    verdict(browser, f'{HTML}7\\u202e')
    assert HTML in browser.text('.file-name')
    d.assert_equal(browser.count('img[src="x"]'), 0)


@page()
def text_cannot_become_html(browser, daemon):
    blocked = browser.run('''try { document.body.innerHTML = '<b>x</b>'; return false; } catch { return true; }''')
    assert blocked, 'trusted types are not enforced'
    browser.complaints()  # that it was blocked


# --- how it looks --------------------------------------------------------------------------------

CONTRAST = '''
    const light = (rgb) => {
      const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const ground = (element) => {
      for (; element; element = element.parentElement) {
        const colour = numbers(getComputedStyle(element).backgroundColor);
        if (colour.length === 3 || colour[3] === 1) return colour;
      }
      return [255, 255, 255];
    };
    const contrast = (colour, ground) => {
      const [a, b] = [numbers(colour), ground].map((c) => light(c.slice(0, 3)));
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
'''
FAINT_TEXT = CONTRAST + '''
    return [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility() &&
        [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
      .map((element) => [contrast(getComputedStyle(element).color, ground(element)),
        `${element.tagName} ${element.className} ${element.textContent}`])
      .filter(([ratio, text]) => ratio < 4.5 && !text.includes('slate'))'''
FAINT_FIELDS = CONTRAST + '''
    return [...document.querySelectorAll('select, input:not([type="file"])')]
      .map((one) => [contrast(getComputedStyle(one).borderTopColor, ground(one.parentElement)), one.id])
      .filter(([ratio]) => !(ratio >= 3))'''


@page()
def text_can_be_read_in_light_and_in_the_dark(browser, daemon):
    browser.drop('#try-drop', d.SEVEN)
    verdict(browser, 'seven')
    browser.click('#model-digits summary')
    profile(browser, 'digits')
    browser.run('''document.head.append(Object.assign(document.createElement('meta'), {}));
        for (const sheet of document.styleSheets) sheet.insertRule('* { transition: none !important }', 0)''')
    grounds = []
    for scheme in ('light', 'dark'):
        browser.colours(scheme)
        d.assert_equal(browser.run(FAINT_TEXT), [])
        grounds.append(browser.run('return getComputedStyle(document.body).backgroundColor'))
    assert grounds[0] != grounds[1], grounds


@page(size=PHONE)
def nothing_is_wider_than_a_phone(browser, daemon):
    convert(browser, d.DIGITS, 'a-name-of-64-letters-that-no-row-of-a-table-on-a-phone-has-room4')
    d.assert_equal(converted(browser), 'is in service')
    browser.drop('#try-drop', d.SEVEN)
    verdict(browser, 'seven')
    browser.wait('the rows', lambda: browser.count('details.model') == 2)
    browser.run('for (const one of document.querySelectorAll("details")) one.open = true')
    browser.wait('a report', lambda: browser.count('details.model .report'))
    profile(browser, 'digits')
    browser.run('for (const one of document.querySelectorAll("details")) one.open = true')
    for width in (PHONE[0], 320):
        browser.resize(width, PHONE[1])
        wide = browser.run('''const width = document.documentElement.clientWidth;
            return [document.scrollingElement.scrollWidth - width, innerWidth - width,
              [...document.querySelectorAll('main *')].filter((one) => !one.closest('.scroll') && one.checkVisibility()
                && one.getBoundingClientRect().right > width + 1).map((one) => `${one.tagName} ${one.className}`)]''')
        d.assert_equal(wide, [0, 0, []])


@page()
def every_control_can_be_reached_by_keyboard_and_has_a_name(browser, daemon):
    controls = browser.run('''return [...document.querySelectorAll('button, a, input, select, summary')]
        .filter((one) => one.checkVisibility()).length''')
    seen = set()
    for _ in range(controls + 2):
        browser.press(TAB)
        seen.add(browser.run('''const one = document.activeElement;
            return one.id || one.textContent.trim() || one.tagName'''))
    for name in ('try-model', 'try-file', 'convert-directory', 'convert-archive', 'Clear'):
        assert name in seen, (name, seen)
    tree = browser.chrome('Accessibility.getFullAXTree')['nodes']
    roles = {'button', 'textbox', 'combobox', 'DisclosureTriangle', 'img', 'image'}
    nameless = [node['role']['value'] for node in tree if not node.get('ignored') and
                node.get('role', {}).get('value') in roles and not node.get('name', {}).get('value')]
    d.assert_equal(nameless, [])


FOCUS = '''const one = document.activeElement, style = getComputedStyle(one);
    const label = one.matches('.hidden-input') ? one.closest('.drop-text, label') ?? one.nextElementSibling : one;
    const box = (label.checkVisibility() ? label : one).getBoundingClientRect();
    const outlined = [one, label].some((it) => getComputedStyle(it).outlineStyle === 'solid') ||
      one.closest('.drop')?.matches(':focus-within') && one.id === 'try-file';
    return [one.id || one.textContent.trim(), one === document.body, Math.round(box.top + scrollY), outlined,
      box.bottom > 0 && box.top < innerHeight]'''


@page()
def focus_is_seen_and_goes_from_top_to_bottom(browser, daemon):
    browser.click('#model-digits summary')
    browser.run('document.activeElement.blur(); window.scrollTo(0, 0)')
    stops = []
    while True:
        browser.press(TAB)
        name, is_over, top, outlined, on_screen = browser.run(FOCUS)
        if is_over:
            break
        assert outlined and on_screen, (name, top, outlined, on_screen)
        stops.append((name, top))
        assert len(stops) < 50, stops
    assert len(stops) > 10, stops
    # Those in one row begin at one height, but for a hidden one.
    assert all(after[1] > before[1] - 30 for before, after in zip(stops, stops[1:])), stops


def focused(browser):
    return browser.run('return document.activeElement.id || document.activeElement.textContent.trim().slice(0, 60)')


@page(models=('digits', OTHER))
def focus_stays_where_the_page_changes(browser, daemon):
    row = f'#model-{OTHER}'
    press = functools.partial(press_button, browser, row)
    browser.run('document.querySelector(`${arguments[0]} summary`).focus()', row)
    browser.press(ENTER)
    browser.wait('the row', lambda: browser.is_shown(f'{row} table'))
    press('Where the time goes')
    browser.wait('the ops', lambda: browser.count(f'{row} .profile .bars') and
                 not browser.count(f'{row} [aria-disabled]'))
    d.assert_equal(focused(browser), 'Where the time goes')
    # A model that comes in elsewhere moves the rows.
    d.assert_equal(daemon.curl('/models/between', '-T', str(d.nb('conv_bn'))).status, 200)
    browser.wait('another row', lambda: browser.count('details.model') == 3)
    d.assert_equal(focused(browser), 'Where the time goes')
    summary = f'return document.activeElement.matches("{row} > summary")'
    press('Unload')
    browser.wait('unloaded', lambda: 'unloaded' in browser.text(row))
    assert browser.run(summary), focused(browser)
    press('Load')
    browser.wait('loaded', lambda: 'ready' in browser.text(row))
    assert browser.run(summary), focused(browser)
    press('Delete…')
    press('Delete')
    browser.wait('deleted', lambda: not browser.count(row))
    assert browser.run('return document.activeElement.matches("#models summary")'), focused(browser)


@page()
def focus_goes_with_a_conversion(browser, daemon):
    browser.drop('#convert-drop', d.DIGITS)
    browser.wait('the form', lambda: browser.is_shown('#convert-name'))
    d.assert_equal(focused(browser), 'convert-name')
    browser.press(ENTER)
    d.assert_equal(converted(browser), 'is in service')
    assert browser.run('return document.activeElement.matches(".job")'), focused(browser)
    browser.press(TAB)
    d.assert_equal(focused(browser), 'Report')


@page()
def fields_can_be_told_from_their_ground(browser, daemon):
    browser.run('document.querySelector("#convert-name").closest("form").hidden = false')
    for scheme in ('light', 'dark'):
        browser.colours(scheme)
        d.assert_equal(browser.run(FAINT_FIELDS), [])


@page(size=PHONE)
def wide_tables_are_moved_by_keyboard(browser, daemon):
    stops = '''return [...document.querySelectorAll('.scroll')].filter((one) => one.checkVisibility())
        .map((one) => [one.scrollWidth > one.clientWidth, one.tabIndex === 0, one.getAttribute('aria-label') !== ''])'''
    browser.click('#model-digits summary')
    profile(browser, 'digits')
    browser.run('for (const one of document.querySelectorAll("details")) one.open = true')
    browser.wait('one that is wide', lambda: any(wide and stop for wide, stop, _ in browser.run(stops)) and
                 all(wide == stop and named for wide, stop, named in browser.run(stops)))
    browser.run('[...document.querySelectorAll(".scroll")].find((one) => one.tabIndex === 0).focus()')
    browser.press('\ue014')  # the arrow to the right
    browser.wait('it has moved', lambda: browser.run('return document.activeElement.scrollLeft') > 0)
    browser.resize(*DESKTOP)
    browser.wait('room', lambda: all(wide == stop for wide, stop, _ in browser.run(stops)))


@page()
def nothing_moves_for_who_wants_it_so(browser, daemon):
    moving = '''return [...document.querySelectorAll('*')].filter((one) => { const style = getComputedStyle(one);
        return style.transitionDuration.split(', ').some((time) => time !== '0s') && style.transitionProperty !== 'none' ||
          style.animationName !== 'none'; }).length'''
    assert browser.run(moving) > 0
    browser.prefer('reduced-motion', 'reduce')
    d.assert_equal(browser.run(moving), 0)


@page()
def nothing_is_asked_while_nobody_looks(browser, daemon):
    asked = 'return performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/metrics")).length'
    browser.wait('polls', lambda: browser.run(asked) >= 2)
    browser.run('''Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })''')
    before = browser.run(asked)
    # Three turns of a page that goes on asking; one may have been under way.
    browser.ask('POST', '/execute/async', {'script': 'setTimeout(arguments[0], 3000)', 'args': []})
    assert browser.run(asked) <= before + 1
    browser.run('''delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))''')
    browser.wait('polls again', lambda: browser.run(asked) >= before + 2)


def main():
    global browser
    browser = webdriver.Browser()
    try:
        return d.main()
    finally:
        browser.close()


if __name__ == '__main__':
    sys.exit(main())
