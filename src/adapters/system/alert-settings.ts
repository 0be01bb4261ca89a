// Where alerts go. Addresses that are secrets by themselves come from files (I8).

import { type AlertRule, alertRules } from '../../domain/alerts/rules.ts';
import { names, path, text } from './parsers.ts';
import { optional, setting } from './setting.ts';

export const alertSettings = {
  alertDiscordFile: optional(
    'BELLOWS_ALERT_DISCORD_FILE',
    path,
    'File with the address of a Discord webhook: alerts go to its channel.',
  ),
  alertSlackFile: optional(
    'BELLOWS_ALERT_SLACK_FILE',
    path,
    'File with the address of an incoming webhook of Slack.',
  ),
  alertWebhookFile: optional(
    'BELLOWS_ALERT_WEBHOOK_FILE',
    path,
    'File with the address of a receiver of your own, and on its second line the secret with which each request is signed.',
  ),
  alertSmtpFile: optional(
    'BELLOWS_ALERT_SMTP_FILE',
    path,
    'File with the mail server, as `smtp://user:password@mail.example:587`.',
  ),
  alertMailFrom: optional('BELLOWS_ALERT_MAIL_FROM', text, 'From whom alerts by e-mail come.'),
  alertMailTo: setting('BELLOWS_ALERT_MAIL_TO', '', names, 'Who gets alerts by e-mail, separated by commas.'),
  alertsOff: setting(
    'BELLOWS_ALERTS_OFF',
    '',
    rules,
    `Alert rules that are switched off, separated by commas: ${alertRules.map((rule) => `\`${rule}\``).join(', ')}.`,
  ),
} as const;

function rules(value: string): readonly AlertRule[] {
  return names(value).map((name) => {
    const rule = alertRules.find((one) => one === name);
    if (rule === undefined) throw new Error(`there is no alert rule "${name}"`);
    return rule;
  });
}
