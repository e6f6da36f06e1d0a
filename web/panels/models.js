// The list of models. Rows that have not changed stay, with what is open in them.
import { h, $ } from '../dom.js';
import { ModelRow } from './model.js';
import { watch } from '../state.js';

const rows = new Map(); // name to {text, row}
let last = null;

function rowOf(model, ontry) {
  const text = JSON.stringify(model);
  const old = rows.get(model.name);
  if (old?.text === text) return old.row;
  const row = new ModelRow(model, ontry);
  if (old?.row.element.open) row.element.open = true;
  rows.set(model.name, { text, row });
  return row;
}

// Elements that are put elsewhere lose the focus. It stays with what had it, or goes to the row in its place,
// or to the list where the row has gone.
function keepFocus(place, change) {
  const focused = document.activeElement;
  const name = [...rows.keys()].find((one) => rows.get(one).row.element.contains(focused));
  change();
  if (name === undefined) return;
  const row = rows.get(name)?.row.element;
  const target = row?.contains(focused) ? focused : (row ?? place).querySelector('summary');
  (target ?? place).focus();
}

function draw(models, ontry) {
  const wanted = models.map((model) => rowOf(model, ontry));
  for (const name of rows.keys()) if (!models.some((model) => model.name === name)) rows.delete(name);
  $('models').replaceChildren(
    ...wanted.map((row) => row.element),
    models.length
      ? ''
      : h(
          'p',
          { class: 'empty' },
          'No model yet. Drop or choose a Paddle model directory under Convert, and it is served here.',
        ),
  );
}

export function start(ontry) {
  watch('models', (models) => keepFocus($('models'), () => draw(models, ontry)));
  watch('metrics', (sample) => {
    for (const { row } of rows.values()) row.update(last, sample);
    last = sample;
  });
}
