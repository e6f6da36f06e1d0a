"""The page at / and its files: types, caching, compression, and that nothing comes from elsewhere."""

import gzip
import pathlib
import posixpath
import re
import sys

from support import daemon as d
from support.daemon import case

WEB = pathlib.Path(d.ROOT) / 'web'
TYPES = {'.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8',
         '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml'}
FILES = {f.relative_to(WEB).as_posix(): f for f in sorted(WEB.rglob('*')) if f.suffix in TYPES}
# Names of XML languages, which nobody fetches.
NAMESPACES = {'http://www.w3.org/2000/svg'}


def policy(reply):
    """The directives of the Content-Security-Policy."""
    directives = (part.strip().partition(' ') for part in
                  reply.headers['content-security-policy'].split(';'))
    return {name: value for name, _, value in directives}


@case(models=())
def the_page_is_at_the_root(daemon):
    reply = daemon.curl('/')
    d.assert_equal((reply.status, reply.headers['content-type']), (200, TYPES['.html']))
    d.assert_equal(reply.body, (WEB / 'index.html').read_bytes())
    d.assert_equal(daemon.curl('/', '-I').status, 200)
    daemon.curl('/', '-X', 'POST').error(405)


@case(models=())
def every_file_is_served_as_what_it_is(daemon):
    assert len(FILES) > 10
    for name, file in FILES.items():
        reply = daemon.curl(f'/web/{name}')
        d.assert_equal((name, reply.status), (name, 200))
        d.assert_equal(reply.headers['content-type'], TYPES[file.suffix])
        d.assert_equal(reply.headers['x-content-type-options'], 'nosniff')
        assert reply.body == file.read_bytes(), name
        d.assert_equal(policy(reply), policy(daemon.curl('/')))


@case(models=())
def no_script_nor_style_is_inline_or_from_elsewhere(daemon):
    rules = policy(daemon.curl('/'))
    d.assert_equal(rules['default-src'], "'none'")
    for kind in ('script-src', 'style-src', 'connect-src'):
        d.assert_equal(rules[kind], "'self'")
    d.assert_equal(rules['frame-ancestors'], "'none'")
    d.assert_equal(rules['require-trusted-types-for'], "'script'")
    for file in FILES.values():
        text = file.read_text()
        d.assert_equal((file.name, set(re.findall(r'https?://[^\s"\'`>]*', text)) - NAMESPACES),
                       (file.name, set()))
        assert not re.search(r'(?:src|href|url\(|from |import\()\s*=?\s*["\']?//', text), file.name
        assert not re.search(r'\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval)\b',
                             text), file.name
    page = (WEB / 'index.html').read_text()
    assert not re.search(r'<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)', page)


@case(models=())
def the_page_and_its_modules_name_only_files_that_there_are(daemon):
    used = {'index.html'}
    for name, file in FILES.items():
        text = file.read_text()
        used |= set(re.findall(r'(?:src|href)="web/([^"]+)"', text))
        used |= {posixpath.normpath(posixpath.join(posixpath.dirname(name), imported))
                 for imported in re.findall(r"from '(\.[^']+)'", text)}
    d.assert_equal(used, set(FILES))


@case(models=())
def what_a_browser_has_is_not_sent_again(daemon):
    first = daemon.curl('/web/main.js')
    tag = first.headers['etag']
    d.assert_equal(first.headers['cache-control'], 'no-cache')
    for sent in (tag, f'"other", {tag}'):
        again = daemon.curl('/web/main.js', '-H', f'If-None-Match: {sent}')
        d.assert_equal((again.status, again.body, again.headers['etag']), (304, b'', tag))
    d.assert_equal(daemon.curl('/web/main.js', '-H', 'If-None-Match: "other"').status, 200)
    tags = {daemon.curl(f'/web/{name}').headers['etag'] for name in FILES}
    d.assert_equal(len(tags), len(FILES))


@case(models=())
def who_takes_gzip_gets_it(daemon):
    plain = daemon.curl('/web/main.js')
    assert 'content-encoding' not in plain.headers
    for accepted in ('gzip', 'br, GZIP;q=0.5', 'deflate, gzip'):
        packed = daemon.curl('/web/main.js', '-H', f'Accept-Encoding: {accepted}')
        d.assert_equal(packed.headers['content-encoding'], 'gzip')
        d.assert_equal(packed.headers['vary'], 'Accept-Encoding')
        assert len(packed.body) < len(plain.body)
        d.assert_equal(gzip.decompress(packed.body), plain.body)
    for refused in ('gzip;q=0', 'identity', 'gzip; q=0.0', 'br'):
        reply = daemon.curl('/web/main.js', '-H', f'Accept-Encoding: {refused}')
        d.assert_equal(reply.body, plain.body)


@case(models=())
def what_is_no_file_of_the_page_is_not_found(daemon):
    for path in ('/web/', '/web/embed.py', '/web/..%2fmain.js', '/web/%2e%2e', '/web/none.js', '/web/try.js',
                 '/web/panels/', '/web/panels/main.js', '/web/panels%2ftry.js', '/web/panels/..%2fmain.js'):
        daemon.curl(path, '--path-as-is').error(404)


@case(models=())
def files_can_be_read_and_say_their_job(daemon):
    starts = {'.js': '// ', '.css': '/* ', '.svg': '<!-- ', '.html': '<!doctype html>'}
    for file in FILES.values():
        lines = file.read_text().split('\n')
        assert lines[0].startswith(starts[file.suffix]), file.name
        assert len(lines) <= 300, f'{file.name}: {len(lines)} lines'


@case('--hosts=board')
def the_board_tells_what_it_is(daemon):
    board = daemon.curl('/board').json()
    cpus = sum(cluster['cpus'] for cluster in board['clusters'])
    assert cpus >= 1 and board['memory']['total'] > board['memory']['available'] > 0, board
    assert 0 <= board['uptime'] < d.PATIENCE
    d.assert_equal(daemon.curl('/board', '-H', 'Host: board').status, 200)
    daemon.curl('/board', '-H', 'Host: elsewhere').error(403)


@case('--cpu=ref', models=())
def a_board_whose_kernels_are_capped_says_so(daemon):
    d.assert_equal(daemon.curl('/board').json()['kernels'], 'ref')


if __name__ == '__main__':
    sys.exit(d.main())
