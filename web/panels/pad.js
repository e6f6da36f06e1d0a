// A slate to draw on, for models with one small gray input: light strokes on black, as such models learn.
import { h } from '../dom.js';

const SIZE = 280; // pixels of the slate; CSS may show it larger or smaller
const STROKE = SIZE / 10;
const SMALL = 96; // an input of more pixels a side is no pad's

// [height, width] for a model that a pad makes sense for, else null.
export function padSize(model) {
  const dims = model.inputs?.length === 1 ? model.inputs[0].shape : [];
  const [, channels, height, width] = dims;
  return dims.length === 4 && channels === 1 && height >= 8 && width >= 8 && Math.max(height, width) <= SMALL
    ? [height, width]
    : null;
}

export class Pad {
  // onchange is called while a stroke grows, and with a slate that is empty again.
  constructor(onchange) {
    this.onchange = onchange;
    this.canvas = h('canvas', {
      id: 'pad',
      class: 'slate',
      width: SIZE,
      height: SIZE,
      'aria-label': 'Slate: draw with the pointer',
    });
    this.context = this.canvas.getContext('2d');
    this.clearButton = h('button', { class: 'quiet', onclick: () => this.clear() }, 'Clear');
    this.hint = h('p', { class: 'slate-hint' }, 'Draw here');
    this.element = h('div', { class: 'pad' }, this.canvas, this.hint, this.clearButton);
    this.canvas.addEventListener('pointerdown', (event) => this.begin(event));
    this.canvas.addEventListener('pointermove', (event) => this.draw(event));
    for (const name of ['pointerup', 'pointercancel'])
      this.canvas.addEventListener(name, () => {
        this.last = null;
      });
    this.wipe();
  }

  wipe() {
    this.context.fillStyle = '#000';
    this.context.fillRect(0, 0, SIZE, SIZE);
    this.empty = true;
    this.last = null;
    this.hint.hidden = false;
  }

  clear() {
    this.wipe();
    this.onchange();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE];
  }

  begin(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.place(event);
    this.draw(event);
  }

  draw(event) {
    if (!this.last) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    Object.assign(this.context, {
      strokeStyle: '#fff',
      lineWidth: STROKE,
      lineCap: 'round',
      lineJoin: 'round',
    });
    for (const move of moves.length ? moves : [event]) {
      const to = this.place(move);
      this.context.beginPath();
      this.context.moveTo(...this.last);
      this.context.lineTo(...to);
      this.context.stroke();
      this.last = to;
    }
    this.empty = false;
    this.hint.hidden = true;
    this.onchange();
  }

  // The drawing as float32 of the model's size: -1 is black, 1 is white.
  tensor([height, width]) {
    const small = h('canvas', { width, height });
    const context = small.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(this.canvas, 0, 0, width, height);
    const pixels = context.getImageData(0, 0, width, height).data;
    return Float32Array.from({ length: width * height }, (_, i) => (pixels[4 * i] / 255 - 0.5) / 0.5);
  }
}
