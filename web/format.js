// Numbers, sizes, times and names as people read them.

// Bytes in the units of disks: 86.6 kB, 4.2 MB.
export function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (count >= 999.5 && unit < units.length - 1) {
    count /= 1000;
    unit++;
  }
  return `${unit === 0 ? count : count.toPrecision(3)}\u00a0${units[unit]}`;
}

export function milliseconds(value) {
  if (value > 0 && value < 0.01) return `${(value * 1000).toFixed(1)} µs`;
  if (value >= 1000) return `${(value / 1000).toPrecision(3)} s`;
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

export function count(value) {
  return Math.round(value).toLocaleString('en').replaceAll(',', '\u202f');
}

export function percent(share) {
  const value = share * 100;
  if (value > 99.9 && value < 100) return '> 99.9 %';
  if (value > 0 && value < 0.1) return '< 0.1 %';
  return `${value.toFixed(1)} %`;
}

// 2 d 3 h, 3 h 12 min, 5 min, 12 s: the two largest units at the most.
export function duration(seconds) {
  const parts = [
    [86400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const first = parts.findIndex(([size]) => seconds >= size || size === 1);
  const [[size, unit], next] = parts.slice(first, first + 2);
  const whole = `${Math.floor(seconds / size)} ${unit}`;
  const rest = next && Math.floor((seconds % size) / next[0]);
  return rest && size > 60 ? `${whole} ${rest} ${next[1]}` : whole;
}

// [-1, 3, 224, 224] as ? x 3 x 224 x 224, which wraps nowhere.
export function shape(dims) {
  return dims.length ? dims.map((dim) => (dim < 0 ? '?' : dim)).join('×') : 'scalar';
}

// What would be invisible, or turn the line around, is shown as an escape.
export function printable(text) {
  return String(text).replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
