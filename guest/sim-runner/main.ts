// A small stand-in for GitHub's own runner, for the simulator and for images without the real one: the same just-in-time
// configuration, status lines and exit codes, and `run:` steps for real. It starts fast, so it imports little.

import { type JitConfiguration, readJitConfiguration } from './jit-configuration.ts';
import { exitCodes, listen } from './listener.ts';

const help = `Usage: sim-runner run [--jitconfig CONFIG]

Takes one job from the simulated GitHub, runs it, and ends. The working directory is the runner's root: credentials are
written there and removed at the end, jobs work below it.

  --jitconfig CONFIG  the just-in-time configuration; better given as ACTIONS_RUNNER_INPUT_JITCONFIG, since other
                      users of the machine can read arguments

Exit codes: 0 the job has ended, well or not, or the registration is gone; 1 the configuration is refused; 2 GitHub could
not be reached; 5 the runner has a session elsewhere; 100 to 105 the job's result, when
ACTIONS_RUNNER_RETURN_JOB_RESULT_FOR_HOSTED=1.
`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    return 0;
  }
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const at = args.indexOf('--jitconfig');
  const given = at >= 0 ? args[at + 1] : process.env.ACTIONS_RUNNER_INPUT_JITCONFIG;
  // What the job can read in its environment must not hold the key of its runner (I8).
  delete process.env.ACTIONS_RUNNER_INPUT_JITCONFIG;
  let configuration: JitConfiguration;
  try {
    configuration = readJitConfiguration(given ?? '');
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return exitCodes.terminated;
  }
  const shutdown = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => shutdown.abort());
  const { ACTIONS_RUNNER_RETURN_JOB_RESULT_FOR_HOSTED: returnResult, ...environment } = process.env;
  return listen({
    configuration,
    root: process.cwd(),
    environment,
    print,
    shutdown: shutdown.signal,
    returnJobResult: returnResult === '1' || returnResult === 'true',
  });
}

// Ending at once: the HTTP client would keep its connections, and the process, for some seconds more.
process.exit(await main(process.argv.slice(2)));
