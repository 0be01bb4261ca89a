// Where the control planes send their alerts in the simulation: somebody's chat, which takes what comes.

import type { AlertMessage } from '../../domain/alerts/tell.ts';
import type { AlertSender } from '../../ports/alert-sender.ts';

export interface Receipt {
  message: AlertMessage;
  /** The process that sent it, and which of its lives. */
  server: string;
  life: number;
}

/** @param received called before the sender hears that its message was taken. */
export const alertInbox = (
  { server, life }: Pick<Receipt, 'server' | 'life'>,
  received: (receipt: Receipt) => void,
): AlertSender => ({
  name: 'inbox',
  async send(message) {
    received({ message, server, life });
  },
});
