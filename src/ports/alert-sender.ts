import type { AlertMessage } from '../domain/alerts/tell.ts';

/** Brings alerts to people. */
export interface AlertSender {
  /** Says which one, in logs and in the outbox; never an address with a secret in it. */
  readonly name: string;
  /**
   * Resolves when it was taken. May be called again with a message that was taken before: `id` is the same then.
   * @throws AlertSendError
   */
  send(message: AlertMessage): Promise<void>;
}

/** Its words hold no address and no answer's body: both may carry secrets (I8). */
export class AlertSendError extends Error {
  override readonly name = 'AlertSendError';
}
