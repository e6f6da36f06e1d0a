// What a user drops or chooses to be converted: the files of a directory, or an archive; and sends it.
import * as api from '../api.js';
import { printable } from '../format.js';

const MOST_FILES = 4096; // as the daemon takes by default
const ARCHIVES = [
  [/\.zip$/i, 'application/zip'],
  [/\.(tar\.gz|tgz)$/i, 'application/gzip'],
  [/\.tar$/i, 'application/x-tar'],
];
const TOPOLOGY = /^(__model__|model|.*\.pdmodel|inference\.json)$/;
const BESIDE = ['model.json', 'labels.txt'];

const READY = /\.nb$/i; // what needs no conversion
const archiveType = (name) => ARCHIVES.find(([pattern]) => pattern.test(name))?.[1];
const folder = (path) => path.slice(0, path.lastIndexOf('/') + 1);
const base = (path) => path.slice(path.lastIndexOf('/') + 1);

// A name that the daemon takes for a model, out of the name of a file or directory.
function modelName(text) {
  return text
    .replace(/\.(zip|tar\.gz|tgz|tar|nb)$/i, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64);
}

function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

// readEntries gives a few at a time, and none at the end.
async function entriesOf(directory) {
  const reader = directory.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
    if (all.length > MOST_FILES) throw new Error(`More than ${MOST_FILES} files.`);
  }
}

async function walk(roots) {
  const files = [];
  const waiting = [...roots];
  while (waiting.length) {
    const entry = waiting.shift();
    if (entry.isDirectory) waiting.push(...(await entriesOf(entry)));
    else files.push({ path: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry) });
    if (files.length > MOST_FILES) throw new Error(`More than ${MOST_FILES} files.`);
  }
  return files;
}

// Entries must be taken before the first await: a drop is gone afterwards.
export async function dropped(transfer) {
  const roots = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  return selection(roots.length ? await walk(roots) : chosenFiles(transfer.files));
}

function chosenFiles(list) {
  return [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

export const chosen = (list) => selection(chosenFiles(list));

// The folder nearest to the top that has a topology; null: there is none.
function modelFolder(files) {
  const homes = new Set(files.filter(({ path }) => TOPOLOGY.test(base(path))).map(({ path }) => folder(path)));
  const depth = (path) => path.split('/').length;
  const least = Math.min(...[...homes].map(depth));
  const nearest = [...homes].filter((path) => depth(path) === least);
  if (nearest.length > 1)
    throw new Error(
      `There are ${nearest.length} models in it: ${nearest
        .slice(0, 4)
        .map((path) => printable(base(path.slice(0, -1))))
        .join(', ')}${nearest.length > 4 ? ', …' : ''}. Drop or choose one of them.`,
    );
  return nearest[0] ?? null;
}

// Of all files those of the model: they lie beside its topology, and model.json and labels.txt beside it or
// above. What has no topology is sent as it is, and the daemon says what it misses.
function modelFiles(files) {
  const home = modelFolder(files);
  if (home === null) return files;
  const near = BESIDE.map(
    (name) =>
      files
        .filter(({ path }) => base(path) === name && home.startsWith(folder(path)))
        .sort((a, b) => b.path.length - a.path.length)[0],
  ).filter(Boolean);
  const own = files.filter(({ path }) => path.startsWith(home) && !near.some((one) => one.path === path));
  return [
    ...own.map(({ path, file }) => ({ path: path.slice(home.length), file })),
    ...near.map(({ path, file }) => ({ path: base(path), file })),
  ];
}

// {name, size, files, archive, ready}: the last two are the one file that there is, if it is such a one.
function selection(files) {
  if (files.length === 0) throw new Error('There is no file in it.');
  const root = files[0].path.split('/')[0];
  const only = files.length === 1 ? files[0].file : null;
  const archive = only && archiveType(only.name) ? only : null;
  const ready = only && READY.test(only.name) ? only : null;
  const sent = archive ? files : modelFiles(files);
  return {
    name: modelName(archive || ready || files[0].path.includes('/') ? root : ''),
    files: sent,
    archive,
    ready,
    size: sent.reduce((total, { file }) => total + file.size, 0),
  };
}

// Resolves to the job; or, of a .nb, to the model.
export function send({ files, archive, ready }, name, compat, options) {
  if (ready)
    return api.upload(api.modelPath(name), ready, { ...options, method: 'PUT', type: 'application/octet-stream' });
  const path = `convert?name=${encodeURIComponent(name)}&compat=${compat}`;
  if (archive) return api.upload(path, archive, { ...options, type: archiveType(archive.name) });
  const form = new FormData();
  for (const { path: where, file } of files) form.append('file', file, where);
  return api.upload(path, form, options);
}
