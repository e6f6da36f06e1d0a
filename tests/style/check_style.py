"""House rules that a program can check: who includes whom, symbol prefixes, layout; and figures."""

import argparse
import graphlib
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

# folder: the folders it may include besides itself. Tests may include anything.
MAY_INCLUDE = {
    'common': [],
    'kernels': [],
    'board': ['common'],
    'nb': ['common'],
    'engine': ['common', 'nb', 'kernels'],
    'converter': ['common', 'nb'],
    'daemon': ['common', 'board', 'nb', 'kernels', 'engine', 'converter'],
    'cli': ['common', 'board', 'nb', 'kernels', 'engine', 'converter'],
}
# A library's header: the only places (files or folders) that may include it.
ONLY_IN = {
    'microhttpd.h': 'daemon/http/',
    'framework.pb-c.h': 'converter/paddle/program',
    'protobuf-c/protobuf-c.h': 'converter/paddle/program',
    'archive.h': 'daemon/',
    'zlib.h': 'daemon/',
    'archive_entry.h': 'daemon/',
    'jansson.h': ('daemon/', 'cli/client/'),
    'curl/curl.h': 'cli/client/http.c',
    'ini.h': 'daemon/',
    'jerror.h': 'daemon/pictures/jpeg.c',
    'jpeglib.h': 'daemon/pictures/jpeg.c',
    'linux/landlock.h': 'daemon/conversion/sandbox.c',
    'seccomp.h': 'daemon/conversion/sandbox.c',
    'spng.h': 'daemon/pictures/png.c',
    'systemd/sd-journal.h': 'daemon/journal.c',
    'arm_neon.h': ('kernels/', 'daemon/json/vectors.h'),
    'immintrin.h': ('kernels/', 'daemon/http/copy.c', 'daemon/json/vectors.h'),
}
LIBC = re.compile(
    r'(arpa|linux|net|netinet|sys)/\w+\.h|(assert|ctype|dirent|dlfcn|errno|fcntl|fenv|float|fts|ftw|getopt|'
    r'glob|grp|inttypes|limits|locale|malloc|math|netdb|poll|pthread|pwd|sched|semaphore|setjmp|'
    r'signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|'
    r'strings|time|unistd|wchar)\.h')
PREFIX = re.compile(r'cay_|paddle__|__odr_asan\.')  # protobuf-c's and ASan's own
COLUMNS = 100
TAB = 8


def c_files(root):
    folders = [root / name for name in [*MAY_INCLUDE, 'include', 'tests']]
    files = [f for folder in folders if folder.is_dir() for f in sorted(folder.rglob('*'))]
    return [f for f in files if f.suffix in ('.c', '.h', '.def') and
            'fixture' not in f.relative_to(root).parts]


def check_include(name, system, folder, root):
    """What is wrong with one #include of the file `name`, or None."""
    if system in ONLY_IN or folder in ONLY_IN:
        place = ONLY_IN[system or folder]
        places = place if isinstance(place, tuple) else (place,)
        return None if name.startswith(places) else \
            f'{system or folder} belongs to {" and ".join(places)} alone'
    if system:
        return None if LIBC.fullmatch(system) else f'<{system}> is no header of libc'
    own, target = name.split('/')[0], folder.split('/')[0]
    if not (root / folder).is_file():
        return f'"{folder}" is not a path from the root'
    if target != own and target not in MAY_INCLUDE[own]:
        return f'{own} may not include {target}'
    return None


def check_includes(root):
    found = []
    for file in c_files(root):
        name = file.relative_to(root).as_posix()
        if name.split('/')[0] not in MAY_INCLUDE:
            continue
        for number, line in enumerate(file.read_text().split('\n'), 1):
            match = re.match(r'\s*#\s*include\s+(?:<([^>]+)>|"([^"]+)")', line)
            why = match and check_include(name, match[1], match[2], root)
            if why:
                found.append(f'{name}:{number}: {why}')
    return found


def check_layout(root):
    found = []
    for file in c_files(root):
        name = file.relative_to(root).as_posix()
        lines = file.read_text().split('\n')
        if not lines[0].startswith('// ') or not (lines[0].endswith('.') or
                                                  lines[1].startswith('//')):
            found.append(f'{name}:1: the first line says the job of the file: // What it does.')
        guard = 'CAY_' + re.sub(r'\W', '_', name).upper()
        if file.suffix == '.h' and not {f'#ifndef {guard}', f'#define {guard}'} <= set(lines):
            found.append(f'{name}: no guard {guard}')
        for number, line in enumerate(lines, 1):
            if len(line.expandtabs(TAB)) > COLUMNS:
                found.append(f'{name}:{number}: {len(line.expandtabs(TAB))} columns')
            if line != line.rstrip():
                found.append(f'{name}:{number}: blanks at the end')
    return found


def check_format(root):
    tool = shutil.which('clang-format-14') or shutil.which('clang-format')
    version = tool and subprocess.run([tool, '--version'], capture_output=True, text=True).stdout
    if not version or ' version 14.' not in version:
        print('clang-format 14 is not installed: layout is not compared with it')
        return []
    files = [str(f) for f in c_files(root) if f.suffix != '.def']
    run = subprocess.run([tool, '--dry-run', '--Werror', '--style=file', *files], cwd=root,
                         capture_output=True, text=True)
    places = [line.split(': error')[0] for line in run.stderr.split('\n') if ': error' in line]
    return [f'{pathlib.Path(p).relative_to(root)}: not as clang-format has it' for p in places]


def read_symbols(build, nm):
    """(library, object, symbol, is it defined there) of the static libraries; the tests' own are theirs."""
    rows = []
    for library in sorted(build.rglob('lib*.a')):
        if 'tests' in library.relative_to(build).parts:
            continue
        run = subprocess.run([nm, '--extern-only', '--format=posix', str(library)],
                             capture_output=True, text=True, check=True)
        for line in run.stdout.split('\n'):
            if line.endswith(']:'):  # lib.a[folder/lib.a.p/folder_file.c.o]:
                member = line[line.rindex('[') + 1:-2].split('/')[-1].removesuffix('.o')
            elif line:
                symbol, kind = line.split(' ')[:2]
                rows.append((library.name, member, symbol, kind not in 'Uvw'))
    return rows


def check_symbols(build, nm):
    rows = read_symbols(build, nm)
    return [f'{library}: symbol {symbol} does not begin with cay_' for library, _, symbol, is_defined in rows
            if is_defined and not PREFIX.match(symbol)] if rows else [f'{build}: no static libraries']


def check_circles(build, nm):
    """Files that need each other: none of them could be read, tested or changed without the other."""
    rows = read_symbols(build, nm)
    owner = {symbol: (library, file) for library, file, symbol, is_defined in rows if is_defined}
    needs = {}
    for library, file, symbol, _ in rows:
        needs.setdefault((library, file), set()).add(owner.get(symbol, (library, file)))
    try:
        graphlib.TopologicalSorter({file: others - {file} for file, others in needs.items()}).prepare()
    except graphlib.CycleError as error:
        return [' is needed by '.join(f'{library}: {file}' for library, file in error.args[1])]
    return []


def check_named_tests(root):
    """Tests that the last column of a table in docs/ names, if that is called test."""
    tests = '\n'.join(f.read_text() for f in (root / 'tests').rglob('test_*') if f.suffix in ('.c', '.py'))
    known = set(re.findall(r'^(?:def |START_TEST\()(\w+)', tests, re.M))
    found = []
    for file in sorted((root / 'docs').glob('*.md')):
        in_table = False
        for number, line in enumerate(file.read_text().split('\n'), 1):
            in_table = line.startswith('|') and (in_table or line.endswith('| test |'))
            named = re.findall(r'`(\w+)`', line.rstrip('| ').split('|')[-1]) if in_table else []
            found += [f'docs/{file.name}:{number}: no test {name}' for name in named if name not in known]
    return found


def check_usage(root):
    """What scripts/ has says how it is used, and begins no work when it is asked with --help."""
    return [f'scripts/{file.name}: no usage' for file in sorted((root / 'scripts').iterdir())
            if file.is_file() and os.access(file, os.X_OK) and not re.search('usage:|argparse', file.read_text())]


def function_lengths(lines):
    """Lines from the brace in column 0 to its end; only functions open one there."""
    lengths, start = [], None
    for number, line in enumerate(lines):
        if line == '{':
            start = number
        elif line.startswith('}') and start is not None:
            lengths.append(number - start + 1)
            start = None
    return lengths


def spread(values):
    values = sorted(values) or [0]
    return (f'median {statistics.median(values):g}, p95 {values[(len(values) * 95 - 1) // 100]}, '
            f'max {values[-1]}')


def print_figures(root):
    code = [f for f in c_files(root) if f.relative_to(root).parts[0] != 'tests']
    tests = [f for f in c_files(root) if f.relative_to(root).parts[0] == 'tests']
    lines = {f: f.read_text().rstrip('\n').split('\n') for f in code + tests}
    sizes = {suffix: [len(lines[f]) for f in code if f.suffix == suffix] for suffix in ('.c', '.h')}
    filled = [line for f in code for line in lines[f] if line.strip()]
    total, tested = (sum(len(lines[f]) for f in group) for group in (code, tests))
    print('functions:', spread([n for f in code for n in function_lengths(lines[f])]), 'lines')
    print('.c files: ', spread(sizes['.c']), 'lines')
    print('headers:  ', spread(sizes['.h']), 'lines')
    print(f'comments:  {100 * sum("//" in line for line in filled) / max(len(filled), 1):.1f} %')
    print(f'tests:     {100 * tested / max(total, 1):.0f} % of {total} lines of source')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--root', type=pathlib.Path, required=True)
    parser.add_argument('--build', type=pathlib.Path, required=True)
    parser.add_argument('--nm', default='nm')
    args = parser.parse_args()
    root = args.root.resolve()
    checks = {
        'who includes whom': check_includes(root),
        'symbols begin with cay_': check_symbols(args.build, args.nm),
        'no two files need each other': check_circles(args.build, args.nm),
        'first lines, guards, columns': check_layout(root),
        'clang-format': check_format(root),
        'tests that documents name': check_named_tests(root),
        'scripts that say how they are used': check_usage(root),
    }
    for name, found in checks.items():
        print(f'{"FAIL" if found else "ok"}: {name}', *found, sep='\n  ')
    print_figures(root)
    failed = sum(1 for found in checks.values() if found)
    print(f'{len(checks) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
