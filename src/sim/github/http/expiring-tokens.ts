import { after, type Instant } from '../../../domain/time.ts';
import type { World } from '../world.ts';

/** Opaque tokens that stand for something until they expire. */
export class ExpiringTokens<T> {
  readonly #world: World;
  readonly #tokens = new Map<string, { value: T; expiresAt: Instant }>();

  constructor(world: World) {
    this.#world = world;
  }

  issue(prefix: string, value: T, lifetimeMs: number): { token: string; expiresAt: Instant } {
    const token = `${prefix}${this.#world.ids.hex(20)}`;
    const expiresAt = after(this.#world.clock.now(), lifetimeMs);
    this.#tokens.set(token, { value, expiresAt });
    return { token, expiresAt };
  }

  /** Undefined when the token is unknown or has expired. */
  look(token: string): T | undefined {
    const found = this.#tokens.get(token);
    if (found && found.expiresAt > this.#world.clock.now()) return found.value;
    this.#tokens.delete(token);
    return undefined;
  }

  /** As `look`, and it stands for nothing from now on. */
  take(token: string): T | undefined {
    const found = this.look(token);
    this.#tokens.delete(token);
    return found;
  }

  forget(isMeant: (value: T) => boolean): void {
    for (const [token, { value }] of this.#tokens) if (isMeant(value)) this.#tokens.delete(token);
  }
}
