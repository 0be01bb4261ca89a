// Which failures mean what, by SQLSTATE (PostgreSQL manual, appendix A) or by Node's code.

import { StaleWriteError, StoreUnavailableError } from '../../ports/store.ts';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: check that PostgreSQL runs, and that the address is right.',
  ENOENT: 'Its socket is not there: check that PostgreSQL runs.',
  ENOTFOUND: 'The name of its host is not known: check DATABASE_URL.',
  EAI_AGAIN: 'The name of its host cannot be looked up now: check the DNS.',
  EHOSTUNREACH: 'Its host cannot be reached: check the network.',
  ETIMEDOUT: 'Its host does not answer: check the network and the firewall.',
  ECONNRESET: 'The connection broke.',
  EPIPE: 'The connection broke.',
  '57P01': 'It is being stopped or restarted.',
  '57P02': 'It crashed and recovers.',
  '57P03': 'It is starting up or shutting down.',
  '57P04': 'The database was dropped.',
  '57P05': 'It ended an idle connection.',
  '53100': 'Its disk is full: free some space there.',
  '53200': 'It is out of memory.',
  '53300': 'It takes no more connections: raise max_connections, or let each Bellows use fewer.',
  '25006': 'It is read-only: check that DATABASE_URL names the primary server.',
  '28000': 'It refuses the user: check DATABASE_URL and pg_hba.conf.',
  '28P01': 'It refuses the password: check DATABASE_URL.',
  '3D000': 'There is no such database: make it with `createdb`.',
};

/** The failure as the port names it; what is no outage stays as it is. */
export function classified(error: unknown, place: string): unknown {
  if (error instanceof StoreUnavailableError || !(error instanceof Error)) return error;
  const reason = reasons[codeOf(error)] ?? broken(error);
  if (reason === undefined) return error;
  const message = `PostgreSQL (${place}) is not available. ${reason}`;
  return new StoreUnavailableError(message, { cause: error });
}

/** The transaction met another one, and run again it may go through. */
export function isRetryable(error: unknown): boolean {
  return (
    error instanceof StaleWriteError ||
    ['40001', '40P01', '25P02'].includes(codeOf(error)) ||
    isMissingPartition(error)
  );
}

/** A partition that we knew was dropped by somebody else's retention. */
export function isMissingPartition(error: unknown): boolean {
  return codeOf(error) === '23514' && error instanceof Error && error.message.includes('no partition');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

// What `pg` says without a code, and the class 08 (connection exception).
function broken(error: Error): string | undefined {
  if (
    /^08/.test(codeOf(error)) ||
    /Connection terminated|client has encountered a connection error/i.test(error.message)
  ) {
    return 'The connection broke.';
  }
  if (/timeout exceeded when trying to connect|timeout expired/.test(error.message)) {
    return 'No connection was free or came up in time: it is overloaded, or does not answer.';
  }
  if (/Cannot use a pool after calling end/.test(error.message)) return 'The store is closed.';
  return undefined;
}
