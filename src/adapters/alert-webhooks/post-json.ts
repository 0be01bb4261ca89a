import { AlertSendError } from '../../ports/alert-sender.ts';

const sendMs = 10_000;

/** @param what names the receiver in errors: its address may hold a secret. */
export async function postJson(
  what: string,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  let status: number;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(sendMs),
    });
    await response.body?.cancel();
    status = response.status;
  } catch (error) {
    // The chain of fetch's errors names the address.
    throw new AlertSendError(`${what} cannot be reached: ${codeOf(error)}`);
  }
  if (status < 200 || status > 299) throw new AlertSendError(`${what} answered ${status}`);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name;
}
