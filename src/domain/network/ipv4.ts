// IPv4 addresses as the unsigned numbers that they are. IPv6 is closed to guests, so the plan has none.

/** A block of addresses: `base` has no bit set beyond `bits`. */
export interface Ipv4Range {
  base: number;
  /** Length of the prefix, 0 to 32. */
  bits: number;
}

const addressForm = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** Undefined for what is no address in dotted form. A leading zero is refused: some read it as octal. */
export function parseIpv4(text: string): number | undefined {
  const bytes = addressForm.exec(text)?.slice(1).map(Number);
  if (bytes === undefined || bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/**
 * Reads `10.200.0.0/16`, or an address alone as a block of one. Undefined when it is neither, and when the address has bits
 * beyond the prefix: whoever writes `10.0.0.5/8` means something else than he says.
 */
export function parseIpv4Range(text: string): Ipv4Range | undefined {
  const [address = '', length = '32', ...rest] = text.split('/');
  const base = parseIpv4(address);
  const bits = /^(0|[1-9]\d?)$/.test(length) ? Number(length) : 33;
  if (base === undefined || bits > 32 || rest.length > 0) return undefined;
  return base === firstOf(base, bits) ? { base, bits } : undefined;
}

export function formatIpv4Range({ base, bits }: Ipv4Range): string {
  return `${formatIpv4(base)}/${bits}`;
}

/** The block of this prefix length that an address lies in. */
export function rangeAround(address: number, bits: number): Ipv4Range {
  return { base: firstOf(address, bits), bits };
}

export function sizeOf({ bits }: Ipv4Range): number {
  return 2 ** (32 - bits);
}

export function contains({ base, bits }: Ipv4Range, address: number): boolean {
  return firstOf(address, bits) === base;
}

export function overlap(one: Ipv4Range, other: Ipv4Range): boolean {
  return one.bits <= other.bits ? contains(one, other.base) : contains(other, one.base);
}

function firstOf(address: number, bits: number): number {
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) * size;
}
