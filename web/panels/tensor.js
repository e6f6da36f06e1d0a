// Turns a chosen file into the body of a /predict: a picture, raw bytes, JSON, or NumPy's .npy.

export const EXTENSIONS = { FP32: 'f32', INT32: 'i32', INT64: 'i64', UINT8: 'u8' }; // of raw elements
const RAW = /\.(f32|i32|i64|u8|bin)$/i;
const NPY_TYPES = ['<f4', '<i4', '<i8', '|u1', '|i1', '<f8', '<f2', '<i2'];
const starts = (bytes, ...magic) => magic.every((byte, i) => bytes[i] === byte);

export const ACCEPTED = 'image/jpeg,image/png,.jpg,.jpeg,.png,.f32,.i32,.i64,.u8,.bin,.json,.npy';

// The header of .npy is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 10), }
function fromNpy(buffer) {
  const view = new DataView(buffer);
  const wide = view.getUint8(6) >= 2;
  const begin = wide ? 12 : 10;
  const end = begin + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder('latin1').decode(buffer.slice(begin, end));
  const type = /'descr': *'([^']*)'/.exec(header)?.[1];
  const dims = /'shape': *\(([^)]*)\)/
    .exec(header)?.[1]
    .split(',')
    .map((dim) => dim.trim())
    .filter(Boolean);
  if (!NPY_TYPES.includes(type) || !dims)
    throw new Error(`This .npy has elements of type ${type ?? 'unknown'}.`);
  if (/'fortran_order': *True/.test(header))
    throw new Error('This .npy is in column order; save it with numpy.ascontiguousarray.');
  return {
    body: buffer.slice(end),
    type: 'application/octet-stream',
    query: `&shape=${dims.join('x')}`,
  };
}

function fromJson(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error.message}.`);
  }
  return {
    body: Array.isArray(value) ? JSON.stringify({ data: value }) : text,
    type: 'application/json',
    query: '',
  };
}

// {body, type, query, picture}. What a picture is, its first bytes say.
export async function read(file) {
  const buffer = await file.arrayBuffer();
  const bytes = new Uint8Array(buffer, 0, Math.min(8, buffer.byteLength));
  if (starts(bytes, 0xff, 0xd8, 0xff))
    return { body: file, type: 'image/jpeg', query: '', picture: true };
  if (starts(bytes, 0x89, 0x50, 0x4e, 0x47))
    return { body: file, type: 'image/png', query: '', picture: true };
  if (starts(bytes, 0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)) return fromNpy(buffer);
  if (/\.json$/i.test(file.name)) return fromJson(new TextDecoder().decode(buffer));
  if (RAW.test(file.name))
    return { body: buffer, type: 'application/octet-stream', query: '' };
  throw new Error('This is neither a JPEG or PNG picture nor a tensor (.f32, .i32, .i64, .u8, .json, .npy).');
}
