import { describe, expect, it } from 'vitest';
import { findings } from './watchdog.ts';

const limits = { idleMs: 1000, noWorkerMs: 60, staysMs: 50 };

describe('the watchdog', () => {
  it('finds a runner idle that has listened in vain, and no other', () => {
    expect(findings({ workerSeen: false }, limits, 9999)).toEqual([]);
    expect(findings({ startedAt: 0, workerSeen: false }, limits, 9999)).toEqual([]);
    const listening = { startedAt: 0, listeningAt: 100, workerSeen: false };
    expect(findings(listening, limits, 1099)).toEqual([]);
    expect(findings(listening, limits, 1100)).toEqual(['idle']);
    expect(findings({ ...listening, jobStartedAt: 200, workerSeen: true }, limits, 9999)).toEqual([]);
  });

  it('finds a job that was taken and has no worker', () => {
    const taken = { startedAt: 0, listeningAt: 1, jobStartedAt: 10, workerSeen: false };
    expect(findings(taken, limits, 69)).toEqual([]);
    expect(findings(taken, limits, 70)).toEqual(['no-worker']);
    expect(findings({ ...taken, workerSeen: true }, limits, 9999)).toEqual([]);
    expect(findings(taken, { ...limits, noWorkerMs: undefined }, 9999)).toEqual([]);
  });

  it('finds a runner that went away under its job, or stays after it', () => {
    const job = { startedAt: 0, listeningAt: 1, jobStartedAt: 10, workerSeen: true };
    expect(findings({ ...job, exitedAt: 20 }, limits, 20)).toEqual(['runner-gone']);
    expect(findings({ ...job, jobEndedAt: 20 }, limits, 69)).toEqual([]);
    expect(findings({ ...job, jobEndedAt: 20 }, limits, 70)).toEqual(['runner-stays']);
    expect(findings({ ...job, jobEndedAt: 20, exitedAt: 30 }, limits, 9999)).toEqual([]);
  });
});
