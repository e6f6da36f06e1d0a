// What the panels share: they are told of the models that there are, and of what /metrics says.
import * as api from './api.js';
import { parse } from './metrics.js';

const listeners = { models: [], metrics: [], reach: [] };
export const tried = new Map(); // a model's name to its last request: {version, body, type, query}
let known = '';

// kind: models (the list has changed), metrics (every second), reach (is the daemon there?).
export function watch(kind, listener) {
  listeners[kind].push(listener);
}

function tell(kind, value) {
  for (const listener of listeners[kind]) listener(value);
}

export async function refreshModels() {
  const answer = (await api.json('models')).models;
  const text = JSON.stringify(answer);
  if (text === known) return;
  known = text;
  tell('models', answer);
}

async function poll(turn) {
  try {
    const sample = { at: performance.now() / 1000, metrics: parse(await api.text('metrics')) };
    if (turn % 3 === 0) await refreshModels();
    tell('reach', null);
    tell('metrics', sample);
  } catch (error) {
    tell('reach', error);
  }
}

// Once a second, and only while somebody looks.
export async function run() {
  for (let turn = 0; ; turn++) {
    if (document.visibilityState === 'hidden')
      await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
    const next = new Promise((resolve) => setTimeout(resolve, 1000));
    await poll(turn);
    await next;
  }
}
