// A browser as far as signing in needs one: it keeps cookies for each host, follows no redirect by itself.

export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  async go(url: string, init: RequestInit = {}): Promise<Response> {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string>), ...(cookie !== '' && { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  cookie(url: string, name: string): string | undefined {
    return this.#cookies.get(new URL(url).host)?.get(name);
  }
}

/** Where a redirect leads. */
export function locationOf(response: Response): string {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`${response.status} is no redirect`);
  return new URL(location, response.url).href;
}

/** Presses a person's button on the simulated GitHub's page; undefined presses Cancel. */
export const decide = (browser: Browser, page: string, login: string | undefined): Promise<Response> => {
  const { origin, pathname, searchParams } = new URL(page);
  const body = new URLSearchParams([...searchParams, ['login', login ?? '']]);
  return browser.go(`${origin}${pathname}`, { method: 'POST', body });
};
