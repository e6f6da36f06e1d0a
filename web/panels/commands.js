// Lines for a shell that ask this daemon about this model, ready to be copied.
import { h } from '../dom.js';
import { EXTENSIONS } from './tensor.js';
import { isSet } from '../token.js';

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function lines(model) {
  const base = new URL('.', location.href).href;
  const predict = quote(`${base}predict?model=${encodeURIComponent(model.name)}`);
  const token = isSet() ? ' -H "Authorization: Bearer $TOKEN"' : '';
  const [input] = model.inputs;
  const body = {
    inputs: model.inputs.map(({ name, datatype, shape: dims }) => ({
      name,
      datatype,
      shape: dims.map((dim) => (dim < 0 ? 1 : dim)),
      data: ['…'],
    })),
  };
  const raw = model.inputs.length === 1 && EXTENSIONS[input.datatype];
  return [
    model.inputs.length === 1 &&
      input.preprocess && ['a picture', `curl${token} --data-binary @picture.jpg ${predict}`],
    raw && [
      'bytes',
      `curl${token} -H 'Content-Type: application/octet-stream' --data-binary @input.${raw} ${predict}`,
    ],
    [
      'JSON',
      `curl${token} -H 'Content-Type: application/json' -d ${quote(JSON.stringify(body).replaceAll('"…"', '…'))} ${predict}`,
    ],
    ['what it takes', `curl${token} ${quote(`${base}v2/models/${encodeURIComponent(model.name)}`)}`],
  ].filter(Boolean);
}

// The clipboard is only there for https and loopback: elsewhere the line is selected and copied.
async function copy(code, button) {
  const before = button.textContent;
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(code.textContent);
  } else {
    getSelection().selectAllChildren(code);
    document.execCommand('copy');
  }
  button.textContent = 'Copied';
  setTimeout(() => {
    button.textContent = before;
  }, 1500);
}

export function commands(model) {
  return h(
    'div',
    { class: 'commands' },
    lines(model).map(([what, line]) => {
      const code = h('code', {}, line);
      const button = h(
        'button',
        { class: 'quiet', 'aria-label': `Copy the line for ${what}`, onclick: () => copy(code, button) },
        'Copy',
      );
      return h('div', { class: 'command' }, h('span', { class: 'label' }, what), button, code);
    }),
  );
}
