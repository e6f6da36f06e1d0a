"""The tool from end to end: what it writes, what it prints, and with what status it ends."""

import array
import json
import math
import os
import pathlib
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback

CAYUCO = [*shlex.split(os.environ.get('MESON_EXE_WRAPPER', '')), str(pathlib.Path(sys.argv[1]).resolve())]
DATA = pathlib.Path(sys.argv[2]).resolve()
MODEL = DATA / 'quant_moving_average'

cases = []


def case(function):
    cases.append(function)
    return function


def cayuco(*args, status=0, binary=False, lines=1, **more):
    """Runs the tool and checks its status, and that a failure is one line (or `lines`)."""
    run = subprocess.run([*CAYUCO, *map(str, args)], capture_output=True, timeout=300, **more)
    errors = run.stderr.decode()
    assert run.returncode == status, f'{args}: status {run.returncode}, not {status}: {errors}'
    if status:
        assert errors.startswith('cayuco: ') and errors.count('\n') == lines, f'{args}: {errors!r}'
        return errors
    assert not errors, f'{args}: {errors}'
    return run.stdout if binary else run.stdout.decode()


def convert(out, *more, model=MODEL):
    return cayuco('convert', f'--model_dir={model / "model"}', f'--optimize_out={out}', *more)


def floats(path):
    values = array.array('f')
    values.frombytes(path.read_bytes())
    return values


def assert_close(got, wanted, tolerance):
    got, wanted = floats(got), floats(wanted)
    assert len(got) == len(wanted), f'{len(got)} values, not {len(wanted)}'
    worst = max(abs(a - b) for a, b in zip(got, wanted))
    assert worst <= tolerance, f'differs by {worst}'


def golden(model, word):
    """The words behind `word` in golden.txt, line by line."""
    lines = (model / 'golden.txt').read_text().split('\n')
    return [line.split()[1:] for line in lines if line.split()[:1] == [word]]


@case
def convert_writes_what_paddle_computes(tmp):
    convert(tmp / 'm')
    cayuco('run', tmp / 'm.nb', '-i', MODEL / 'input0.f32', '-o', tmp / 'o.f32')
    assert_close(tmp / 'o.f32', MODEL / 'output0.f32', float(golden(MODEL, 'tolerance')[0][0]))


@case
def a_model_among_other_files_is_found(tmp):
    shutil.copytree(MODEL / 'model', tmp / 'net/model')
    (tmp / 'net/labels.txt').write_text('zero')
    text = cayuco('convert', f'--model_dir={tmp / "net"}', f'--optimize_out={tmp / "m"}')
    assert text.endswith("note: the model is in 'model/'\n"), text
    convert(tmp / 'n')
    assert (tmp / 'm.nb').read_bytes() == (tmp / 'n.nb').read_bytes()
    (tmp / 'net/model').rename(tmp / 'net/\x1b[2J')
    text = cayuco('convert', f'--model_dir={tmp / "net"}', f'--optimize_out={tmp / "m"}')
    assert text.endswith("note: the model is in '\\u001b[2J/'\n"), text
    (tmp / 'net/\x1b[2J').rename(tmp / 'net/model')
    shutil.copytree(MODEL / 'model', tmp / 'net/old')
    line = cayuco('inspect', tmp / 'net', status=1)
    assert line.endswith("net: no model at the top, and 2 below: 'model/', 'old/'; name the one that is meant\n")


@case
def the_directory_may_stand_alone(tmp):
    line = cayuco('convert', MODEL / 'golden.txt', '--optimize_out=n', status=1, cwd=tmp)
    assert line.endswith('golden.txt: not a directory\n'), line
    line = cayuco('convert', MODEL / 'model/__model__', '--optimize_out=n', status=1, cwd=tmp)
    assert line.endswith('__model__: this is one file of a Paddle model: give the directory that it is in\n'), line
    convert(tmp / 'm')
    cayuco('convert', MODEL / 'model', f'--optimize_out={tmp / "n"}')
    assert (tmp / 'm.nb').read_bytes() == (tmp / 'n.nb').read_bytes()
    for args in ((MODEL, f'--model_dir={MODEL}', '--optimize_out=n'), (MODEL, MODEL, '--optimize_out=n'),
                 (MODEL,), ('--optimize_out=n',), (MODEL, '--optimize_out=n/')):
        cayuco('convert', *args, status=2, cwd=tmp)


@case
def the_output_may_have_its_suffix(tmp):
    convert(tmp / 'm')
    cayuco('convert', MODEL / 'model', '-o', tmp / 'short.nb')
    cayuco('convert', MODEL / 'model', f'--output={tmp / "long"}')
    for name in ('short.nb', 'long.nb'):
        assert (tmp / name).read_bytes() == (tmp / 'm.nb').read_bytes(), name
    cayuco('convert', MODEL / 'model', '-o', 'n.nb', '--optimize_out=n', status=2, cwd=tmp)


@case
def convert_prints_the_two_lines_of_opt_and_the_report(tmp):
    lines = convert(tmp / 'm').split('\n')
    assert lines[0] == '1. Model is successfully loaded!', lines[0]
    assert lines[1] == f'2. Model is optimized and saved into {tmp}/m.nb successfully', lines[1]
    assert any('conv2d' in line for line in lines[2:]), lines


@case
def the_same_model_gives_the_same_bytes(tmp):
    convert(tmp / 'a')
    shutil.copytree(MODEL / 'model', tmp / 'elsewhere')
    cayuco('convert', '--model_dir', tmp / 'elsewhere', '--optimize_out', tmp / 'b')
    cayuco('convert', '--model_file', tmp / 'elsewhere/__model__',
           '--param_file', tmp / 'elsewhere/__params__', '--optimize_out', tmp / 'c')
    first = (tmp / 'a.nb').read_bytes()
    assert first == (tmp / 'b.nb').read_bytes(), 'another directory, other bytes'
    assert first == (tmp / 'c.nb').read_bytes(), 'files by name, other bytes'


@case
def opt_takes_the_flags_as_its_python_form_writes_them(tmp):
    cayuco('opt', '--model_dir', MODEL / 'model', '--optimize_out', tmp / 'm', '--valid_targets',
           'arm', '--optimize_out_type', 'naive_buffer', '--enable_fp16', 'false',
           '--quant_model=false', '--quant_type=QUANT_INT16', '--sparse_threshold', '0.6')
    assert (tmp / 'm.nb').is_file()


@case
def flags_of_other_devices_are_refused_by_name(tmp):
    for flag in ['--enable_fp16', '--enable_fp16=true', '--quant_type=QUANT_INT4',
                 '--sparse_model', '--sparse_threshold=0.5', '--optimize_out_type=text',
                 '--valid_targets=opencl', '--valid_targets=arm,xpu',
                 '--nnadapter_mixed_precision_quantization_config_path=x']:
        line = cayuco('convert', f'--model_dir={MODEL / "model"}', f'--optimize_out={tmp / "m"}', flag,
                      status=2)
        assert line.startswith(f'cayuco: {flag.split("=")[0]}'), line
        assert 'not supported' in line, line
    assert not list(tmp.iterdir()), 'a refused conversion has written'


@case
def a_file_for_newer_runtimes_has_the_ops_of_opt(tmp):
    ops, model = {}, DATA / 'silu_2x/model'
    for version in ('default', '2.9', '2.13'):
        flags = [] if version == 'default' else [f'--compat={version}']
        cayuco('opt', f'--model_dir={model}', f'--optimize_out={tmp / version}', *flags)
        program = json.loads(cayuco('inspect', tmp / f'{version}.nb', '--program', '--json'))
        ops[version] = sorted(op['type'] for op in program['blocks'][0])
    assert (tmp / 'default.nb').read_bytes() == (tmp / '2.9.nb').read_bytes()
    assert ops['2.9'] == ['feed', 'fetch', 'fetch', 'scale', 'swish', 'swish'], ops
    assert ops['2.13'] == ['assign', 'feed', 'fetch', 'fetch', 'scale', 'silu', 'silu'], ops
    line = cayuco('convert', model, f'--optimize_out={tmp / "x"}', '--compat=2.12', status=2)
    assert line.startswith('cayuco: --compat: ') and '2.9' in line and '2.13' in line, line
    assert not (tmp / 'x.nb').exists()


@case
def weights_of_a_float_model_are_stored_as_integers_on_demand(tmp):
    made = {}
    for name, flags in [('f', []), ('16', ['--quant_model']),
                        ('8', ['--quant_model=true', '--quant_type=QUANT_INT8'])]:
        cayuco('opt', f'--model_dir={DATA / "linear/model"}', f'--optimize_out={tmp / name}', *flags)
        made[name] = (tmp / f'{name}.nb').read_bytes()
    assert len(made['8']) < len(made['16'])
    assert [b'quantize_weight_bits' in nb for nb in made.values()] == [False, True, True]


@case
def a_set_of_models_is_converted_one_by_one(tmp):
    shutil.copytree(MODEL / 'model', tmp / 'set/good')
    shutil.copytree(DATA / 'unsupported3', tmp / 'set/bad')
    (tmp / 'set/file').write_text('no model')
    line = cayuco('opt', f'--model_set={tmp}/set', f'--optimize_out={tmp}/out', status=1)
    assert f'{tmp}/set/bad' in line, line
    convert(tmp / 'm')
    assert [p.name for p in (tmp / 'out').iterdir()] == ['good.nb']
    assert (tmp / 'out/good.nb').read_bytes() == (tmp / 'm.nb').read_bytes()
    cayuco('opt', f'--model_set_dir={tmp}/set', '--model_filename=__model__', '--param_filename=none',
           f'--optimize_out={tmp}/out2', status=1, lines=2)


@case
def protobuf_holds_the_same_program(tmp):
    cayuco('opt', f'--model_dir={MODEL / "model"}', f'--optimize_out={tmp}/pb',
           '--optimize_out_type=protobuf')
    assert sorted(p.name for p in (tmp / 'pb').iterdir()) == ['model', 'params']
    convert(tmp / 'm')
    ops = [op['type'] for op in json.loads(cayuco('inspect', tmp / 'm.nb', '--json'))['ops']]
    model, at = (tmp / 'pb/model').read_bytes(), 0
    for op in ops:  # in their order, each behind its length
        at = model.index(bytes([0x1a, len(op)]) + op.encode(), at) + 1
    assert (tmp / 'pb/params').stat().st_size > 0


@case
def tailoring_lists_what_a_model_needs(tmp):
    convert(tmp / 'm', '--record_tailoring_info=true')
    lists = {p.name: p.read_text().split() for p in (tmp / 'm').iterdir()}
    assert sorted(lists) == ['.tailored_kernels_list', '.tailored_kernels_source_list',
                             '.tailored_ops_list', '.tailored_ops_source_list'], lists
    assert 'conv2d,kARM,kInt8,kNCHW,int8_out' in lists['.tailored_kernels_list'], lists
    assert {'conv_op.cc', 'feed_op.cc'} <= set(lists['.tailored_ops_source_list']), lists
    assert 'conv_compute.cc' in lists['.tailored_kernels_source_list'], lists
    for lines in lists.values():
        assert lines == sorted(set(lines)), lines


@case
def a_program_is_shown_as_it_stands_in_the_file(tmp):
    convert(tmp / 'm')
    program = json.loads(cayuco('inspect', tmp / 'm.nb', '--program', '--json'))
    conv = next(op for op in program['blocks'][0] if op['type'] == 'conv2d')
    assert conv['attrs']['__@kernel_type_attr@__'].startswith('conv2d/'), conv
    assert len(conv['attrs']['strides']) == 2 and conv['inputs']['Filter'], conv
    names = {param['name']: param for param in program['parameters']}
    assert names[conv['inputs']['Filter'][0]]['datatype'] == 'INT8', names
    text = cayuco('inspect', tmp / 'm.nb', '--program')
    assert text.startswith('block 0, within -1\n  0 "feed"\n'), text[:100]
    assert f'"{conv["inputs"]["Filter"][0]}"' in text, text


@case
def threads_share_the_work_and_change_no_bit(tmp):
    for model in (MODEL, DATA / 'mobilenet_v1_1x', DATA / 'resnet_2x'):
        shape = golden(model, 'input')[0][2]
        for threads in (1, 2, 5):
            cayuco('run', model / 'model', '-i', f'{model / "input0.f32"}:{shape}', '-o', tmp / f'{threads}.f32',
                   '--threads', threads)
        one = (tmp / '1.f32').read_bytes()
        assert one == (tmp / '2.f32').read_bytes() == (tmp / '5.f32').read_bytes(), model


@case
def names_in_a_model_reach_no_terminal_as_they_are(tmp):
    convert(tmp / 'm')
    nb = (tmp / 'm.nb').read_bytes()
    name = json.loads(cayuco('inspect', tmp / 'm.nb', '--json'))['outputs'][0]['name'].encode()
    hostile = (b'\x1b[31m\x07' + name)[:len(name)]
    (tmp / 'h.nb').write_bytes(nb.replace(name, hostile))
    data = f'{MODEL / "input0.f32"}:{golden(MODEL, "input")[0][2]}'
    shape = golden(MODEL, 'input')[0][2]
    for words in (['inspect', tmp / 'h.nb'], ['inspect', tmp / 'h.nb', '--program'],
                  ['run', tmp / 'h.nb', '-i', data, '-o', tmp / 'o.f32'],
                  ['diff', tmp / 'h.nb', tmp / 'h.nb', '-i', data],
                  ['bench', tmp / 'h.nb', '--shape', shape, '--runs', '1']):
        text = cayuco(*words)
        assert '\\u001b[31m' in text.replace('\\u001B', '\\u001b'), (words, text)
        assert '\x1b' not in text and '\x07' not in text, (words, text)


@case
def a_nb_is_drawn(tmp):
    convert(tmp / 'm')
    text = cayuco('opt', f'--optimized_nb_model_path={tmp}/m.nb', f'--visualization_file_output_path={tmp}')
    assert text == f'{tmp}/Block_0.dot\n', text
    dot = (tmp / 'Block_0.dot').read_text()
    ops = json.loads(cayuco('inspect', tmp / 'm.nb', '--json'))['ops']
    assert dot.count('fillcolor="#') == len(ops) + 2, dot  # and feed and fetch
    assert 'op0 -> op1 [label=' in dot and dot.endswith('}\n'), dot
    cayuco('opt', f'--optimized_nb_model_path={tmp}/m.nb', status=2)
    cayuco('opt', f'--optimized_nb_model_path={MODEL}/input0.f32', f'--visualization_file_output_path={tmp}',
           status=1)


@case
def what_is_missing_is_said_of_the_command_as_it_was_called(tmp):
    for command in 'convert', 'opt':
        line = cayuco(command, status=2)
        assert line == f'cayuco: {command}: no DIR or --model_dir given (see cayuco {command} --help)\n', line
        assert cayuco(command, '--help').startswith(f'Usage: cayuco {command} [DIR] [OPTIONS]\n')


@case
def the_tables_of_ops_agree(tmp):
    supported = cayuco('opt', '--print_supported_ops')
    plain = cayuco('opt', '--print_all_ops=true')
    markdown = cayuco('opt', '--print_all_ops_in_md_format')
    assert plain.startswith(supported) and '| conv2d | Y |  |' in markdown.split('\n'), markdown
    missing = plain[len(supported):].partition('ARM:')[2].split()
    assert missing == sorted(missing) and 'lstm' in missing, missing
    rows = {line.split()[0] for line in supported.split('\n') if line}
    assert len(rows) > 90 and not rows & set(missing), rows & set(missing)
    listed = {line.split()[1] for line in markdown.split('\n') if line.startswith('| ')}
    assert listed - {'OP_name'} == rows - {'OP_name', 'Supported'}, listed ^ rows
    assert markdown.split('\n')[-2].split('ARM: ')[1] == ', '.join(f'`{name}`' for name in missing), markdown
    assert 'conv2d/def/4/1/1' in cayuco('opt', '--display_kernels').split('\n')


@case
def diff_of_a_model_with_itself_is_nothing(tmp):
    convert(tmp / 'm')
    text = cayuco('diff', MODEL / 'model', tmp / 'm.nb', '-i', MODEL / 'input0.f32')
    assert 'matched by place' in text and ', 0 different' in text, text
    rows = json.loads(cayuco('diff', MODEL / 'model', tmp / 'm.nb', '-i', MODEL / 'input0.f32',
                             '--json'))
    assert rows['count_a'] == rows['count_b'] == len(rows['tensors']) > 1, rows
    assert all(row['max'] == 0 and not row.get('flipped') for row in rows['tensors']), rows
    assert any('flipped' in row for row in rows['tensors']), 'no int8 tensor'
    assert rows['outputs'][0]['snr_db'] is None, rows  # infinite


@case
def diff_tells_how_far_two_models_are_apart(tmp):
    one, other = DATA / 'quant_moving_average', DATA / 'quant_channel_wise'
    rows = json.loads(cayuco('diff', one / 'model', other / 'model', '-i', one / 'input0.f32', '--json'))
    cayuco('run', one / 'model', '-i', one / 'input0.f32', '-o', tmp / 'a.f32')
    cayuco('run', other / 'model', '-i', one / 'input0.f32', '-o', tmp / 'b.f32')
    errors = [abs(a - b) for a, b in zip(floats(tmp / 'a.f32'), floats(tmp / 'b.f32'))]
    output = rows['outputs'][0]
    assert max(errors) > 0 and abs(output['max'] - max(errors)) < 1e-6, (output, max(errors))
    assert abs(output['mean'] - sum(errors) / len(errors)) < 1e-6, output
    line = cayuco('diff', one / 'model', DATA / 'conv_bn/model', '-i', one / 'input0.f32', status=1)
    assert 'want' in line or 'expected' in line or 'output' in line, line
    assert 'no input' in cayuco('diff', one / 'model', other / 'model', status=2)
    assert 'no B given' in cayuco('diff', one / 'model', status=2)


@case
def unsupported_ops_are_named_all_at_once_and_nothing_is_written(tmp):
    model = DATA / 'unsupported3'
    line = cayuco('convert', f'--model_dir={model}', f'--optimize_out={tmp / "m"}',
                  f'--report={tmp / "r.json"}', status=1)
    missing = json.loads((tmp / 'r.json').read_text())['missing']
    assert len(missing) == 3, missing
    for op in missing:
        assert op['type'] in line, line
        assert op['count'] >= 1, op
    assert line.startswith(f'cayuco: {model}: '), line
    assert not (tmp / 'm.nb').exists()


@case
def the_report_alone_is_on_stdout_if_asked_for(tmp):
    report = json.loads(convert(tmp / 'm', '--report=-'))
    assert report['bytes_after'] == (tmp / 'm.nb').stat().st_size, report
    convert(tmp / 'm', '--report', tmp / 'r.json')
    written = json.loads((tmp / 'r.json').read_text())
    assert {**report, 'seconds': 0} == {**written, 'seconds': 0}


@case
def a_graph_can_be_dumped_after_a_pass(tmp):
    dump = ['convert', f'--model_dir={MODEL / "model"}', '--dump-after']
    before, after = (cayuco(*dump, name) for name in ('drop-identity', 'fold-fake-quant'))
    assert '\nfake_dequantize' in before and '\nfake_dequantize' not in after, after
    assert '\nconv2d(' in before and '\nconv2d(' in after, after
    line = cayuco(*dump, 'nothing', status=1)
    assert 'nothing' in line, line


@case
def ops_of_the_model_and_of_the_tool_are_listed(tmp):
    text = cayuco('convert', f'--model_dir={MODEL / "model"}', '--print_model_ops=true')
    assert text.startswith('OPs in the input model include:\n'), text
    rows = {line.split()[0]: line.split()[1:] for line in text.split('\n') if line.strip()}
    assert rows['conv2d'] == ['Y'] and rows['OP_name'] == ['kARM', 'kHost'], rows
    assert text.endswith('supports this model!\n'), text
    unsupported = f'--model_dir={DATA / "unsupported3"}'
    line = cayuco('convert', unsupported, '--print_model_ops', status=1)
    assert 'conv3d (2), maxout (1), space_to_depth (1)' in line, line
    assert line == cayuco('convert', unsupported, f'--optimize_out={tmp}/m', status=1)
    assert '  conv2d  ' in cayuco('convert', '--print_supported_ops')


@case
def a_model_may_be_a_directory_everywhere(tmp):
    convert(tmp / 'm')
    for form in MODEL / 'model', tmp / 'm.nb':
        cayuco('run', form, '-i', MODEL / 'input0.f32', '-o', tmp / f'{form.name}.f32')
    assert (tmp / 'model.f32').read_bytes() == (tmp / 'm.nb.f32').read_bytes()
    file, directory = (cayuco('inspect', form, '--json') for form in (tmp / 'm.nb', MODEL / 'model'))
    assert file == directory


@case
def inputs_go_by_name_and_outputs_come_one_after_another(tmp):
    model = DATA / 'two_inputs_two_outputs'
    inputs = [f'-i{name}={model / file}:{shape}' for name, _, shape, file in golden(model, 'input')]
    text = cayuco('run', model / 'model', *inputs, '-o', tmp / 'a.f32')
    cayuco('run', model / 'model', *reversed(inputs), '-o', tmp / 'b.f32')
    stdout = cayuco('run', model / 'model', *inputs, '-o', '-', binary=True)
    outputs = golden(model, 'output')
    (tmp / 'wanted.f32').write_bytes(b''.join((model / o[3]).read_bytes() for o in outputs))
    assert_close(tmp / 'a.f32', tmp / 'wanted.f32', float(golden(model, 'tolerance')[0][0]))
    assert (tmp / 'a.f32').read_bytes() == (tmp / 'b.f32').read_bytes() == stdout
    assert [line.split()[1:] for line in text.splitlines()] == [o[1:3] for o in outputs], text


def npy(path, descr, shape, data):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + '\n'
    path.write_bytes(b'\x93NUMPY\x01\x00' + len(header).to_bytes(2, 'little') + header.encode() + data)
    return path


@case
def numpy_arrays_bring_their_shape(tmp):
    data = (MODEL / 'input0.f32').read_bytes()
    shape = tuple(int(word) for word in golden(MODEL, 'input')[0][2].split('x'))
    wanted = cayuco('run', MODEL / 'model', '-i', MODEL / 'input0.f32', '-o', '-', binary=True)
    file = npy(tmp / 'x.npy', '<f4', shape, data)
    assert cayuco('run', MODEL / 'model', '-i', file, '-o', '-', binary=True) == wanted
    assert cayuco('run', MODEL / 'model', '-i', '-', '-o', '-', binary=True, input=file.read_bytes()) == wanted
    text = cayuco('diff', MODEL / 'model', MODEL / 'model', '-i', file)
    assert 'different' in text and ' 0 different' in text, text
    for file, word in ((npy(tmp / 'd.npy', '<f8', shape, data * 2), 'FP64'),
                       (npy(tmp / 's.npy', '<f4', (len(data) // 4,), data), f'got {len(data) // 4}'),
                       (npy(tmp / 'c.npy', '<c8', shape, data * 2), 'elements of'),
                       (npy(tmp / 'e.npy', '<f4', shape, data[:-1]), 'bytes of elements')):
        line = cayuco('run', MODEL / 'model', '-i', file, status=1, cwd=tmp)
        assert word in line, line
    (tmp / 'raw.npy').write_bytes(data)
    assert cayuco('run', MODEL / 'model', '-i', tmp / 'raw.npy', status=1).endswith('not a .npy file\n')


@case
def a_wrong_input_is_one_line_and_status_1(tmp):
    (tmp / 'short.f32').write_bytes(bytes(7))
    (tmp / 'in.txt').write_bytes(bytes(8))
    for arg, file, word in [('none.f32', 'none.f32', 'No such file'),
                            ('short.f32', 'short.f32', '7 bytes'),
                            ('in.txt', 'in.txt', '.f32'),
                            ('y=short.f32', 'short.f32', "'y'"),
                            ('short.f32:1x3x8x8x8x8x8x8x8', 'short.f32', 'dimensions'),
                            ('short.f32:1', 'short.f32', '7 bytes')]:
        line = cayuco('run', MODEL / 'model', '-i', arg, '-o', 'o.f32', status=1, cwd=tmp)
        assert line.startswith(f'cayuco: {file}: ') and word in line, line
    two = DATA / 'two_inputs_two_outputs'
    line = cayuco('run', two / 'model', '-i', two / 'input0.f32', '-o', tmp / 'o.f32', status=1)
    assert 'NAME=' in line, line
    assert not (tmp / 'o.f32').exists()


@case
def a_wrong_model_is_one_line_and_status_1(tmp):
    convert(tmp / 'm')
    good = (tmp / 'm.nb').read_bytes()
    for size in 0, 1, 2, 20, 1000, len(good) // 2, len(good) - 1:
        (tmp / 'bad.nb').write_bytes(good[:size])
        line = cayuco('inspect', 'bad.nb', status=1, cwd=tmp)
        assert line.startswith('cayuco: bad.nb: '), line
    (tmp / 'empty').mkdir()
    for path in 'none', 'empty':
        for command in 'inspect', 'bench':
            line = cayuco(command, path, status=1, cwd=tmp)
            assert line.startswith(f'cayuco: {path}: '), line
    for name, text in [('a.onnx', 'ONNX, which x2paddle turns into a Paddle model'),
                       ('b.zip', 'an archive: unpack it first')]:
        (tmp / name).write_bytes(b'PK')
        for command in ['inspect', name], ['convert', name, '-o', 'x.nb']:
            line = cayuco(*command, status=1, cwd=tmp)
            assert line == f'cayuco: {name}: this is {text}\n', line
    (tmp / 'net.NB').write_bytes(good)
    cayuco('inspect', 'net.NB', cwd=tmp)
    line = cayuco('convert', 'net.NB', '-o', 'x.nb', status=1, cwd=tmp)
    assert line == 'cayuco: net.NB: this is converted already\n', line
    shutil.copytree(MODEL / 'model', tmp / 'lfs')
    (tmp / 'lfs/__params__').write_text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n')
    line = cayuco('inspect', 'lfs', status=1, cwd=tmp)
    assert line.endswith("this is a pointer of Git LFS: 'git lfs pull' fetches the file\n"), line
    line = cayuco('inspect', 'none.onnx', status=1, cwd=tmp)
    assert 'No such file' in line, line


@case
def inspect_shows_inputs_ops_and_what_is_int8(tmp):
    text = cayuco('inspect', MODEL / 'model')
    seen = json.loads(cayuco('inspect', MODEL / 'model', '--json'))
    name, dtype, _, _ = golden(MODEL, 'input')[0]
    assert [(i['name'], i['datatype']) for i in seen['inputs']] == [(name, dtype)], seen['inputs']
    assert seen['inputs'][0]['shape'][0] == -1, seen['inputs']
    assert seen['outputs'][0]['name'] == golden(MODEL, 'output')[0][0], seen['outputs']
    assert sum(op['int8'] for op in seen['ops']) == seen['int8_ops'] > 0, seen
    assert seen['int8_ops'] + seen['fp32_ops'] == len(seen['ops'])
    for op in seen['ops']:
        assert any(line.split()[1:3] == [op['type'], 'int8' if op['int8'] else 'fp32']
                   for line in text.split('\n') if len(line.split()) > 3), (op, text)


@case
def bench_times_the_model_and_each_op(tmp):
    shape = golden(MODEL, 'input')[0][2]
    seen = json.loads(cayuco('bench', MODEL / 'model', f'--shape={shape}', '--runs=3', '--warmup=1',
                             '--json', '--cpu=ref'))
    assert 0 < seen['min_ms'] <= seen['p50_ms'] <= seen['p95_ms'], seen
    assert (seen['runs'], seen['threads'], seen['cpu']) == (3, 1, 'ref'), seen
    many = json.loads(cayuco('bench', MODEL / 'model', f'--shape={shape}', '-n', '210', '--json'))
    for told in seen, many:  # of the many, not all are looked at
        assert all(0 <= op['ms'] <= told['p95_ms'] for op in told['ops']), told
        assert abs(sum(op['share'] for op in told['ops']) - 1) < 0.01, told
    text = cayuco('bench', MODEL / 'model', '--shape', shape, '--runs', '1', '--threads', '1')
    assert 'p95' in text and all(op['type'] in text for op in seen['ops']), text


@case
def a_free_dimension_has_to_be_given_to_bench(tmp):
    line = cayuco('bench', DATA / 'quant_chain/model', status=1)
    assert '--shape image=' in line, line


@case
def wrong_usage_is_status_2(tmp):
    for args in [['nothing'], ['inspect'], ['inspect', 'a', 'b'], ['inspect', 'a', '--nothing'],
                 ['bench', 'a', '--runs=0'], ['bench', 'a', '--runs=x'], ['bench', 'a', '--cpu=z80'],
                 ['run', 'a'], ['run', 'a', '-i'], ['run', 'a', '-o', 'b'],
                 ['convert'], ['convert', '--model_dir=a'], ['convert', '--model_file=a'],
                 ['convert', 'a']]:
        cayuco(*args, status=2)
    for args, end in [(['convrt', 'a'], 'no such command: convrt: is convert meant?'),
                      (['zip'], 'no such command: zip (see cayuco --help)'),
                      (['convert', 'a', '--model_dri=b'], '--model_dri=b: is --model_dir meant?'),
                      (['convert', 'a', '--zip'], '--zip (see cayuco convert --help)')]:
        line = cayuco(*args, status=2)
        assert line.endswith(f'{end}\n'), line
    for threads in ('0', '65'):
        line = cayuco('bench', 'a', f'--threads={threads}', status=2)
        assert line.startswith(f'cayuco: --threads={threads}: want 1 to 64'), line
    cayuco('inspect', 'a', status=2, env={**os.environ, 'CAYUCO_CPU': 'z80'})


@case
def help_and_version_are_answers(tmp):
    assert 'convert' in cayuco('--help') and cayuco('--version').startswith('cayuco ')
    for command, flag in [('convert', '--model_dir'), ('opt', '--valid_targets'), ('run', '--input'),
                          ('inspect', '--json'), ('bench', '--runs')]:
        assert flag in cayuco(command, '--help')
        assert cayuco(command, '--version') == cayuco('--version')
        assert cayuco('help', command) == cayuco(command, '--help')
    assert cayuco('help') == cayuco('--help')
    assert 'no such command: zip' in cayuco('help', 'zip', status=2)


@case
def only_commands_of_a_daemon_load_the_client(tmp):
    tool, place = tmp / 'bin/cayuco', tmp / 'lib/cayuco'
    tool.parent.mkdir()
    shutil.copy(CAYUCO[-1], tool)
    run = subprocess.run([*CAYUCO[:-1], tool, 'status'], capture_output=True)
    line = f'cayuco: status: cannot load the client: {tool.parent}/../lib/cayuco/cayuco-client.so: '
    assert run.returncode == 3 and run.stderr.decode().startswith(line), run
    assert subprocess.run([*CAYUCO[:-1], tool, 'run', '--help'], capture_output=True).returncode == 0
    place.mkdir(parents=True)
    shutil.copy(pathlib.Path(CAYUCO[-1]).parent / 'cayuco-client.so', place)
    run = subprocess.run([*CAYUCO[:-1], tool, 'status', '--help'], capture_output=True)
    assert run.returncode == 0 and b'--url' in run.stdout, run
    if len(CAYUCO) == 1:
        run = subprocess.run(CAYUCO, env={'LD_TRACE_LOADED_OBJECTS': '1'}, capture_output=True)
        assert b'libc.so' in run.stdout and b'curl' not in run.stdout, run


@case
def a_full_disk_is_status_3(tmp):
    with open('/dev/full', 'w') as full:
        run = subprocess.run([*CAYUCO, '--help'], stdout=full, stderr=subprocess.PIPE)
    assert run.returncode == 3 and b'No space left' in run.stderr, run


@case
def run_shows_the_largest_where_no_file_is_given(tmp):
    args = ('run', MODEL / 'model', '-i', MODEL / 'input0.f32')
    cayuco(*args, '-o', tmp / 'o.f32')
    out = floats(tmp / 'o.f32')
    best = sorted(range(len(out)), key=lambda i: -out[i])[:3]
    head, *rows = cayuco(*args).strip().split('\n')
    assert head.endswith(', the largest:'), head
    assert [int(row.split()[0]) for row in rows] == best, (rows, best)
    assert [row.split()[1] for row in rows] == [f'{out[i]:g}' for i in best], rows


@case
def run_prints_all_of_every_type_as_json(tmp):
    model = DATA / 'integers_2x'
    args = ('run', model / 'model', '-i', f'x={model / "input0.f32"}:2x3x4', '-i', f'n={model / "input1.i64"}:2x3')
    cayuco(*args, '-o', tmp / 'all')
    rest, outputs = (tmp / 'all').read_bytes(), json.loads(cayuco(*args, '--json'))['outputs']
    assert {output['datatype'] for output in outputs} == {'FP32', 'INT32', 'INT64'}, outputs
    for output in outputs:
        packed = struct.pack(f'<{len(output["data"])}{ {"FP32": "f", "INT32": "i", "INT64": "q"}[output["datatype"]]}',
                             *output['data'])
        assert rest.startswith(packed) and len(output['data']) == math.prod(output['shape']), output
        rest = rest[len(packed):]
    assert rest == b''
    assert 'both want stdout' in cayuco(*args, '--json', '-o', '-', status=2)


@case
def pipes_are_read_and_written(tmp):
    convert(tmp / 'm')
    args = ('run', tmp / 'm.nb', '-i', MODEL / 'input0.f32', '-o')
    wanted = cayuco(*args, '-', binary=True)
    model, data = (tmp / 'm.nb').read_bytes(), (MODEL / 'input0.f32').read_bytes()
    assert cayuco('inspect', '-', input=model).startswith('-: converted by')
    assert cayuco('convert', MODEL / 'model', '-o', '-', binary=True, cwd=tmp) == model
    for more in '--report=-', '--dump-after=fuse-fc':
        line = cayuco('convert', MODEL / 'model', '-o', '-', more, status=2, cwd=tmp)
        assert line == 'cayuco: convert -o -: want nothing else on stdout\n', line
    assert not list(tmp.glob('-*'))
    assert cayuco('run', tmp / 'm.nb', '-i', '-', '-o', '-', input=data, binary=True) == wanted
    assert 'bytes, but' in cayuco('run', tmp / 'm.nb', '-i', '-', '-o', '-', status=1, input=b'1234567')
    os.mkfifo(tmp / 'pipe')
    writer = subprocess.Popen(['cp', tmp / 'm.nb', tmp / 'pipe'])
    assert cayuco('inspect', tmp / 'pipe').startswith(f'{tmp / "pipe"}: converted by')
    assert writer.wait() == 0
    reader = subprocess.Popen(['cat', tmp / 'pipe'], stdout=subprocess.PIPE)
    cayuco(*args, tmp / 'pipe')
    assert reader.communicate()[0] == wanted and (tmp / 'pipe').is_fifo()


@case
def what_is_no_file_stays_what_it_is(tmp):
    convert(tmp / 'm')
    args = ('run', tmp / 'm.nb', '-i', MODEL / 'input0.f32', '-o')
    wanted = cayuco(*args, '-', binary=True)
    (tmp / 'file').write_text('longer than what comes in its place' * 100)
    (tmp / 'link').symlink_to('file')
    cayuco(*args, tmp / 'link')
    assert (tmp / 'link').is_symlink() and (tmp / 'file').read_bytes() == wanted
    assert 'Is a directory' in cayuco(*args, tmp, status=3)
    assert 'No space left' in cayuco(*args, '/dev/full', status=3)
    assert pathlib.Path('/dev/full').is_char_device()


@case
def an_output_that_cannot_be_written_is_one_line(tmp):
    line = cayuco('convert', f'--model_dir={MODEL / "model"}', '--optimize_out=none/m', status=1,
                  cwd=tmp)
    assert line == 'cayuco: none/m.nb: cannot create: No such file or directory\n', line
    line = cayuco('run', MODEL / 'model', '-i', MODEL / 'input0.f32', '-o', 'none/o', status=1, cwd=tmp)
    assert line == 'cayuco: none/o: cannot create: No such file or directory\n', line


def main():
    failed = 0
    for function in cases:
        with tempfile.TemporaryDirectory() as tmp:
            try:
                function(pathlib.Path(tmp))
                print(f'ok: {function.__name__}')
            except Exception:
                failed += 1
                print(f'FAIL: {function.__name__}\n{traceback.format_exc()}')
    print(f'{len(cases) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
