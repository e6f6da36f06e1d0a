// Asks the daemon. Paths are relative to the page, so that it works behind a proxy's prefix, too.
import * as token from './token.js';

class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status; // 0: there was no answer
  }
}

const UNREACHABLE = 'The daemon does not answer.';

// An error as the daemon words it, or as HTTP does where something else has answered.
function errorOf(status, text) {
  try {
    return new ApiError(JSON.parse(text).error ?? `HTTP status ${status}`, status);
  } catch {
    return new ApiError(`HTTP status ${status}`, status);
  }
}

// A Response that is not an error. Asks for a token where one is needed, and tries again.
export async function call(path, options = {}) {
  const { method = 'GET', body, type, accept = 'application/json', signal } = options;
  const headers = { Accept: accept, ...options.headers, ...token.headers() };
  if (type) headers['Content-Type'] = type;
  let response;
  try {
    response = await fetch(path, { method, body, headers, signal, cache: 'no-store' });
  } catch (error) {
    throw error.name === 'AbortError' ? error : new ApiError(UNREACHABLE, 0);
  }
  if (response.ok) return response;
  const error = errorOf(response.status, await response.text());
  // Another request's asking may have brought a token meanwhile.
  const isOld = headers.Authorization !== token.headers().Authorization;
  if (error.status === 401 && (isOld || (await token.ask())))
    return call(path, options);
  throw error;
}

export async function json(path, options) {
  return (await call(path, options)).json();
}

export async function text(path) {
  return (await call(path, { accept: 'text/plain' })).text();
}

export const modelPath = (name, rest = '') => `models/${encodeURIComponent(name)}${rest}`;

// As call, for large bodies: fetch does not tell how much has been sent. Resolves to the JSON.
export function upload(path, body, { method = 'POST', type, onprogress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    for (const [name, value] of Object.entries(token.headers())) request.setRequestHeader(name, value);
    if (type) request.setRequestHeader('Content-Type', type);
    request.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
    request.onload = () =>
      request.status < 400
        ? resolve(JSON.parse(request.responseText))
        : reject(errorOf(request.status, request.responseText));
    request.onerror = () => reject(new ApiError(UNREACHABLE, 0));
    request.onabort = () => reject(new ApiError('The upload was cancelled.', 0));
    signal?.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}
