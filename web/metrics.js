// Reads the text of /metrics, and makes rates and quantiles of two of them.

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

// Map of a metric's name to its samples: {key, labels, value}.
export function parse(text) {
  const metrics = new Map();
  for (const line of text.split('\n')) {
    const match = line.startsWith('#') ? null : LINE.exec(line);
    if (!match) continue;
    const [, name, key = '', value] = match;
    const labels = Object.fromEntries([...key.matchAll(LABEL)].map((label) => [label[1], label[2]]));
    if (!metrics.has(name)) metrics.set(name, []);
    metrics.get(name).push({ key, labels, value: Number(value) });
  }
  return metrics;
}

const matches = (sample, labels) =>
  Object.entries(labels).every(([name, value]) => sample.labels[name] === value);

// The samples of a metric that have these labels, added up.
export function sum(metrics, name, labels = {}) {
  return (metrics.get(name) ?? [])
    .filter((sample) => matches(sample, labels))
    .reduce((total, sample) => total + sample.value, 0);
}

// How much the samples have grown. One that is new, or smaller, has begun again from 0.
function growth(before, after, name, labels) {
  const old = new Map((before.get(name) ?? []).map((sample) => [sample.key, sample.value]));
  return (after.get(name) ?? [])
    .filter((sample) => matches(sample, labels))
    .map((sample) => {
      const from = old.get(sample.key) ?? 0;
      return { labels: sample.labels, value: sample.value >= from ? sample.value - from : sample.value };
    });
}

export function grown(before, after, name, labels = {}) {
  return growth(before, after, name, labels).reduce((total, sample) => total + sample.value, 0);
}

// Seconds below which a share q of what a histogram has counted meanwhile lies: evenly spread within
// a bucket, as Prometheus reckons. null: it has counted nothing.
export function quantile(before, after, name, labels, q) {
  const counts = new Map(); // by upper bound
  for (const sample of growth(before, after, `${name}_bucket`, labels)) {
    const bound = sample.labels.le === '+Inf' ? Infinity : Number(sample.labels.le);
    counts.set(bound, (counts.get(bound) ?? 0) + sample.value);
  }
  const buckets = [...counts].sort(([a], [b]) => a - b);
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return null;
  let low = 0,
    below = 0;
  for (const [bound, upTo] of buckets) {
    if (upTo >= q * total && upTo > below)
      return bound === Infinity ? low : low + ((bound - low) * (q * total - below)) / (upTo - below);
    [low, below] = [bound, upTo];
  }
  return low;
}
