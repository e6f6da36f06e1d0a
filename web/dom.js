// Builds elements. Text becomes text nodes, never HTML: names come out of models and files.

const SVG = 'http://www.w3.org/2000/svg';

function apply(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name.startsWith('--')) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? '' : value);
  }
}

function build(element, attributes, children) {
  apply(element, attributes);
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

// h('a', {href: '#x', onclick: f, '--share': '40%'}, 'text', [more elements])
export function h(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

export const $ = (id) => document.getElementById(id);

// A fact under its label, as an instrument shows it.
export function fact(label, ...value) {
  return h('div', { class: 'fact' }, h('dt', {}, label), h('dd', {}, ...value));
}

// What is wider than its place is a stop of the tab key, so that arrow keys can move it.
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const place = target.closest('.scroll');
    if (place) place.tabIndex = place.scrollWidth > place.clientWidth ? 0 : -1;
  }
});

export function table(heads, rows) {
  const place = h(
    'div',
    { class: 'scroll', role: 'group', 'aria-label': heads.join(', ') },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          heads.map((head) => h('th', { scope: 'col' }, head)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((row) =>
          h(
            'tr',
            {},
            row.map((cell) => h('td', {}, cell)),
          ),
        ),
      ),
    ),
  );
  widths.observe(place);
  widths.observe(place.firstChild);
  return place;
}

// A button that does something that takes a while, and nothing meanwhile. It is not disabled then: that would
// take the focus from it.
export function action(label, attributes, work) {
  const button = h(
    'button',
    {
      ...attributes,
      onclick: async () => {
        if (button.ariaDisabled === 'true') return;
        button.ariaDisabled = 'true';
        await work();
        button.ariaDisabled = null;
      },
    },
    label,
  );
  return button;
}

// A failure in the daemon's own words.
export function failure(error) {
  return h('p', { class: 'failure', role: 'alert' }, error.message ?? String(error));
}

// Asks before what cannot be undone. Resolves to true or false.
export function confirmed(question, verb) {
  return new Promise((resolve) => {
    const dialog = h(
      'dialog',
      {
        'aria-label': question,
        onclose: () => {
          dialog.remove();
          resolve(dialog.returnValue === 'yes');
        },
      },
      h(
        'form',
        { method: 'dialog' },
        h('p', {}, question),
        h(
          'div',
          { class: 'row end' },
          h('button', { value: 'no' }, 'Keep'),
          h('button', { value: 'yes', class: 'danger' }, verb),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
