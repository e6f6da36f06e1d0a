// The board: what it is, its cores, heat and memory. Asked every five seconds.
import { h, $, fact } from '../dom.js';
import * as api from '../api.js';
import { bytes, duration, printable } from '../format.js';
import { sum } from '../metrics.js';
import { watch } from '../state.js';

const SETS = { ref: 'plain C', dot: 'dot product', vnni: 'VNNI', avx2: 'AVX2', neon: 'NEON' };
const REASONS = {
  under_voltage: 'weak power',
  frequency_capped: 'clock is capped',
  throttled: 'throttled',
  temperature_limit: 'too warm',
};
const EVERY = 5; // seconds
const HOT = 80; // degrees Celsius: about where boards begin to slow down

function gauge(share, text, warn = false) {
  return h('span', {
    class: warn ? 'gauge warn' : 'gauge',
    '--share': `${Math.min(100, share * 100)}%`,
    role: 'img',
    'aria-label': text,
  });
}

function cluster({ first, cpus, max_mhz: max, mhz }) {
  const last = first + cpus - 1;
  return h(
    'li',
    {},
    h(
      'span',
      { class: 'core-names' },
      `${cpus} ${cpus === 1 ? 'core' : 'cores'}`,
      h('small', {}, cpus === 1 ? `cpu ${first}` : `cpu ${first}–${last}`),
    ),
    max > 0 && mhz > 0
      ? [h('b', {}, `${mhz}`, h('small', {}, ` of ${max} MHz`)), gauge(mhz / max, `${mhz} of ${max} MHz`)]
      : max > 0 && h('small', {}, `${max} MHz`),
  );
}

// Why a Raspberry Pi is not as fast as it could be, now or some time since it was started.
function slowdown({ now, since_boot: before }) {
  const shown = now.length ? now : before;
  return (
    shown.length > 0 &&
    fact(
      now.length ? 'Slowed down now' : 'Slowed down since its start',
      shown.map((reason) => h('span', { class: now.length ? 'chip warn' : 'chip' }, REASONS[reason] ?? reason)),
    )
  );
}

function draw(board, resident) {
  const { total, available } = board.memory;
  const used = total - available;
  $('board-name').textContent = printable(board.name);
  $('uptime').textContent = `up ${duration(board.uptime)}`;
  $('board').replaceChildren(
    h('ul', { class: 'cores' }, board.clusters.map(cluster)),
    h(
      'dl',
      { class: 'facts' },
      board.celsius !== null &&
        fact(
          'Temperature',
          `${board.celsius.toFixed(0)} °C`,
          gauge(board.celsius / 100, 'of 100 °C', board.celsius >= HOT),
        ),
      board.throttled && slowdown(board.throttled),
      total > 0 &&
        fact(
          'Memory in use',
          bytes(used),
          h('small', {}, ` of ${bytes(total)}`),
          gauge(used / total, 'of all memory', used > 0.9 * total),
        ),
      fact('This daemon', bytes(resident), h('small', {}, ' resident')),
      fact(
        'Instructions',
        board.kernels.split(' ').map((set) => h('span', { class: 'chip' }, SETS[set] ?? set)),
      ),
    ),
  );
}

export async function start() {
  let age = EVERY;
  watch('metrics', async ({ metrics }) => {
    if (age++ < EVERY) return;
    age = 1;
    try {
      draw(await api.json('board'), sum(metrics, 'process_resident_memory_bytes'));
    } catch {
      age = EVERY; // the header tells that the daemon is not reached
    }
  });
  $('version').textContent = (await api.json('v2')).version;
}
