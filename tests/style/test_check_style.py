"""The style check on a tree that breaks its rules: a check that cannot fail checks nothing."""

import argparse
import pathlib
import shutil
import sys

import check_style

FIXTURE = pathlib.Path(__file__).parent / 'fixture'


def cases(build, nm):
    """Name, what was found, what should have been."""
    yield 'a wrong include is found', check_style.check_includes(FIXTURE), [
        'common/bad.c:3: common may not include engine',
        'common/bad.c:4: "bad.h" is not a path from the root',
        'common/bad.c:6: <gmp.h> is no header of libc',
        'common/bad.c:7: jansson.h belongs to daemon/ and cli/client/ alone',
        'daemon/app.h:4: daemon may not include cli',
    ]
    yield 'a wrong layout is found', check_style.check_layout(FIXTURE), [
        'common/bad.c:11: 102 columns',
        'common/bad.h:1: the first line says the job of the file: // What it does.',
        'common/bad.h: no guard CAY_COMMON_BAD_H',
        'common/bad.h:1: blanks at the end',
    ]
    yield 'a symbol without prefix is found', check_style.check_symbols(build, nm), [
        'libbad.a: symbol bad_prefix does not begin with cay_',
    ]
    circle, = check_style.check_circles(build, nm)
    yield 'two files that need each other are found', sorted(set(circle.split(' is needed by '))), [
        'libbad.a: fixture_circle.c', 'libbad.a: fixture_symbols.c',
    ]
    yield 'a build without libraries is found', check_style.check_symbols(FIXTURE, nm), [
        f'{FIXTURE}: no static libraries',
    ]
    if shutil.which('clang-format-14'):
        yield 'a line not as clang-format has it is found', check_style.check_format(FIXTURE), [
            'common/bad.c:11:92: not as clang-format has it',
            'common/bad.c:15:2: not as clang-format has it',
            'common/bad.h:1:7: not as clang-format has it',
        ]
    yield 'a test that is named and not there is found', check_style.check_named_tests(FIXTURE), [
        'docs/tests.md:4: no test a_test_that_never_was',
    ]
    lines = (FIXTURE / 'common/bad.c').read_text().split('\n')
    yield 'functions are measured', check_style.function_lengths(lines), [3, 3]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', type=pathlib.Path, required=True)
    parser.add_argument('--nm', default='nm')
    args = parser.parse_args()
    passed = failed = 0
    for name, found, wanted in cases(args.build, args.nm):
        good = found == wanted
        passed, failed = passed + good, failed + (not good)
        print(f'{"ok" if good else "FAIL"}: {name}')
        if not good:
            print('  found: ', *found, sep='\n    ')
            print('  wanted:', *wanted, sep='\n    ')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
