// Discord, Slack and any other receiver of JSON over HTTP.

import { createHmac } from 'node:crypto';
import { linesOf, titleOf } from '../../domain/alerts/message-text.ts';
import type { AlertMessage } from '../../domain/alerts/tell.ts';
import { toIso } from '../../domain/time.ts';
import type { AlertSender } from '../../ports/alert-sender.ts';
import type { Secret } from '../../ports/secret.ts';
import { postJson } from './post-json.ts';

/** Discord refuses a message of more characters (Discord's documentation, "Create Message", content). */
const discordLength = 2000;
/** Slack cuts a text off beyond (Slack's documentation, "chat.postMessage", truncating content). */
const slackLength = 40_000;

const textOf = (message: AlertMessage, longest: number): string => {
  const text = [`**${titleOf(message)}**`, ...linesOf(message)].join('\n');
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
};

/** @param url a webhook of a channel, which is a secret by itself. */
export const discordSender = (url: Secret): AlertSender => ({
  name: 'discord',
  send: (message) =>
    postJson(
      'Discord',
      url.reveal(),
      // Names come from other people's workflow files: none may call a whole channel.
      JSON.stringify({ content: textOf(message, discordLength), allowed_mentions: { parse: [] } }),
    ),
});

/** @param url an incoming webhook of Slack's, which is a secret by itself. */
export const slackSender = (url: Secret): AlertSender => ({
  name: 'slack',
  send: (message) =>
    postJson('Slack', url.reveal(), JSON.stringify({ text: escaped(textOf(message, slackLength)) })),
});

/** Slack's own rule for text: these three would begin links and mentions. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('**', '*');

const signatureHeader = 'x-bellows-signature-256';

/** @param secret with it the body is signed as GitHub signs its webhooks: HMAC-SHA256, in hex. */
export const webhookSender = (url: Secret, secret: Secret): AlertSender => ({
  name: 'webhook',
  send: (message) => {
    const body = JSON.stringify({
      id: message.id,
      at: toIso(message.at),
      title: titleOf(message),
      items: message.items.map((item) => ({ ...item, since: toIso(item.since) })),
    });
    const signature = createHmac('sha256', secret.reveal()).update(body).digest('hex');
    const headers = { [signatureHeader]: `sha256=${signature}`, 'x-bellows-alert': message.id };
    return postJson('the webhook', url.reveal(), body, headers);
  },
});
