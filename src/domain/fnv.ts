/**
 * FNV-1a over the code points of a text, in 32 bits: to spread things, or to name one shortly and always alike. It keeps nobody
 * out. Source: Fowler, Noll, Vo, "FNV Hash".
 */
export function fnv1a(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}
