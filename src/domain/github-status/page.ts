// GitHub's status page as we read it: what is wrong in the parts that a self-hosted runner and its job need.

import type { Owner } from '../attribution/owners.ts';
import type { Instant } from '../time.ts';

/** The page as it was read, unknown components included. */
export interface StatusPage {
  readonly components: readonly { readonly name: string; readonly status: string }[];
  /** Those that are not resolved. */
  readonly incidents: readonly PageIncident[];
}

export interface PageIncident {
  readonly title: string;
  /** `none`, `minor`, `major`, `critical`. */
  readonly impact: string;
  readonly postedAt?: Instant;
  readonly url?: string;
  /** The names of the components that it is about. */
  readonly components: readonly string[];
}

/** One component that is not well. */
export interface PageTrouble {
  readonly component: string;
  readonly status: string;
  readonly postedAt?: Instant;
  readonly title?: string;
  readonly url?: string;
}

/** Names of components as the page spells them. */
const actions = 'Actions';
const api = 'API Requests';
const webhooks = 'Webhooks';
const git = 'Git Operations';
const packages = 'Packages';

/** What of GitHub each owner's time needs; with none of it, the page is no witness. */
export const neededBy: Readonly<Record<Owner, readonly string[]>> = {
  'github-delivery': [webhooks, actions],
  'github-api': [api, actions],
  'github-assignment': [actions],
  bellows: [api, webhooks, actions],
  // Many jobs at once after a jam are more than the fleet has room for.
  fleet: [actions, webhooks],
  host: [],
  network: [actions, api],
  workflow: [actions, api, git, packages],
};

/** All of them, by name. */
export const neededComponents: readonly string[] = [...new Set(Object.values(neededBy).flat())].sort();

/** What is wrong in the components that somebody here needs, one for each of them, by name. */
export function troublesOn({ components, incidents }: StatusPage): readonly PageTrouble[] {
  return neededComponents.flatMap((component): PageTrouble[] => {
    const status = components.find(({ name }) => name === component)?.status ?? wellWord;
    const about = incidents.find((one) => one.components.includes(component));
    if (about === undefined) return status === wellWord ? [] : [{ component, status }];
    const { title, postedAt, url, impact } = about;
    // The component is sometimes coloured minutes after its incident was posted.
    const word = status === wellWord ? impact : status;
    if (word === 'none') return [];
    const more = { ...(postedAt !== undefined && { postedAt }), ...(url !== undefined && { url }) };
    return [{ component, status: word, title, ...more }];
  });
}

const wellWord = 'operational';
