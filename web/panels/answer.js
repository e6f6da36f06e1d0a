// What a model has answered: the best classes as bars, where the time went, and the outputs.
import { h, table, failure } from '../dom.js';
import { milliseconds, percent, printable, shape } from '../format.js';

const BEST = 5;
const STAGES = ['queue', 'input', 'infer', 'output'];

// "queue;dur=0.010, input;dur=0.031" as {queue: 0.01, input: 0.031}, in milliseconds.
function serverTiming(header) {
  return Object.fromEntries(
    [...(header ?? '').matchAll(/([\w-]+);dur=([\d.]+)/g)].map(([, name, ms]) => [name, Number(ms)]),
  );
}

// One row of numbers, as scores of classes; null if the outputs are something else.
function scores(outputs) {
  const [output] = outputs;
  const row =
    outputs.length === 1 && Array.isArray(output.data) && output.shape.length <= 2 ? output.shape.at(-1) : 0;
  return row >= 2 && row <= 100000 && typeof output.data[0] === 'number' ? output.data.slice(0, row) : null;
}

// [{label, text, share}], best first. Probabilities are shown as such, other scores beside the largest.
function classes(answer) {
  const named = answer.parameters?.top;
  const top = Array.isArray(named?.[0]) ? named[0] : named;
  if (top?.length)
    return top.map(({ label, index, probability }) => ({
      label: label || `class ${index}`,
      text: percent(probability ?? 0),
      share: probability ?? 0,
    }));
  const values = scores(answer.outputs);
  if (!values) return [];
  const total = values.reduce((sum, value) => sum + value, 0);
  const shares = values.every((value) => value >= 0) && Math.abs(total - 1) < 0.01;
  const best = values
    .map((value, index) => ({ value, index }))
    .sort((a, b) => b.value - a.value)
    .slice(0, BEST);
  return best.map(({ value, index }) => ({
    label: `class ${index}`,
    share: shares ? value : Math.max(0, value / (Math.abs(best[0].value) || 1)),
    text: shares ? percent(value) : value.toPrecision(4),
  }));
}

function outputRow({ name, datatype, shape: dims, data = [] }) {
  const numbers = data.filter((value) => typeof value === 'number');
  const least = numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const most = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  const first = data
    .slice(0, 4)
    .map((value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value))
    .join(', ');
  return [
    h('bdi', {}, printable(name)),
    datatype,
    shape(dims),
    numbers.length ? `${least.toPrecision(4)} … ${most.toPrecision(4)}` : '–',
    h('code', {}, printable(first), data.length > 4 && ', …'),
  ];
}

export class Answer {
  constructor() {
    this.bars = Array.from({ length: BEST }, () => {
      const [label, text] = [h('span', { class: 'bar-label' }), h('span', { class: 'bar-text' })];
      return { label, text, element: h('li', { hidden: true }, label, text) };
    });
    this.verdict = h('output', { class: 'verdict', id: 'verdict' });
    this.list = h(
      'ol',
      { class: 'bars' },
      this.bars.map((bar) => bar.element),
    );
    this.segments = STAGES.map((name) => h('span', { class: `segment ${name}` }));
    this.times = h('p', { class: 'times' });
    this.split = h(
      'div',
      { class: 'split', hidden: true },
      h('div', { class: 'segments' }, this.segments),
      this.times,
    );
    this.outputs = h('div');
    this.details = h(
      'details',
      { class: 'outputs', hidden: true },
      h('summary', {}, 'Outputs'),
      this.outputs,
    );
    this.said = h('div');
    this.element = h(
      'div',
      { class: 'answer' },
      this.said,
      this.verdict,
      this.list,
      this.split,
      this.details,
    );
    this.clear();
  }

  clear(hint = 'The answer appears here.') {
    this.said.replaceChildren(h('p', { class: 'empty' }, hint));
    this.verdict.textContent = '';
    for (const bar of this.bars) bar.element.hidden = true;
    this.split.hidden = this.details.hidden = true;
  }

  fail(error) {
    this.clear();
    this.said.replaceChildren(failure(error));
  }

  // took: milliseconds that the browser has waited.
  show(answer, timing, took) {
    const best = classes(answer);
    this.said.replaceChildren();
    this.verdict.textContent = best.length ? printable(best[0].label) : '';
    this.bars.forEach(({ label, text, element }, i) => {
      element.hidden = !best[i];
      if (!best[i]) return;
      label.textContent = printable(best[i].label);
      text.textContent = best[i].text;
      element.style.setProperty('--share', `${best[i].share * 100}%`);
    });
    this.showTimes(serverTiming(timing), took);
    this.outputs.replaceChildren(
      table(['name', 'type', 'shape', 'range', 'values'], answer.outputs.map(outputRow)),
    );
    this.details.hidden = false;
  }

  showTimes(stages, took) {
    this.split.hidden = Object.keys(stages).length === 0;
    this.segments.forEach((segment, i) =>
      segment.style.setProperty('flex-grow', 1000 * (stages[STAGES[i]] ?? 0)),
    );
    this.times.replaceChildren(
      ...STAGES.filter((name) => name in stages).map((name) =>
        h('span', { class: `time ${name}` }, name, ' ', h('b', {}, milliseconds(stages[name]))),
      ),
      h('span', { class: 'time' }, 'seen from here ', h('b', {}, milliseconds(took))),
    );
  }
}
