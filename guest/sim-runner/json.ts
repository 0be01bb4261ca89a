// Reading JSON that came from outside, without believing anything about it.

export type Json = Readonly<Record<string, unknown>>;

export const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown, otherwise = ''): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? otherwise : String(value);

/** An empty object when it is no JSON. */
export function parse(json: string): Json {
  try {
    return record(JSON.parse(json));
  } catch {
    // An answer of something in between, such as a proxy's error page.
    return {};
  }
}
