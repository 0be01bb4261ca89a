import type { Command, Outcome } from './outcome.ts';

/** `bellows login`: the device flow of GitHub, with the control plane between. */
export const login = (): Command => async (api, terminal) => {
  const begun = await api.call('startDeviceSignIn');
  if (!begun.ok) return { ok: false, message: begun.problem.detail };
  const { deviceCode, userCode, url, expiresInSeconds } = begun.value;
  terminal.say(`Open ${url} and enter the code ${userCode}`);
  let { intervalSeconds } = begun.value;
  for (let waited = 0; waited < expiresInSeconds; waited += intervalSeconds) {
    await terminal.pause(intervalSeconds * 1000);
    const answer = await api.call('pollDeviceSignIn', { body: { deviceCode } });
    if (!answer.ok) return { ok: false, message: answer.problem.detail };
    const { session, login: who = '', expiresAt = '' } = answer.value;
    if (session !== undefined) return keep(await terminal.credentials.keep(session), who, expiresAt);
    intervalSeconds = Math.max(intervalSeconds, answer.value.intervalSeconds ?? 0);
  }
  return { ok: false, message: 'Nobody entered the code in time. Begin again: bellows login' };
};

const keep = (file: string, who: string, expiresAt: string): Outcome => ({
  ok: true,
  json: { login: who, expiresAt, file },
  text: `You are signed in as ${who} until ${expiresAt}. The session is in ${file}.`,
});

/** `bellows logout`: ends the session here and at the control plane. */
export const logout =
  (): Command =>
  async (_api, { credentials }) => {
    // Not with the token of the environment, which would be revoked.
    const api = await credentials.client();
    if (api === undefined) return { ok: false, message: 'You are not signed in here: bellows login' };
    const ended = await api.call('signOut');
    // One that has run out there is only to be forgotten here.
    if (!ended.ok && ended.problem.status !== 401) return { ok: false, message: ended.problem.detail };
    await credentials.forget();
    return { ok: true, json: {}, text: 'You are signed out.' };
  };

/** `bellows whoami` */
export const whoami = (): Command => async (api) => {
  const answer = await api.call('me');
  if (!answer.ok) return { ok: false, message: answer.problem.detail };
  const { name, accounts, mayOperate } = answer.value;
  const { csrfToken: _, ...json } = answer.value;
  const seen = accounts === 'all' ? 'everything' : accounts.join(', ') || 'nothing that is served here';
  const does = mayOperate ? 'You may change things.' : 'You may only look.';
  return { ok: true, json, text: `You are ${name}. You see ${seen}. ${does}` };
};
