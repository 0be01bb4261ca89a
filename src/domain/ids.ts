// Every id is a branded type, so that a host's id can never be passed where a VM's is meant.

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** GitHub's id of one `workflow_job`; an integer below 2^53. A re-run gets new job ids. */
export type JobId = Brand<number, 'JobId'>;
/** GitHub's id of a workflow run; kept by a re-run, which raises the run attempt. */
export type RunId = Brand<number, 'RunId'>;
/** GitHub's id of one App installation. */
export type InstallationId = Brand<number, 'InstallationId'>;
/** GitHub's id of one repository. */
export type RepositoryId = Brand<number, 'RepositoryId'>;
/** GitHub's id of one runner registration. */
export type RunnerId = Brand<number, 'RunnerId'>;
/** GitHub's id of one check run. */
export type CheckRunId = Brand<number, 'CheckRunId'>;
/** The name under which a VM's runner is registered: at most 64 characters, unique in its scope. */
export type RunnerName = Brand<string, 'RunnerName'>;
/** Our id of one VM: `vm-` and 12 characters of Crockford base 32. */
export type VmId = Brand<string, 'VmId'>;
/** Our id of one host: `host-` and 12 characters of Crockford base 32. */
export type HostId = Brand<string, 'HostId'>;
/** `X-GitHub-Delivery`: the same for every attempt to deliver one webhook. */
export type DeliveryGuid = Brand<string, 'DeliveryGuid'>;
/** Where runners are registered, as text: `org:acme#1` or `repo:acme/app`. See `scope.ts`. */
export type ScopeKey = Brand<string, 'ScopeKey'>;
/** A label set as text: the labels sorted and joined by commas. See `labels/label-set.ts`. */
export type LabelKey = Brand<string, 'LabelKey'>;
/** `sha256:` and 64 hex digits over an image's content. */
export type ImageDigest = Brand<string, 'ImageDigest'>;
/** The row id of an effect or a deadline. */
export type TaskId = Brand<string, 'TaskId'>;

export const jobId = (value: number): JobId => value as JobId;
export const runId = (value: number): RunId => value as RunId;
export const installationId = (value: number): InstallationId => value as InstallationId;
export const repositoryId = (value: number): RepositoryId => value as RepositoryId;
export const runnerId = (value: number): RunnerId => value as RunnerId;
export const checkRunId = (value: number): CheckRunId => value as CheckRunId;
export const runnerName = (value: string): RunnerName => value as RunnerName;
export const vmId = (value: string): VmId => value as VmId;
export const hostId = (value: string): HostId => value as HostId;
export const deliveryGuid = (value: string): DeliveryGuid => value as DeliveryGuid;
export const imageDigest = (value: string): ImageDigest => value as ImageDigest;
export const taskId = (value: string): TaskId => value as TaskId;
