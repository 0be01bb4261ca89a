// From the text of an environment variable to a value. Each throws an Error that says what is wanted, without the text
// itself where that may be a secret.

import { isIPv4 } from 'node:net';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { type DurationMs, days, hours, minutes, seconds } from '../../domain/time.ts';
import { Secret } from '../../ports/secret.ts';

export const text = (value: string): string => value;
export const secret = (value: string): Secret => new Secret(value);

/** A path; `~` is the user's home. */
export const path = (value: string): string => resolve(value.replace(/^~(?=\/|$)/, homedir()));

export function flag(value: string): boolean {
  if (['true', '1', 'yes', 'on'].includes(value.toLowerCase())) return true;
  if (['false', '0', 'no', 'off'].includes(value.toLowerCase())) return false;
  throw new Error(`"${value}" is neither true nor false`);
}

export const integer =
  (min: number, max: number) =>
  (value: string): number => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    throw new Error(`"${value}" is not a whole number from ${min} to ${max}`);
  };

export const number =
  (min: number, max: number) =>
  (value: string): number => {
    const parsed = Number(value);
    if (value.trim() !== '' && parsed >= min && parsed <= max) return parsed;
    throw new Error(`"${value}" is not a number from ${min} to ${max}`);
  };

const units: Readonly<Record<string, (n: number) => DurationMs>> = {
  s: seconds,
  m: minutes,
  h: hours,
  d: days,
};

/** `90s`, `5m`, `6.5h`, `5d` */
export const duration =
  (min: DurationMs, max: DurationMs) =>
  (value: string): DurationMs => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(value.trim()) ?? [];
    const ms = unit === undefined ? undefined : units[unit]?.(Number(amount));
    if (ms === undefined) throw new Error(`"${value}" is not a time such as 90s, 5m, 6.5h or 2d`);
    if (ms < min || ms > max) throw new Error(`${value} is not between ${min / 1000}s and ${max / 1000}s`);
    return ms;
  };

export const oneOf =
  <T extends string>(...words: readonly T[]) =>
  (value: string): T => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new Error(`"${value}" is none of ${words.join(', ')}`);
    return found;
  };

/** Separated by commas, lower-cased, without empty ones. */
export const names = (value: string): readonly string[] =>
  value
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');

/** `acme=3,globex=7` */
export function numbersByName(value: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    names(value).map((pair) => {
      const [, name, number] = /^([^=]+)=(\d+)$/.exec(pair) ?? [];
      if (name === undefined) throw new Error(`"${pair}" is not of the form name=number`);
      return [name, Number(number)];
    }),
  );
}

/** An `http:` or `https:` address without a path's last slash. */
export function url(value: string): string {
  const parsed = URL.parse(value);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new Error(`"${value}" is not an address that begins with http:// or https://`);
  }
  return parsed.href.replace(/\/$/, '');
}

/** `8765`, `0.0.0.0:8765`, `[::1]:8765` */
export function hostAndPort(value: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(value) ?? [];
  if (port === undefined || Number(port) > 65_535) throw new Error(`"${value}" is not of the form host:port`);
  return { host: bracketed ?? plain ?? '127.0.0.1', port: Number(port) };
}

/** SHA-256 in hex, several separated by commas. */
export function hashes(value: string): readonly string[] {
  const all = names(value);
  if (all.every((hash) => /^[0-9a-f]{64}$/.test(hash))) return all;
  throw new Error('wants the SHA-256 of each token, 64 hex digits, separated by commas');
}

export interface Forward {
  guestAddress: string;
  guestPort: number;
  hostAddress: string;
  hostPort: number;
}

/** `10.0.2.100:80=127.0.0.1:8080`: an address of the guests' own network leads to one of the host. Several, by commas. */
export const forwards = (value: string): readonly Forward[] => names(value).map(forward);

function forward(pair: string): Forward {
  const [, guestAddress = '', last, guestPort, hostAddress = '', hostPort] =
    /^(10\.0\.2\.(\d{1,3})):(\d{1,5})=([\d.]+):(\d{1,5})$/.exec(pair) ?? [];
  // The first addresses are QEMU's own and its guests'.
  if (
    isPort(guestPort) &&
    isPort(hostPort) &&
    Number(last) >= 32 &&
    Number(last) <= 254 &&
    isIPv4(hostAddress)
  )
    return { guestAddress, guestPort: Number(guestPort), hostAddress, hostPort: Number(hostPort) };
  throw new Error(`"${pair}" is not of the form 10.0.2.N:port=address:port, with N from 32 to 254`);
}

const isPort = (text: string | undefined): boolean => Number(text) >= 1 && Number(text) <= 65_535;

/** As many as a guest takes (wire/guest-protocol). */
const mostMirrors = 4;

/** Addresses of registry mirrors, by commas. */
export function mirrors(value: string): readonly string[] {
  const all = names(value).map(url);
  if (all.length > mostMirrors) throw new Error(`more than ${mostMirrors} mirrors`);
  const long = all.find((one) => one.length > 256);
  if (long !== undefined) throw new Error(`"${long}" has more than 256 characters`);
  return all;
}

/** `mirror.internal=10.0.2.100`, as lines for `/etc/hosts`. Several, by commas. */
export const hostLines = (value: string): readonly string[] =>
  names(value).map((pair) => {
    const [, name, address = ''] = /^([a-z0-9][a-z0-9.-]{0,252})=([\d.]+)$/.exec(pair) ?? [];
    if (name !== undefined && isIPv4(address)) return `${address} ${name}`;
    throw new Error(`"${pair}" is not of the form name=address`);
  });
