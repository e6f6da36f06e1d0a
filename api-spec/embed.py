"""Makes a C string of openapi.yaml, as JSON: embed.py openapi.yaml OUT.c

Reads the part of YAML that the document is written in, and refuses all else: mappings and lists in
block form, scalars, and flow forms ([a, b], {a: b}) on one line.
"""

import json
import re
import sys

KEY = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s"\[{&*!|>%@`,#-][^:#]*?):(?:\s+(.*))?$')
NUMBER = re.compile(r'-?(0|[1-9]\d*)(\.\d+)?$')
TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"][^\[\]{},:"]*)')


def scalar(text):
    text = text.strip()
    if text.startswith('"'):
        return json.loads(text)
    if text in ('true', 'false', 'null'):
        return {'true': True, 'false': False, 'null': None}[text]
    if NUMBER.match(text):
        return json.loads(text)
    if not text or text[0] in '\'&*!|>%@`' or ': ' in text or ' #' in text:
        raise ValueError(f'quote this: {text}')
    return text


def flow(tokens):
    token = tokens.pop(0)
    if token == '[':
        items = []
        while tokens[0] != ']':
            items.append(flow(tokens))
            if tokens[0] == ',':
                tokens.pop(0)
        tokens.pop(0)
        return items
    if token == '{':
        pairs = {}
        while tokens[0] != '}':
            key = scalar(tokens.pop(0))
            if tokens.pop(0) != ':' or key in pairs:
                raise ValueError(f'bad key {key}')
            pairs[key] = flow(tokens)
            if tokens[0] == ',':
                tokens.pop(0)
        tokens.pop(0)
        return pairs
    return scalar(token)


def value(text):
    if not text.startswith(('[', '{')):
        return scalar(text)
    tokens = TOKEN.findall(text)
    result = flow(tokens)
    if tokens:
        raise ValueError(f'what is {tokens} for?')
    return result


def block(lines, indent):
    """The block that begins at lines[0], which is a list of [indent, text, number]."""
    is_list = lines[0][1].startswith('- ')
    result = [] if is_list else {}
    while lines and lines[0][0] == indent and lines[0][1].startswith('- ') == is_list:
        if is_list:  # "- a: 1" is a mapping that begins where a is
            text = lines[0][1][2:].lstrip()
            inner = indent + len(lines[0][1]) - len(text)
            lines[0] = [inner, text, lines[0][2]]
            if KEY.match(text):
                result.append(block(lines, inner))
            else:
                result.append(value(lines.pop(0)[1]))
            continue
        match = KEY.match(lines.pop(0)[1])
        if not match:
            raise ValueError('neither a key nor an item')
        key = str(scalar(match[1]))
        if key in result:
            raise ValueError(f'{key} is there twice')
        deeper = lines and (lines[0][0] > indent or lines[0][0] == indent and lines[0][1][:2] == '- ')
        if match[2]:
            result[key] = value(match[2])
        else:
            result[key] = block(lines, lines[0][0]) if deeper else None
    return result


def load(text):
    lines = [[len(line) - len(line.lstrip(' ')), line.strip(), number]
             for number, line in enumerate(text.split('\n'), 1)
             if line.strip() and not line.lstrip().startswith('#')]
    rest = list(lines)
    try:
        result = block(rest, 0)
        if rest:
            raise ValueError('bad indentation')
    except (ValueError, IndexError) as error:
        number = rest[0][2] if rest else lines[-1][2]
        raise SystemExit(f'openapi.yaml, at or before line {number}: {error}') from None
    return result


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        text = json.dumps(load(file.read()), indent=1) + '\n'  # ASCII
    with open(sys.argv[2], 'w', encoding='utf-8') as out:
        out.write('// Made from openapi.yaml.\nextern const char cay_openapi_json[];\n')
        out.write('const char cay_openapi_json[] =')
        for line in text.splitlines(keepends=True):
            out.write('\n\t' + json.dumps(line).replace('??', '?\\?'))
        out.write(';\n')


if __name__ == '__main__':
    main()
