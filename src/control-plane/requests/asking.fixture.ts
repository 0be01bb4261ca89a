import { vm } from '../../../test/contract/store/things.ts';
import { admin, type Caller } from '../../domain/access/caller.ts';
import { defaultTiming } from '../../domain/lifecycle/deadlines.ts';
import { defaultCapacityPolicy } from '../../domain/scheduling/capacity.ts';
import type { Instant } from '../../domain/time.ts';
import { silentLog } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import { seededRandom } from '../../sim/github/stage.ts';
import { type ApiAnswer, answered } from '../../wire/api/endpoint.ts';
import {
  type AnswerOf,
  type CallOf,
  type EndpointName,
  endpoints,
  type RequestOf,
} from '../../wire/api/endpoints.ts';
import { apiHandlers } from './api.ts';
import type { RequestDeps } from './deps.ts';

/** Where a handler is asked. What a test says nothing of mends nothing and has no lines. */
export interface Asked extends Partial<Pick<RequestDeps, 'repair' | 'readLog'>> {
  store: Store;
  now: Instant;
}

/** The answer of an endpoint that refuses nothing here. */
export async function askAt<N extends EndpointName>(
  at: Asked,
  name: N,
  call: CallOf<N> = {},
  caller: Caller = admin,
): Promise<AnswerOf<N>> {
  const answer = await answerAt(at, name, call, caller);
  if (!answer.ok) throw new Error(`refused: ${answer.problem.status} ${answer.problem.detail}`);
  return answer.value;
}

/** Calls handlers as the server does: with what the schemas make of the request, and the answer as they let it out. */
export async function answerAt<N extends EndpointName>(
  { store, now, repair, readLog }: Asked,
  name: N,
  call: CallOf<N> = {},
  caller: Caller = admin,
): Promise<ApiAnswer<AnswerOf<N>>> {
  const neverAsked = new Proxy({} as never, {
    get: () => {
      throw new Error('GitHub was asked');
    },
  });
  const handlers = apiHandlers({
    store,
    clock: { now: () => now, sleep: () => Promise.resolve() },
    random: seededRandom(`${name} ${now}`),
    log: silentLog,
    settings: { timing: defaultTiming, capacity: defaultCapacityPolicy, image: vm(1).image },
    repair: repair ?? (async () => ({ mended: [], failed: [] })),
    readLog: readLog ?? (async () => []),
    readAgentLog: async () => [],
    restartAgent: async () => ({ refused: 'this is a test' }),
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
  const answer: ApiAnswer<AnswerOf<N>> = await handlers[name](request, caller);
  return answer.ok ? answered(endpoint.answer.parse(answer.value) as AnswerOf<N>) : answer;
}
