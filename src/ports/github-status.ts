import type { StatusReading } from '../domain/github-status/feed-state.ts';

/** GitHub's public status page. */
export interface GitHubStatusFeed {
  /** The page as it is now, or why it could not be read: it never throws, and takes some seconds at most. */
  read(): Promise<StatusReading>;
}
