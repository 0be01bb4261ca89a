// Who calls our API, and what that lets them do (I9). Every endpoint declares one rule, and `refusalFor` is the one place
// where a rule is judged; which rows a caller sees is judged by `sees`, for lists in the query itself.

/** The lower-cased accounts whose work one sees. */
export type Reach = 'all' | readonly string[];

export interface Caller {
  kind: 'nobody' | 'admin' | 'person' | 'token';
  /** For the audit log: a login at GitHub, a token with its name, the admin token. */
  name: string;
  /** The same for all calls with one credential; not secret. */
  key: string;
  reach: Reach;
  mayOperate: boolean;
  /** The person's id at GitHub, also behind a token that they made. */
  person?: number;
  /** What they showed, for ending or revoking it; absent for the admin token. */
  credential?: { kind: 'session'; hash: string } | { kind: 'token'; id: string };
}

/** The operators' own token, which sees everything. */
export const admin: Caller = {
  kind: 'admin',
  name: 'the admin token',
  key: 'admin',
  reach: 'all',
  mayOperate: true,
};

export const nobody: Caller = { kind: 'nobody', name: 'nobody', key: 'nobody', reach: [], mayOperate: false };

/**
 * Who may call an endpoint:
 * - `anyone`: nobody needs to say who they are;
 * - `self`: whoever is signed in, about themselves only;
 * - `member`: whoever sees at least one account, and gets nothing that belongs to others;
 * - `operator-of`: who may change things, for accounts that they see;
 * - `operator`: who may change things and sees everything.
 */
export const accessRules = ['anyone', 'self', 'member', 'operator-of', 'operator'] as const;
export type AccessRule = (typeof accessRules)[number];

export type AccessRefusal = 'sign-in' | 'no-account' | 'not-operator';

/** Undefined: the caller may go on. */
export function refusalFor(rule: AccessRule, { kind, reach, mayOperate }: Caller): AccessRefusal | undefined {
  if (rule === 'anyone') return undefined;
  if (kind === 'nobody') return 'sign-in';
  if (rule === 'self') return undefined;
  if (reach !== 'all' && reach.length === 0) return 'no-account';
  if (rule === 'member') return undefined;
  if (!mayOperate) return 'not-operator';
  return rule === 'operator-of' || reach === 'all' ? undefined : 'not-operator';
}

/** @param owner lower-cased. */
export const sees = ({ reach }: Pick<Caller, 'reach'>, owner: string): boolean =>
  reach === 'all' || reach.includes(owner);

/** For the filter of a list: the accounts whose rows the caller sees. */
export const ownersSeen = ({ reach }: Pick<Caller, 'reach'>): { owners?: readonly string[] } =>
  reach === 'all' ? {} : { owners: reach };

/** What is in both. */
export function narrowed(reach: Reach, to: Reach): Reach {
  if (reach === 'all') return to;
  return to === 'all' ? reach : reach.filter((owner) => to.includes(owner));
}
