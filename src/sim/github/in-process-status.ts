// GitHub's status page without HTTP.

import type { StatusReading } from '../../domain/github-status/feed-state.ts';
import type { GitHubStatusFeed } from '../../ports/github-status.ts';
import { statusPageIn } from '../../wire/github-status.ts';
import type { SimGithub } from './sim-github.ts';

export class InProcessGitHubStatus implements GitHubStatusFeed {
  readonly #github: SimGithub;

  constructor(github: SimGithub) {
    this.#github = github;
  }

  async read(): Promise<StatusReading> {
    const { status, text } = this.#github.statusPage.answer();
    if (status !== 200) return { kind: 'unreachable', why: `it answered ${status}` };
    const page = text.startsWith('{') ? statusPageIn(JSON.parse(text)) : undefined;
    return page === undefined
      ? { kind: 'unreachable', why: 'its answer is not understood' }
      : { kind: 'page', page };
  }
}
