import type { Checker } from './checker.ts';

/** One of each, for one run. */
export const allCheckers = (): readonly Checker[] => [];
