// The service, as the page sees it. Addresses are relative, so the page also works below a path of another server.

export class ServiceError extends Error {
  constructor(status, { code, message, field } = {}) {
    super(message || `HTTP ${status}`);
    Object.assign(this, { status, code, field });
  }
}

export async function ask(path, { body, signal, language, key } = {}) {
  const headers = { Accept: "application/json" };
  // Titles by language come in the interface's language; the query's own language is the server's to guess, so it is
  // told as a wish of the reader and not as a fact about the query.
  if (language) headers["Accept-Language"] = language;
  if (key) headers.Authorization = `Bearer ${key}`; // the service's SOUK_WRITE_KEY, for the studio
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method: body ? "POST" : "GET", headers, signal, body: body && JSON.stringify(body) });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ServiceError(response.status, answer.error);
  return answer;
}

const part = encodeURIComponent;

export const indexes = () => ask("indexes");
export const search = (index, body, options) => ask(`indexes/${part(index)}/search`, { ...options, body });
export const product = (index, id, options) => ask(`indexes/${part(index)}/documents/${part(id)}`, options);
export const similar = (index, id, options) => ask(`indexes/${part(index)}/similar/${part(id)}?limit=8`, options);
