/**
 * The host's processes. Which are ours is read from the processes themselves, not from files of ours, so that what a
 * crashed agent left behind is found as well.
 */
export interface ProcessTable {
  /**
   * Every live process that was started with the environment variable `name`, with its value there. Children inherit the
   * mark. Processes of other users are seen by root only.
   */
  marked(name: string): Promise<readonly MarkedProcess[]>;
  /**
   * Every live process among whose arguments `flag` stands with a value after it, with that value: for programs that wipe
   * their environment.
   */
  flagged(flag: string): Promise<readonly FlaggedProcess[]>;
  /** A process that has ended and waits to be reaped is not alive. */
  isAlive(process: ProcessIdentity): Promise<boolean>;
  /** Ends it at once (SIGKILL), if it is still the same process. One that is gone is success. */
  kill(process: ProcessIdentity): Promise<void>;
}

/** A process id comes again, the pair of it and the start time does not until the host boots. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after the host's boot (proc(5), /proc/pid/stat, field 22). */
  readonly startTicks: number;
}

export interface MarkedProcess extends ProcessIdentity {
  readonly value: string;
  /** Program and arguments. */
  readonly command: readonly string[];
}

/** Anybody may give his process any argument, so it is told whose it is. */
export interface FlaggedProcess extends MarkedProcess {
  /** The user that it runs as. */
  readonly uid: number;
}
