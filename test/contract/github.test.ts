// One suite, two players: the simulator without HTTP, and the real adapter that speaks to the simulator over HTTP.

import { OctokitGitHub } from '../../src/adapters/github/octokit-github.ts';
import { openMemoryStore } from '../../src/adapters/store-memory/memory-store.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { Secret } from '../../src/ports/secret.ts';
import { VirtualClock } from '../../src/sim/clock.ts';
import { startSimGithubServer } from '../../src/sim/github/http/server.ts';
import { InProcessGitHub } from '../../src/sim/github/in-process-api.ts';
import { InProcessGitHubHook } from '../../src/sim/github/in-process-hook.ts';
import { SimGithub } from '../../src/sim/github/sim-github.ts';
import { seededRandom } from '../../src/sim/github/stage.ts';
import { githubContract } from './github.ts';

githubContract('in process', async (options) => {
  const clock = new VirtualClock();
  const sim = new SimGithub({ clock, random: seededRandom('contract'), ...options });
  return {
    github: new InProcessGitHub(sim),
    hook: new InProcessGitHubHook(sim),
    sim,
    clock,
    pass: (ms) => clock.advance(ms),
    close: async () => {},
  };
});

githubContract('over HTTP', async (options) => {
  const clock = new SystemClock();
  const sim = new SimGithub({ clock, random: seededRandom('contract'), ...options });
  const server = await startSimGithubServer({ github: sim });
  const github = new OctokitGitHub({
    appId: server.app.id,
    privateKey: new Secret(server.app.privateKey),
    apiUrl: server.apiUrl,
    userAgent: 'bellows/test',
    clock,
    store: openMemoryStore(),
    lookShare: 0.6,
  });
  return { github, hook: github, sim, clock, pass: (ms) => clock.sleep(ms), close: () => server.close() };
});
