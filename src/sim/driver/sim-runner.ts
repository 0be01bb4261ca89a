// What runs inside a simulated VM in the runner's place.

/** The runner's side of a simulated VM. */
export interface RunnerIo {
  /** Aborts when the VM's power is cut: nothing more may happen. */
  cut: AbortSignal;
  /** Aborts when the runner is asked to end (SIGTERM). */
  terminate: AbortSignal;
  /** The simulated VM's boot id. */
  bootId: string;
  /** Proxy settings and the like, as the host configured them. */
  environment: Readonly<Record<string, string>>;
  listening(): void;
  jobStarted(jobName: string): void;
  jobEnded(jobName: string, result: string): void;
  /** A line of its output. */
  print(line: string): void;
}

/** Runs with a JIT configuration until its one job is done; gives the exit code of GitHub's runner. */
export type SimRunner = (jitConfig: string, io: RunnerIo) => Promise<number>;
