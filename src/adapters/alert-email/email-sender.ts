import { createTransport } from 'nodemailer';
import { linesOf, titleOf } from '../../domain/alerts/message-text.ts';
import { AlertSendError, type AlertSender } from '../../ports/alert-sender.ts';
import type { Secret } from '../../ports/secret.ts';

export interface EmailOptions {
  /** `smtp://user:password@host:587`, or `smtps:`. */
  server: Secret;
  from: string;
  to: readonly string[];
}

/** How long each step of the conversation with the mail server may take. */
const stepMs = 10_000;

export const emailSender = ({ server, from, to }: EmailOptions): AlertSender => ({
  name: 'email',
  async send(message) {
    const transport = createTransport(server.reveal(), {
      from,
      ...{ connectionTimeout: stepMs, greetingTimeout: stepMs, socketTimeout: stepMs },
    });
    try {
      await transport.sendMail({
        from,
        to: [...to],
        subject: titleOf(message),
        text: `${linesOf(message).join('\n\n')}\n`,
        // A mail that was sent twice is then shown once by most readers.
        messageId: `<${message.id}@bellows>`,
      });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      // Its words may repeat what was said to the server.
      throw new AlertSendError(`the mail server did not take it: ${code}`);
    } finally {
      transport.close();
    }
  },
});
