// Try it: a picture, a tensor or a drawing goes to a model, and its answer is shown.
import { h, $ } from '../dom.js';
import * as api from '../api.js';
import { Answer } from './answer.js';
import { bytes, printable, shape } from '../format.js';
import { Pad, padSize } from './pad.js';
import { ACCEPTED, EXTENSIONS, read } from './tensor.js';
import { tried, watch } from '../state.js';

const BEST = 5;
const answer = new Answer();
const pad = new Pad(() => drawn());
const choice = h('select', { id: 'try-model', onchange: () => choose(choice.value) });
const takes = h('span', { class: 'hint', id: 'try-takes' });
const picture = h('img', { class: 'picture', alt: '', hidden: true });
const fileName = h('p', { class: 'file-name' });
const input = h('input', {
  type: 'file',
  id: 'try-file',
  accept: ACCEPTED,
  class: 'hidden-input',
  onchange: () => input.files[0] && take(input.files[0]),
});
const offered = { what: h('b'), kinds: h('small') }; // what may be dropped
const zone = h(
  'label',
  { class: 'drop', for: 'try-file', id: 'try-drop' },
  input,
  picture,
  h(
    'span',
    { class: 'drop-text' },
    offered.what,
    ' or choose one',
    offered.kinds,
  ),
  fileName,
);

let models = []; // ready ones
let model = null;
let current = 0; // number of the newest request: older answers are not shown
let drawing = false; // a drawing is being asked for
let drawnAgain = false;

async function ask({ body, type, query }) {
  const turn = ++current;
  const asked = model;
  const begin = performance.now();
  try {
    const response = await api.call(`predict?model=${encodeURIComponent(asked.name)}&k=${BEST}${query}`, {
      method: 'POST',
      body,
      type,
    });
    const result = await response.json();
    tried.set(asked.name, { version: asked.version, body, type, query });
    if (turn === current)
      answer.show(result, response.headers.get('Server-Timing'), performance.now() - begin);
  } catch (error) {
    if (turn === current) answer.fail(error);
  }
}

function showPicture(file) {
  if (picture.src) URL.revokeObjectURL(picture.src);
  picture.hidden = !file;
  if (file) picture.src = URL.createObjectURL(file);
  else picture.removeAttribute('src');
}

async function take(file) {
  if (!model) return;
  zone.classList.add('full');
  fileName.textContent = `${printable(file.name)}, ${bytes(file.size)}`;
  try {
    const tensor = await read(file);
    showPicture(tensor.picture ? file : null);
    await ask(tensor);
  } catch (error) {
    showPicture(null);
    answer.fail(error);
  }
  input.value = ''; // the same file may be chosen again
}

// What a model is asked with: a picture, one tensor, or several in one file.
function askFor({ inputs }) {
  const [{ datatype, preprocess }] = inputs;
  const raw = EXTENSIONS[datatype] ? `.${EXTENSIONS[datatype]}, ` : '';
  const [what, kinds] =
    inputs.length > 1
      ? [
          `Drop a .json with its ${inputs.length} inputs`,
          `{"inputs": [{"name": "${printable(inputs[0].name)}", "shape": […], "data": […]}, …]}`,
        ]
      : preprocess
        ? ['Drop a picture', `JPEG, PNG; tensors as ${raw}.npy, .json`]
        : ['Drop a tensor', `${raw}.npy, .json`];
  offered.what.textContent = what;
  offered.kinds.textContent = kinds;
}

// While one drawing is on its way, only the newest of those that follow is kept.
async function drawn() {
  if (pad.empty) {
    current++;
    answer.clear();
  }
  drawnAgain = !pad.empty;
  if (drawing) return;
  drawing = true;
  while (drawnAgain) {
    drawnAgain = false;
    await ask({ body: pad.tensor(padSize(model)), type: 'application/octet-stream', query: '' });
  }
  drawing = false;
}

function choose(name) {
  const next = models.find((one) => one.name === name) ?? models[0] ?? null;
  const same = next && model?.name === next.name;
  model = next;
  $('try').hidden = !model;
  if (!model || same) return;
  choice.value = model.name;
  takes.textContent = model.inputs
    .map((port) => `${printable(port.name)} ${port.datatype} ${shape(port.shape)}`)
    .join(', ');
  askFor(model);
  pad.element.hidden = !padSize(model);
  pad.wipe();
  showPicture(null);
  fileName.textContent = '';
  zone.classList.remove('full');
  current++;
  answer.clear();
}

function offer(list) {
  models = list.filter((one) => one.state !== 'UNAVAILABLE');
  choice.replaceChildren(...models.map(({ name }) => h('option', { value: name }, name)));
  choose(model?.name);
  if (model) choice.value = model.name;
}

// A drop anywhere on the panel counts; so does a picture that is pasted.
function listen(panel) {
  const over = (on) => () => zone.classList.toggle('over', on);
  panel.addEventListener('dragover', (event) => event.preventDefault());
  panel.addEventListener('dragenter', over(true));
  panel.addEventListener('dragleave', (event) => panel.contains(event.relatedTarget) || over(false)());
  panel.addEventListener('drop', (event) => {
    event.preventDefault();
    over(false)();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
  document.addEventListener('paste', (event) => {
    const file = [...event.clipboardData.files].find(({ type }) => type.startsWith('image/'));
    if (file) take(file);
  });
}

export function start() {
  $('try-panel').replaceChildren(
    h('div', { class: 'row try-head' }, h('label', { for: 'try-model' }, 'Model'), choice, takes),
    h('div', { class: 'try-body' }, h('div', { class: 'try-input' }, pad.element, zone), answer.element),
  );
  listen($('try'));
  watch('models', offer);
}

// For a button elsewhere.
export function tryModel(name) {
  choose(name);
  $('try').scrollIntoView({ behavior: 'smooth', block: 'start' });
  choice.focus({ preventScroll: true });
}
