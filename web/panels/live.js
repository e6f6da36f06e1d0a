// Live: inference time, requests a second, and the queue, from what /metrics has grown by.
import { $ } from '../dom.js';
import { milliseconds } from '../format.js';
import { grown, quantile, sum } from '../metrics.js';
import { Plot } from '../plot.js';
import { watch } from '../state.js';

const STAGE = 'cayuco_stage_seconds';
const WINDOW = 5; // samples: what a quantile is made of
const INFER = { stage: 'infer' };

const few = (value) => (value >= 10 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1));

export function start() {
  const time = new Plot(
    'Inference',
    [
      { name: 'p95', kind: 'soft' },
      { name: 'p50', kind: 'line' },
    ],
    { format: (value) => milliseconds(value * 1000), least: 0.0001 },
  );
  const rate = new Plot('Requests / s', [{ kind: 'area' }], { format: few, least: 5 });
  const queue = new Plot(
    'Queue',
    [
      { name: 'waiting', kind: 'area' },
      { name: 'running', kind: 'soft' },
    ],
    { format: few, least: 2 },
  );
  const samples = [];

  $('live').replaceChildren(time.element, rate.element, queue.element);
  watch('metrics', (sample) => {
    samples.push(sample);
    if (samples.length > WINDOW + 1) samples.shift();
    queue.add([sum(sample.metrics, 'cayuco_queue_length'), sum(sample.metrics, 'cayuco_sessions_busy')]);
    if (samples.length < 2) return;
    const [oldest, last] = [samples[0], samples.at(-2)];
    rate.add([grown(last.metrics, sample.metrics, `${STAGE}_count`, INFER) / (sample.at - last.at)]);
    time.add([0.95, 0.5].map((q) => quantile(oldest.metrics, sample.metrics, STAGE, INFER, q)));
  });
}
