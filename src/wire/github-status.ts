// The summary of a page of statuspage.io, which GitHub's is (https://www.githubstatus.com/api: "summary"), as far as we use it.
// Tolerant: what is unknown is passed over, what is too long is cut, for it gets into texts for people.

import { z } from 'zod';
import type { PageIncident, StatusPage } from '../domain/github-status/page.ts';
import { instantOf } from '../domain/time.ts';

export const summaryPath = '/api/v2/summary.json';

const words = (longest: number) =>
  z.string().transform((text) => text.replace(/\p{Cc}/gu, ' ').slice(0, longest));

const component = z.object({ name: words(100), status: words(40) });

const incident = z.object({
  name: words(200),
  status: words(40),
  impact: words(40).catch('minor'),
  created_at: z.string().nullish(),
  shortlink: z.string().nullish(),
  components: z.array(z.object({ name: words(100) })).nullish(),
});

const summary = z.object({
  components: z.array(component).max(1000),
  incidents: z.array(incident).max(1000),
});

const over: ReadonlySet<string> = new Set(['resolved', 'postmortem', 'completed']);

/** Undefined when it is no such summary. */
export function statusPageIn(body: unknown): StatusPage | undefined {
  const parsed = summary.safeParse(body);
  if (!parsed.success) return undefined;
  const { components, incidents } = parsed.data;
  return { components, incidents: incidents.filter(({ status }) => !over.has(status)).map(incidentOf) };
}

function incidentOf({
  name,
  impact,
  created_at,
  shortlink,
  components,
}: z.infer<typeof incident>): PageIncident {
  const postedMs = Date.parse(created_at ?? '');
  const link = URL.parse(shortlink ?? '');
  const isWeb = link !== null && ['http:', 'https:'].includes(link.protocol) && link.href.length <= 300;
  return {
    ...{ title: name, impact },
    ...(!Number.isNaN(postedMs) && { postedAt: instantOf(postedMs) }),
    ...(isWeb && { url: link.href }),
    components: (components ?? []).map((one) => one.name),
  };
}
