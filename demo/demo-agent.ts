export interface DemoAgent {
  /** Dies as by `kill -9`, and starts again. Its VMs live on. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}
