import { vm } from '../../../test/contract/store/things.ts';
import { admin, type Caller } from '../../domain/access/caller.ts';
import { defaultTiming } from '../../domain/lifecycle/deadlines.ts';
import type { Instant } from '../../domain/time.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import { seededRandom } from '../../sim/github/stage.ts';
import {
  type AnswerOf,
  type CallOf,
  type EndpointName,
  endpoints,
  type RequestOf,
} from '../../wire/api/endpoints.ts';
import { apiHandlers } from './api.ts';

const log: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };

/** Calls handlers as the server does: with what the schemas make of the request, and the answer as they let it out. */
export async function askAt<N extends EndpointName>(
  { store, now }: { store: Store; now: Instant },
  name: N,
  call: CallOf<N> = {},
  caller: Caller = admin,
): Promise<AnswerOf<N>> {
  const neverAsked = new Proxy({} as never, {
    get: () => {
      throw new Error('GitHub was asked');
    },
  });
  const handlers = apiHandlers({
    store,
    clock: { now: () => now, sleep: () => Promise.resolve() },
    random: seededRandom(`${name} ${now}`),
    log,
    settings: { timing: defaultTiming, image: vm(1).image },
    repair: async () => ({ mended: [], failed: [] }),
    readLog: async () => [],
    readAgentLog: async () => [],
    github: neverAsked,
    hook: neverAsked,
    check: { appId: 1, publicUrl: undefined, owners: [], runnerGroups: {} },
  });
  const endpoint = endpoints[name];
  const request = {
    params: endpoint.params.parse(call.params ?? {}),
    query: endpoint.query.parse(call.query ?? {}),
    body: endpoint.body.parse(call.body ?? {}),
  } as RequestOf<N>;
  const answer = await handlers[name](request, caller);
  if (!answer.ok) throw new Error(`refused: ${answer.problem.status} ${answer.problem.detail}`);
  return endpoint.answer.parse(answer.value) as AnswerOf<N>;
}
