"""Uploads that are broken or mean harm: each gets its error, leaves nothing, and the daemon goes on."""

import gzip
import io
import os
import resource
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import zipfile

from support import daemon as d
from support.converting import (answer, assert_clean, failure, model_files, post, post_form, tar,
                                workspaces, zipped)
from support.daemon import DATA, case


def tar_entry(name, **attributes):
    """The digits' model, and an entry that has these attributes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.GNU_FORMAT) as archive:
        for file, data in model_files().items():
            info = tarfile.TarInfo(file)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        info = tarfile.TarInfo(name)
        for key, value in attributes.items():
            setattr(info, key, value)
        archive.addfile(info)
    return out.getvalue()


def zip_entry(name, data=b'x', mode=0o644):
    out = io.BytesIO(zipped(model_files()))
    with zipfile.ZipFile(out, 'a') as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, data)
    return out.getvalue()


def damaged(data, mark):
    at = data.index(mark)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def encrypted(data):
    """A zip whose first file says that it is encrypted."""
    local, central = data.index(b'PK\3\4'), data.index(b'PK\1\2')
    data = bytearray(data)
    data[local + 6] |= 1
    data[central + 8] |= 1
    return bytes(data)


@case()
def archives_that_reach_out_are_refused(daemon):
    weights = model_files()['__params__']
    bodies = {
        "'../x': the path has a '..' in it": [tar_entry('../x'), zip_entry('../x')],
        "'m/../../x': the path has a '..' in it": [tar_entry('m/../../x'), zip_entry('m/../../x')],
        "'/tmp/x': the path is absolute": [tar_entry('/tmp/x'), zip_entry('/tmp/x')],
        "'x': is a symbolic link": [tar_entry('x', type=tarfile.SYMTYPE, linkname='/etc/passwd'),
                                    zip_entry('x', b'/etc/passwd', stat.S_IFLNK | 0o777)],
        "'x': is a hard link": [tar_entry('x', type=tarfile.LNKTYPE, linkname='/etc/passwd')],
        "'x': is not a file": [tar_entry('x', type=tarfile.CHRTYPE, devmajor=1, devminor=3),
                               tar_entry('x', type=tarfile.BLKTYPE, devmajor=8),
                               tar_entry('x', type=tarfile.FIFOTYPE)],
        "'__model__': is there twice": [tar_entry('__model__'), tar_entry('./__model__'),
                                        zip_entry('__model__')],
        "'__model__': is encrypted": [encrypted(zipped(model_files()))],
        'bad CRC': [damaged(zipped(model_files(), 0), weights[-8:])],
        'bad gzip data or checksum': [damaged(gzip.compress(tar(model_files()), 0), weights[-8:])],
        'truncated gzip data': [tar(model_files(), 'w:gz')[:-9]],
    }
    for why, archives in bodies.items():
        for body in archives:
            text = failure(post(daemon, 'bad', body), 400)
            assert text.startswith('archive: ') and why in text, text
            assert_clean(daemon, ['digits'])
    d.assert_equal(sorted(p.name for p in daemon.home.iterdir()), ['body', 'log', 'state'])


@case()
def a_setuid_file_and_an_archive_within_are_just_files(daemon):
    for body in (tar_entry('tool', mode=0o4755), zip_entry('inner.zip', zip_entry('../x'))):
        reply = post(daemon, 'good', body)
        d.assert_equal((reply.status, reply.json()['state']), (200, 'done'))
        d.assert_equal(answer(daemon, 'good'), daemon.good_bytes())


@case('--upload_limit=32M')
def archives_that_grow_are_too_large(daemon):
    header = tarfile.TarInfo('__model__')
    header.size = 10 << 30
    zeros = gzip.compress(bytes(1 << 20)) * (10 << 10)  # 10 GiB in 10 MiB
    many = zipped({f'f{i}': b'' for i in range(5000)}, 0)
    directory = tarfile.TarInfo('d')
    directory.type = tarfile.DIRTYPE
    million = gzip.compress(directory.tobuf() * 1000) * 1000  # 10^6 entries
    bodies = {
        'more than 8192 entries': [million],
        'unpacks to more than ': [gzip.compress(header.tobuf()) + zeros,
                                                zipped({'__model__': bytes(40 << 20)})],
        'more than 4096 files': [many, tar({f'f{i}': b'' for i in range(5000)}, 'w:gz')],
    }
    for why, archives in bodies.items():
        for body in archives:
            text = failure(post(daemon, 'bad', body), 413)
            assert why in text, text
            assert_clean(daemon, ['digits'])


@case('--upload_limit=1M')
def uploads_over_the_limit_are_refused_as_they_come(daemon):
    body = bytes(3 << 20)
    for headers in ([], ['Transfer-Encoding: chunked']):
        post(daemon, 'bad', body, *headers).error(413)
        assert_clean(daemon, ['digits'])
    parts = {f'f{i}': bytes(100 << 10) for i in range(12)}
    post_form(daemon, 'bad', parts).error(413)
    assert_clean(daemon, ['digits'])


@case('--upload_files=3')
def forms_with_too_many_files_are_refused(daemon):
    assert 'more than 3 files' in post_form(daemon, 'bad', dict.fromkeys('abcd', b'x')).error(413)
    assert_clean(daemon, ['digits'])


@case()
def names_in_a_form_are_keys_not_paths(daemon):
    for name in ('../x', '/etc/x', 'a/../../x', '..\\x'):
        text = post_form(daemon, 'bad', {**model_files(), name: b'x'}).error(400)
        assert text.startswith('form: '), text
        assert_clean(daemon, ['digits'])
    for name in ('\x1b[31m', 'caf\udce9', '"quoted"', 'x' * 1000):
        reply = post_form(daemon, 'good', {**model_files(), name: b'x'})
        d.assert_equal(reply.status, 200)
    post_form(daemon, 'bad', {**model_files(), 'x' * 2000: b'x'}).error(400)
    text = failure(post_form(daemon, 'bad', {'\x1b[31m.pdmodel': b'x', '\x1b]0;a.pdmodel': b'x'}), 422)
    assert '\x1b' not in text, text
    assert_clean(daemon, ['digits', 'good'])


@case()
def bodies_that_are_no_upload_are_refused(daemon):
    d.assert_equal(failure(post(daemon, 'bad', b'{}'), 415), 'archive: neither tar, tar.gz nor zip')
    failure(post(daemon, 'bad', b'\x1f\x8b' + bytes(100)), 400)
    failure(post(daemon, 'bad', b'PK\3\4' + bytes(100)), 400)
    failure(post(daemon, 'bad', tar({})), 400)
    failure(post_form(daemon, 'bad', {'labels.txt': b'x'}), 400)
    post(daemon, 'bad', b'').error(400)
    post(daemon, 'bad', tar(model_files()), 'Content-Type: image/png').error(415)
    daemon.curl('/convert?name=bad', '-F', 'text=x').error(400)
    daemon.curl('/convert?name=bad', '-H', 'Content-Type: multipart/form-data', '--data-binary',
                'x').error(400)
    text = daemon.curl('/convert?name=bad', '-H', 'Content-Type: multipart/form-data; boundary=bb',
                       '--data-binary', '--bb\r\nContent-Disposition: form-data; name="f"; '
                       'filename="f"\r\n\r\ncut off').error(400)
    assert 'boundary' not in text, text
    assert_clean(daemon, ['digits'])


@case()
def names_of_models_are_checked_before_the_upload(daemon):
    body = tar(model_files())
    for name in ('..', '%2e%2e%2f', 'a/b', 'a%5cb', '', '.', 'x' * 65, 'a%20b', '%c3%a4', '-a'):
        post(daemon, name, body).error(400)
    post(daemon, '', body, query='').error(400)
    daemon.curl('/convert', '--data-binary', 'x').error(400)
    assert_clean(daemon, ['digits'])
    d.assert_equal(post(daemon, 'A-z.0_9', body).status, 200)
    d.assert_equal(post(daemon, 'x' * 64, body).status, 200)


@case()
def clients_that_go_away_leave_nothing(daemon):
    for _ in range(10):  # more than there are places
        with daemon.connect() as sock:
            sock.sendall(b'POST /convert?name=gone HTTP/1.1\r\nHost: localhost\r\n'
                         b'Content-Length: 100000\r\n\r\n' + bytes(50000))
            d.wait_for('upload', lambda: workspaces(daemon))
        d.wait_for('end', lambda: not workspaces(daemon), daemon)
    d.assert_equal(post(daemon, 'here', tar(model_files())).status, 200)


@case()
def parameters_that_do_not_fit_are_refused(daemon):
    combined, separate = model_files(), model_files(DATA / 'mobilenet_v2_1x/model')
    named = model_files(DATA / 'mobilenet_v1_2x/model')
    last = sorted(separate)[-1]
    cases = []
    for files, name in ((combined, '__params__'), (named, 'inference.pdiparams'), (separate, last)):
        data = files[name]
        cases += [{**files, name: change} for change in (
            data[:-1], data[:len(data) // 2], data[:3], b'', data + b'\0', data + data,
            b'\xff' * 4 + data[4:],                           # version
            data[:4] + struct.pack('<Q', 1 << 62) + data[12:],  # levels of detail
            data[:16] + struct.pack('<i', 1 << 30) + data[20:],  # size of the description
        )]
        cases.append({n: b for n, b in files.items() if n != name})
    for files in cases:
        reply = post(daemon, 'bad', tar(files))
        failure(reply, 422)
    assert_clean(daemon, ['digits'])


@case()
def models_that_cannot_be_converted_say_why(daemon):
    good = model_files()
    program = good['__model__']
    for data in (program[:-1], program[:len(program) // 2], b'\xff' * 100, b'', b'\x0a\xff\xff\xff\xff\x0f'):
        failure(post(daemon, 'bad', tar({**good, '__model__': data})), 422)
    failure(post(daemon, 'bad', tar({'readme': b'x'})), 422)

    reply = post(daemon, 'bad', tar(model_files(DATA / 'unsupported3')))
    text = failure(reply, 422)
    wanted = {'conv3d': 2, 'maxout': 1, 'space_to_depth': 1}
    assert all(op in text for op in wanted), text
    d.assert_equal({m['type']: m['count'] for m in reply.json()['report']['missing']}, wanted)

    pir = b'{"base_code":{"magic":"pir","trainable":true,"version":1},"program":{}}'
    for stem in ('inference', 'model'):
        text = failure(post(daemon, 'bad', tar({f'{stem}.json': pir, f'{stem}.pdiparams': b'x'})), 422)
        assert 'FLAGS_enable_pir_api=0' in text, text
    assert_clean(daemon, ['digits'])


@case()
def a_bad_model_json_is_refused_and_changes_nothing(daemon):
    for text in (b'{', b'[]', b'{"inputs": 1}'):
        failure(post(daemon, 'digits', tar({**model_files(), 'model.json': text})), 400)
    failure(post(daemon, 'digits', tar({**model_files(), 'labels.txt': bytes(2 << 20)})), 413)
    d.assert_equal(daemon.curl('/models/digits').json()['version'], '1')
    assert_clean(daemon, ['digits'])


def post_without_descriptors(daemon):
    pid = daemon.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with daemon.connect() as sock:
        for _ in range(2):  # with the second answer the connections of before are closed
            sock.sendall(b'GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
            assert sock.recv(1 << 16), 'no answer'
        taken = {int(f) for f in os.listdir(f'/proc/{pid}/fd')}
        none_left = next(n for n in range(len(taken) + 1) if n not in taken)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (none_left, before[1]))
        sock.sendall(b'POST /convert?name=bad HTTP/1.1\r\nHost: localhost\r\n'
                     b'Connection: close\r\nContent-Length: 1\r\n\r\nx')
        reply = d.parse_reply(d.read_all(sock))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    return reply


def has_ended(daemon, job):
    return daemon.curl(f'/jobs/{job}').json()['state'] not in ('queued', 'running')


@case()
def without_descriptors_an_upload_is_500_and_leaves_nothing(daemon):
    # One that was open for a moment, as the watch of the state directory has them, is free again
    # when it is wanted; then the upload is taken.
    while (reply := post_without_descriptors(daemon)).status == 202:
        job = reply.json()['job']
        d.wait_for('the job', lambda job=job: has_ended(daemon, job), daemon)
    d.assert_equal(reply.error(500), 'upload: cannot create a file: Too many open files')
    assert_clean(daemon, ['digits'])
    d.assert_equal(post(daemon, 'good', tar(model_files())).status, 200)


@case()
def a_state_directory_that_takes_no_files_is_500(daemon):
    (daemon.state / 'tmp').rename(daemon.state / 'away')
    (daemon.state / 'tmp').write_text('a file where the directory should be')
    post(daemon, 'bad', tar(model_files())).error(500)
    daemon.curl('/models/bad', '-T', str(d.nb('digits'))).error(500)
    (daemon.state / 'tmp').unlink()
    (daemon.state / 'away').rename(daemon.state / 'tmp')
    assert_clean(daemon, ['digits'])
    d.assert_equal(post(daemon, 'good', tar(model_files())).status, 200)


def with_small_disk(state):
    """The words before a command that give it a state directory of 2 MiB, or None."""
    script = f'mount -t tmpfs -o size=2m none {state} && exec "$@"'
    words = ['unshare', '-rm', 'sh', '-c', script, 'sh']
    probe = shutil.which('unshare') and subprocess.run([*words, 'true'], capture_output=True)
    return words if probe and probe.returncode == 0 else None


@case(models=())
def a_full_disk_is_told_and_emptied(daemon):
    state = daemon.home / 'small'
    state.mkdir()
    words = with_small_disk(state)
    if not words:
        print('no small disk can be had here')
        return
    wrapper = d.WRAPPER
    d.WRAPPER = [*words, *wrapper]
    try:
        small = d.Daemon(state=state)
    finally:
        d.WRAPPER = wrapper
    try:
        noise = os.urandom(3 << 20)
        for _ in range(3):
            reply = post(small, 'full', tar({'__model__': noise}))
            d.assert_equal(reply.error(507), 'upload: cannot write: No space left on device')
            text = failure(post(small, 'full', tar({'__model__': bytes(3 << 20)}, 'w:gz')), 507)
            assert 'No space left on device' in text, text
        d.assert_equal(post(small, 'digits', tar(model_files())).status, 200)
        small.good_bytes()
        d.assert_equal(small.stop(), 0)
    finally:
        small.kill()


if __name__ == '__main__':
    sys.exit(d.main())
