"""Makes a C table of the page's files, each as it is and gzipped: embed.py OUT.c FILE..."""

import gzip
import hashlib
import pathlib
import sys

TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.svg': 'image/svg+xml',
}
WEB = pathlib.Path(__file__).resolve().parent


def c_array(name, data):
    rows = (data[i:i + 24] for i in range(0, len(data), 24))
    return (f'static const uint8_t {name}[] = {{\n'
            + ''.join('\t' + ', '.join(map(str, row)) + ',\n' for row in rows) + '};\n')


def main():
    arrays, entries = [], []
    for number, path in enumerate(map(pathlib.Path, sys.argv[2:])):
        folder = ''.join(f'{part}/' for part in path.resolve().parent.relative_to(WEB).parts)
        plain = path.read_bytes()
        packed = gzip.compress(plain, 9, mtime=0)
        arrays += [c_array(f'plain_{number}', plain), c_array(f'packed_{number}', packed)]
        # A weak tag: it is the same for both forms.
        tag = f'W/\\"{hashlib.sha256(plain).hexdigest()[:16]}\\"'
        entries.append(f'\t{{"{folder}", "{path.name}", "{TYPES[path.suffix]}", "{tag}",\n'
                       f'\t {{plain_{number}, sizeof(plain_{number})}},\n'
                       f'\t {{packed_{number}, sizeof(packed_{number})}}}},\n')
    with open(sys.argv[1], 'w', encoding='utf-8') as out:
        out.write('// Made from the files in web/.\n#include "daemon/page.h"\n\n')
        out.write('\n'.join(arrays))
        out.write('\nconst struct cay_page_file cay_page_files[] = {\n' + ''.join(entries) + '};\n')
        out.write(f'const size_t cay_page_file_count = {len(entries)};\n')


if __name__ == '__main__':
    main()
