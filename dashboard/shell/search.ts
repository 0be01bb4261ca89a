/** The parameters of the page's address with one of them changed; an empty value takes it away. */
export function changed(old: URLSearchParams, key: string, value: string): URLSearchParams {
  const next = new URLSearchParams(old);
  if (value === '') next.delete(key);
  else next.set(key, value);
  return next;
}
