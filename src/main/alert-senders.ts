// The senders that the configuration asks for.

import { emailSender } from '../adapters/alert-email/email-sender.ts';
import { discordSender, slackSender, webhookSender } from '../adapters/alert-webhooks/senders.ts';
import type { alertSettings } from '../adapters/system/alert-settings.ts';
import { readSecrets } from '../adapters/system/secret-file.ts';
import type { ValuesOf } from '../adapters/system/setting.ts';
import type { AlertSender } from '../ports/alert-sender.ts';

/** @throws in words for the operator when a file cannot be read or something is missing. */
export async function alertSenders(values: ValuesOf<typeof alertSettings>): Promise<readonly AlertSender[]> {
  const senders: AlertSender[] = [];
  const { alertDiscordFile, alertSlackFile, alertWebhookFile, alertSmtpFile } = values;
  if (alertDiscordFile !== undefined) {
    for (const url of (await readSecrets(alertDiscordFile)).slice(0, 1)) senders.push(discordSender(url));
  }
  if (alertSlackFile !== undefined) {
    for (const url of (await readSecrets(alertSlackFile)).slice(0, 1)) senders.push(slackSender(url));
  }
  if (alertWebhookFile !== undefined) {
    const [url, secret] = await readSecrets(alertWebhookFile);
    if (url === undefined || secret === undefined)
      throw new Error(`${alertWebhookFile} wants two lines: the address, and the secret to sign with`);
    senders.push(webhookSender(url, secret));
  }
  if (alertSmtpFile !== undefined) {
    const [server] = await readSecrets(alertSmtpFile);
    const { alertMailFrom: from, alertMailTo: to } = values;
    if (server === undefined || from === undefined || to.length === 0)
      throw new Error('alerts by e-mail want BELLOWS_ALERT_MAIL_FROM and BELLOWS_ALERT_MAIL_TO, too');
    senders.push(emailSender({ server, from, to }));
  }
  return senders;
}
