// The report of a conversion: which ops run as int8, which as fp32, what is missing.
import { h, fact, table } from '../dom.js';
import { bytes, milliseconds, printable } from '../format.js';

export function opBar(int8, all) {
  return h('span', {
    class: 'opbar',
    '--share': `${all ? (int8 / all) * 100 : 0}%`,
    role: 'img',
    'aria-label': `${int8} of ${all} ops as int8`,
  });
}

function ops(report) {
  return table(
    ['op', 'int8', 'fp32'],
    report.ops.map((op) => [printable(op.type), op.int8 || '–', op.fp32 || '–']),
  );
}

function missing(report) {
  return h(
    'div',
    { class: 'missing' },
    table(
      ['op that is missing', 'times'],
      report.missing.map((op) => [printable(op.type), op.count]),
    ),
    h(
      'p',
      { class: 'hint' },
      'Export the model for inference, without these ops; ',
      h('code', {}, 'cayuco convert --print_supported_ops'),
      ' lists what there is.',
    ),
  );
}

export function reportView(report) {
  return h(
    'div',
    { class: 'report' },
    h(
      'dl',
      { class: 'facts' },
      fact(
        'Topology',
        printable(report.topology ?? '–'),
        report.paddle_version && h('small', {}, `Paddle ${printable(report.paddle_version)}`),
      ),
      fact('Parameters', printable(report.parameters ?? '–')),
      fact('Quantized', report.quantized ? 'yes' : 'no'),
      fact('Size', bytes(report.bytes_before), report.bytes_after > 0 && ` → ${bytes(report.bytes_after)}`),
      fact('Time', milliseconds(report.seconds * 1000)),
    ),
    report.missing.length > 0 && missing(report),
    report.notes.map((note) => h('p', { class: 'note' }, printable(note))),
    report.ops.length > 0 && ops(report),
  );
}
