// Where the time of an inference goes: how long each op took, the median of a few runs.
import { h, table, failure, action } from '../dom.js';
import * as api from '../api.js';
import { milliseconds, percent, printable, shape } from '../format.js';
import { tried } from '../state.js';

const RUNS = 10; // at the most,
const ENOUGH = 2000; // and no further one after so many milliseconds
const KINDS = 6; // of ops that have a bar
const SIZES = { BOOL: 1, INT8: 1, UINT8: 1, INT16: 2, INT32: 4, FP32: 4, INT64: 8, FP64: 8 }; // bytes

// An input's shape with one item, of the size that its pictures get; null: it has free dimensions.
function shapeOf({ shape: dims, preprocess }) {
  const first = preprocess?.layout === 'NHWC' ? 1 : 2;
  const known = dims.map((dim, i) => {
    if (dim >= 0) return dim;
    return i === 0 ? 1 : (preprocess?.size[i - first] ?? -1);
  });
  return known.includes(-1) ? null : known;
}

// Zeros for every input, as bytes behind the JSON that tells of them.
function zeros(model) {
  let bytes = 0;
  const inputs = model.inputs.map((input) => {
    const dims = shapeOf(input);
    if (!dims)
      throw new Error('Its input has free dimensions: try it once, and it is run on the same input here.');
    const size = dims.reduce((product, dim) => product * dim, SIZES[input.datatype]);
    bytes += size;
    return {
      name: input.name,
      datatype: input.datatype,
      shape: dims,
      parameters: { binary_data_size: size },
    };
  });
  const json = new TextEncoder().encode(JSON.stringify({ inputs }));
  return {
    body: new Blob([json, new Uint8Array(bytes)]),
    type: 'application/octet-stream',
    headers: { 'Inference-Header-Content-Length': json.length },
    query: '',
  };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length / 2) - 1];
}

// The ops with the medians of their times in milliseconds, and of how many runs: what else the machine
// does lengthens some. A model that is replaced meanwhile has other ops, and begins anew.
async function measure(name, { body, type, headers, query }) {
  const path = `${api.modelPath(name, '/profile')}?${query}`;
  const end = performance.now() + ENOUGH;
  const runs = [];
  for (let i = 0; i < RUNS && (i === 0 || performance.now() < end); i++) {
    const { ops } = await api.json(path, { method: 'POST', body, type, headers });
    if (runs[0]?.length !== ops.length) runs.length = 0;
    runs.push(ops);
  }
  return {
    ops: runs.at(-1).map((op, i) => ({ ...op, ms: median(runs.map((ops) => ops[i].ms)) })),
    runs: runs.length,
  };
}

const total = (ops) => ops.reduce((sum, { ms }) => sum + ms, 0);
const typeOf = (op) => (op.int8 ? 'int8' : 'fp32');

// A bar for each kind of op, the longest first; what is left is one more.
function bars(ops, all) {
  const kinds = new Map();
  for (const op of ops) {
    const label = `${printable(op.type)} ${typeOf(op)}`;
    const kind = kinds.get(label) ?? { label, ms: 0, count: 0 };
    kinds.set(label, { label, ms: kind.ms + op.ms, count: kind.count + 1 });
  }
  const sorted = [...kinds.values()].sort((a, b) => b.ms - a.ms);
  const rest = sorted.slice(KINDS);
  const shown = sorted.slice(0, KINDS);
  if (rest.length)
    shown.push({ label: 'others', ms: total(rest), count: rest.reduce((sum, { count }) => sum + count, 0) });
  return h(
    'ol',
    { class: 'bars' },
    shown.map(({ label, ms, count }) =>
      h(
        'li',
        { '--share': `${(all ? ms / all : 0) * 100}%` },
        h('span', { class: 'bar-label' }, label, h('small', {}, ` × ${count}`)),
        h('span', { class: 'bar-text' }, `${milliseconds(ms)}, ${percent(all ? ms / all : 0)}`),
      ),
    ),
  );
}

function steps(ops, all) {
  return table(
    ['ms', 'share', 'op', 'type', 'kernel', 'shape', 'output'],
    ops.map((op) => [
      op.ms.toFixed(4),
      percent(all ? op.ms / all : 0),
      printable(op.type),
      typeOf(op),
      op.kernel || '–',
      shape(op.shape),
      h('bdi', {}, printable(op.name)),
    ]),
  );
}

// What takes the place of the button that asks for it.
export class Profile {
  constructor(model) {
    this.model = model;
    this.shown = h('div');
    this.element = h(
      'div',
      { class: 'profile' },
      action('Where the time goes', {}, () => this.run()),
      this.shown,
    );
  }

  async run() {
    const { name, version } = this.model;
    const last = tried.get(name)?.version === version ? tried.get(name) : null;
    try {
      const { ops, runs } = await measure(name, last ?? zeros(this.model));
      const all = total(ops);
      const input = last ? 'what it was tried with last' : 'zeros';
      this.shown.replaceChildren(
        h(
          'p',
          { class: 'hint', role: 'status' },
          `${milliseconds(all)} in its ops, by the median of ${runs} ${runs === 1 ? 'run' : 'runs'} on ${input}.`,
        ),
        bars(ops, all),
        h('details', { class: 'outputs' }, h('summary', {}, `All ${ops.length} steps`), steps(ops, all)),
      );
    } catch (error) {
      this.shown.replaceChildren(failure(error));
    }
  }
}
