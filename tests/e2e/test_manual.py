"""The manual pages and the settings that come with the package say what the help texts say."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

WRAPPER = shlex.split(os.environ.get('MESON_EXE_WRAPPER', ''))
CAYUCOD, CAYUCO, ROOT = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
FORMS = {'convert DIR': ['convert', '--to=x'], 'bench --model': ['bench', '--model=x']}


def help_of(program, *args):
    run = subprocess.run([*WRAPPER, program, *args, '--help'], capture_output=True, check=True, timeout=60)
    return run.stdout.decode()


def page(name):
    """A manual page without the fonts and the escapes."""
    text = (ROOT / 'docs' / name).read_text()
    return re.sub(r'\\f[BIRP]', '', text).replace('\\-', '-')


def options_in_help(text):
    """What stands behind the first blank line, up to what is refused."""
    rows = text.split('\n\n', 1)[1].split('\nNot supported', 1)[0]
    return re.findall(r'^  (?:(?:-\w, )?(--[\w-]+(?:=\S+)?)) ', rows, re.M)


def options_in_page(text):
    return re.findall(r'^(?:-\w, )?(--[\w-]+(?:=\S+)?)$', text, re.M)


def commands_in_page(text):
    """{'run MODEL -i INPUT -o FILE': its text}"""
    parts = re.split(r'^\.SS "?(.*?)"?$', text.split('.SH COMMANDS\n')[1].split('.SH COMMON OPTIONS')[0], flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def words_of(title):
    """The command line whose help a section is about."""
    return next((words for form, words in FORMS.items() if title.startswith(form)), title.split()[:1])


def each_command_has_its_section_and_each_option_its_line():
    text = page('cayuco.1')
    common = set(options_in_page(text.split('.SH COMMON OPTIONS')[1].split('.SH ENVIRONMENT')[0]))
    sections = commands_in_page(text)
    listed = set(re.findall(r'^  ([a-z]+) ', help_of(CAYUCO), re.M)) - {'cayuco', 'opt'}
    described = {title.split()[0] for title in sections}
    assert described == listed, f'without a section, or without a command: {described ^ listed}'
    used = set()
    for title, section in sections.items():
        shown = options_in_help(help_of(CAYUCO, *words_of(title)))
        assert shown, title
        used |= set(shown) & common
        own = [option for option in shown if option not in common]
        assert options_in_page(section) == own, f'{title}: {options_in_page(section)}, help has {own}'
    assert used == common, f'no command has {common - used}'


def settings_in_help():
    """{name: default or None} of what can stand in the file, in the order of the help text."""
    rows = re.findall(r'^  --(\w+) +(.*)$', help_of(CAYUCOD), re.M)
    return {name: (re.findall(r' \[(.*)\]$', text) or [None])[0] for name, text in rows
            if name not in ('config', 'version', 'help')}


def each_setting_is_in_cayuco_conf_5_with_its_default():
    text = page('cayuco.conf.5').split('.SH KEYS')[1].split('\n.SH')[0]
    entries = re.findall(r'^\.TP\n\.B (\w+)\n(.*?)(?=^\.TP|\Z)', text, re.M | re.S)
    settings = settings_in_help()
    named = [name for name, _ in entries]
    assert set(named) == set(settings), f'without an entry, or without a setting: {set(named) ^ set(settings)}'
    assert named == list(settings), f'in another order than the help text: {named}'
    for name, entry in entries:
        assert settings[name] is None or f'[{settings[name]}]' in entry, (name, settings[name], entry)


def the_package_s_settings_are_the_defaults():
    settings = settings_in_help()
    lines = re.findall(r'^#(\w+) = (.*)$', (ROOT / 'systemd/cayuco.conf').read_text(), re.M)
    assert lines
    for name, value in lines:
        assert settings[name] == value, (name, value, settings[name])


def variables_are_those_that_the_page_names():
    text = page('cayuco.1')
    named = set(re.findall(r'CAYUCO_[A-Z_]+', text))
    shown = {name for command in ('run', 'status') for name in re.findall(r'CAYUCO_[A-Z_]+', help_of(CAYUCO, command))}
    assert named == shown, (named, shown)


def main():
    cases = [each_command_has_its_section_and_each_option_its_line, each_setting_is_in_cayuco_conf_5_with_its_default,
             the_package_s_settings_are_the_defaults, variables_are_those_that_the_page_names]
    failed = 0
    for case in cases:
        try:
            case()
            print(f'ok: {case.__name__}')
        except AssertionError as error:
            failed += 1
            print(f'FAIL: {case.__name__}: {error}')
    print(f'{len(cases) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
