// A small plot of the last minutes: lines over time, their newest values, and those under the pointer.
import { h, svg } from './dom.js';

const WIDTH = 180; // samples
const HEIGHT = 46;
const TOP = 3;

// Points as a path; null is a gap. A single point between gaps is a short dash.
function pathOf(values, y) {
  const begin = WIDTH - values.length;
  let path = '',
    open = false;
  values.forEach((value, i) => {
    if (value !== null) path += `${open ? 'L' : 'M'}${begin + i} ${y(value)}${open ? '' : 'h.5'}`;
    open = value !== null;
  });
  return path;
}

function areaOf(values, y) {
  const begin = WIDTH - values.length;
  const points = values.map((value, i) => `L${begin + i} ${y(value ?? 0)}`).join('');
  return values.length ? `M${begin} ${HEIGHT}${points}V${HEIGHT}Z` : '';
}

// The next of 1, 2, 5, 10, ... so that the scale seldom jumps.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

// series: [{name, kind}] with kind line, soft or area. format: of a value; least: the smallest scale.
export class Plot {
  constructor(title, series, { format, least }) {
    this.series = series;
    this.format = format;
    this.least = least;
    this.values = series.map(() => []);
    this.lines = series.map(({ kind }) => svg('path', { class: `plot-${kind}` }));
    this.hair = svg('line', { class: 'plot-hair', y1: 0, y2: HEIGHT, visibility: 'hidden' });
    this.picture = svg(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
      this.lines,
      this.hair,
    );
    this.numbers = series.map(() => h('b', {}, '–'));
    this.top = h('span', { class: 'plot-top' });
    this.when = h('span', { class: 'plot-when' }, '3 min');
    this.element = h(
      'figure',
      { class: 'plot' },
      h(
        'figcaption',
        {},
        h('span', { class: 'label' }, title),
        h(
          'span',
          { class: 'plot-numbers' },
          series.map(({ name, kind }, i) =>
            h('span', { class: name && `key ${kind}` }, name && `${name} `, this.numbers[i]),
          ),
        ),
      ),
      h('div', { class: 'plot-frame' }, this.picture, this.top),
      h('div', { class: 'plot-axis' }, this.when, h('span', {}, 'now')),
    );
    this.title = title;
    this.write();
    this.picture.addEventListener('pointermove', (event) => this.point(event));
    this.picture.addEventListener('pointerleave', () => this.point(null));
  }

  add(values) {
    this.values.forEach((list, i) => {
      list.push(values[i]);
      if (list.length > WIDTH) list.shift();
    });
    this.draw();
  }

  draw() {
    const scale = ceiling(Math.max(this.least, ...this.values.flat()));
    const y = (value) => (HEIGHT - ((HEIGHT - TOP) * value) / scale).toFixed(1);
    this.lines.forEach((line, i) =>
      line.setAttribute('d', (this.series[i].kind === 'area' ? areaOf : pathOf)(this.values[i], y)),
    );
    this.top.textContent = this.format(scale);
    this.write();
  }

  // Shows the values at a sample under the pointer, or the newest ones.
  point(event) {
    const box = this.picture.getBoundingClientRect();
    this.at = event && Math.round(((event.clientX - box.left) / box.width) * WIDTH);
    this.hair.setAttribute('visibility', event ? 'visible' : 'hidden');
    if (event) {
      this.hair.setAttribute('x1', this.at);
      this.hair.setAttribute('x2', this.at);
    }
    this.write();
  }

  write() {
    const back = this.at ? WIDTH - this.at : 1;
    this.when.textContent = this.at ? `${back} s ago` : '3 min';
    this.numbers.forEach((number, i) => {
      const value = this.values[i].at(-back);
      number.textContent = value === null || value === undefined ? '–' : this.format(value);
    });
    this.picture.setAttribute(
      'aria-label',
      `${this.title}: ${this.series
        .map(({ name }, i) => `${name ?? ''} ${this.numbers[i].textContent}`)
        .join(', ')}`,
    );
  }
}
