// The token that a daemon may want: asked for once, kept for this tab, sent with every request.
import { h, $ } from './dom.js';

const KEY = 'cayuco-token';
let asking = null; // a promise, while the dialog is open

export function headers() {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

export function isSet() {
  return sessionStorage.getItem(KEY) !== null;
}

function keep(token) {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
  $('token').hidden = !token;
}

function dialog(why, resolve) {
  const field = h('input', {
    type: 'password',
    name: 'token',
    autocomplete: 'off',
    'aria-label': 'Token',
    autofocus: true,
  });
  const box = h(
    'dialog',
    {
      id: 'token-dialog',
      'aria-labelledby': 'token-title',
      onclose: () => {
        box.remove();
        asking = null;
        if (box.returnValue === 'use') keep(field.value.trim());
        if (box.returnValue === 'forget') keep('');
        resolve(box.returnValue === 'use' && field.value.trim() !== '');
      },
    },
    h(
      'form',
      { method: 'dialog' },
      h('h2', { id: 'token-title' }, 'Token'),
      h('p', {}, why),
      field,
      h('p', { class: 'hint' }, 'It stays in this tab and is forgotten when the tab closes.'),
      h(
        'div',
        { class: 'row end' },
        isSet() && h('button', { type: 'button', onclick: () => box.close('forget') }, 'Forget'),
        h('button', { value: 'use', class: 'primary' }, 'Use it'),
      ),
    ),
  );
  document.body.append(box);
  box.showModal();
}

// The daemon's words are for those who send headers.
const reason = () =>
  isSet() ? 'The token is wrong.' : 'The daemon wants a token: that in the file that its setting token_file names.';

// Resolves to true when there is another token to try. All who ask meanwhile get the same answer.
export function ask(why = reason()) {
  asking ??= new Promise((resolve) => dialog(why, resolve));
  return asking;
}

export function start() {
  $('token').hidden = !isSet();
  $('token').addEventListener('click', async () => {
    if (await ask('Another token, for example the administrator\u2019s.')) location.reload();
  });
}
