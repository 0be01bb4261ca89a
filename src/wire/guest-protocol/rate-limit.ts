/** A bucket of tokens: `burst` at once, `perSecond` in the long run. Pure: the time is handed in. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number | undefined;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes `count` tokens and gives how many milliseconds to wait before the next are taken; 0 when none. */
  take(count: number, nowMs: number): number {
    const passed = Math.max(0, nowMs - (this.#at ?? nowMs));
    this.#tokens = Math.min(this.#burst, this.#tokens + (passed * this.#perSecond) / 1000) - count;
    this.#at = nowMs;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1000) / this.#perSecond);
  }
}
