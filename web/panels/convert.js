// Convert: a directory or an archive is dropped, named, sent, and followed until it is in service.
import { h, $, failure } from '../dom.js';
import { bytes, printable } from '../format.js';
import * as api from '../api.js';
import { JobView } from './job.js';
import { chosen, dropped, send } from './upload.js';

const NAME = '[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}';
const SHOWN = 6; // file names

const chooser = (id, attributes, take) =>
  h('input', {
    type: 'file',
    id,
    class: 'hidden-input',
    ...attributes,
    onchange: (event) => {
      take(event.target.files);
      event.target.value = '';
    },
  });
const directory = chooser('convert-directory', { webkitdirectory: true }, (files) =>
  prepare(() => chosen(files)),
);
const archive = chooser('convert-archive', { accept: '.zip,.tar,.gz,.tgz,.nb' }, (files) =>
  prepare(() => chosen(files)),
);
const name = h('input', {
  id: 'convert-name',
  required: true,
  pattern: NAME,
  maxlength: 64,
  autocomplete: 'off',
  spellcheck: 'false',
  title: 'Letters, digits, dot, underscore and hyphen',
});
const compat = h(
  'select',
  { id: 'convert-compat' },
  h('option', { value: '2.9' }, 'every Paddle-Lite from 2.9 on'),
  h('option', { value: '2.13' }, 'Paddle-Lite from 2.13 on, in the ops of its opt'),
);
const runtimes = h(
  'div',
  { class: 'row' },
  h('label', { for: 'convert-compat' }, 'The .nb is for this daemon and'),
  compat,
);
const summary = h('p', { class: 'hint', id: 'convert-files' });
const form = h(
  'form',
  {
    class: 'convert-form',
    hidden: true,
    onsubmit: (event) => {
      event.preventDefault();
      convert(name.value);
    },
  },
  h('label', { for: 'convert-name' }, 'Name of the model'),
  h('div', { class: 'row' }, name, h('button', { class: 'primary', id: 'convert-go' }, 'Convert')),
  runtimes,
  summary,
);
const said = h('div');
const jobs = h('div', { class: 'jobs', id: 'jobs' });
const zone = h(
  'div',
  { class: 'drop wide', id: 'convert-drop' },
  h(
    'span',
    { class: 'drop-text' },
    h('b', {}, 'Drop a Paddle model directory'),
    ' or an archive of it',
    h(
      'small',
      {},
      '__model__ or .pdmodel with its parameters; model.json and labels.txt may be among them; tar, tar.gz, zip; a ready .nb is served as it is',
    ),
  ),
  h(
    'div',
    { class: 'row centre' },
    directory,
    h('label', { class: 'button', for: 'convert-directory' }, 'Choose a directory'),
    archive,
    h('label', { class: 'button', for: 'convert-archive' }, 'Choose an archive'),
  ),
);

let selected = null;

async function prepare(select) {
  said.replaceChildren();
  form.hidden = true;
  try {
    selected = await select();
    const names = selected.files
      .slice(0, SHOWN)
      .map(({ path }) => printable(path))
      .join(', ');
    summary.textContent = `${selected.files.length} ${selected.files.length === 1 ? 'file' : 'files'}, ${bytes(selected.size)}: ${names}${selected.files.length > SHOWN ? ', …' : ''}`;
    name.value = selected.name;
    runtimes.hidden = Boolean(selected.ready); // it goes as it is
    form.hidden = false;
    name.focus();
    name.select();
  } catch (error) {
    said.replaceChildren(failure(error));
  }
}

async function convert(model) {
  const view = new JobView(model);
  const abort = new AbortController();
  const what = selected;
  form.hidden = true;
  jobs.prepend(view.element);
  view.cancel.onclick = () => abort.abort();
  view.element.focus(); // the form that had it is gone
  view.sending(0);
  try {
    const { job, version } = await send(what, model, compat.value, {
      onprogress: (share) => view.sending(share),
      signal: abort.signal,
    });
    if (job) await view.follow(job);
    else await view.served(version);
  } catch (error) {
    view.fail(error);
  }
}

// What was begun before the page was opened, or elsewhere.
async function resume() {
  const { jobs: known } = await api.json('jobs');
  for (const { job, model, state } of known.filter(({ state: is }) => is === 'running' || is === 'queued')) {
    const view = new JobView(model);
    jobs.prepend(view.element);
    view.show({ state, percent: 0 });
    view.follow(job);
  }
}

export async function start() {
  const panel = $('convert');
  $('convert-panel').replaceChildren(zone, said, form, jobs);
  panel.addEventListener('dragover', (event) => event.preventDefault());
  panel.addEventListener('dragenter', () => zone.classList.add('over'));
  panel.addEventListener(
    'dragleave',
    (event) => panel.contains(event.relatedTarget) || zone.classList.remove('over'),
  );
  panel.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    const files = dropped(event.dataTransfer);
    prepare(() => files);
  });
  await resume();
}
