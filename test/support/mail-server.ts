// A mail server that takes everything and keeps what it got: as much of SMTP (RFC 5321) as a client needs.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface MailServer {
  readonly port: number;
  /** Each mail as it came, headers and body. */
  readonly mails: readonly string[];
  /** While true it takes nothing, for now. */
  busy: boolean;
  close(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const mails: string[] = [];
  const state = { busy: false };
  const server = createServer((socket) => converse(socket, mails, state));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(state, {
    port: (server.address() as AddressInfo).port,
    mails,
    async close() {
      server.close();
      await once(server, 'close');
    },
  });
}

function converse(socket: Socket, mails: string[], state: { busy: boolean }): void {
  let text = '';
  let isMail = false;
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  socket.on('error', () => socket.destroy());
  say('220 mail.test');
  socket.on('data', (chunk) => {
    text += String(chunk);
    for (;;) {
      const end = isMail ? text.indexOf('\r\n.\r\n') : text.indexOf('\r\n');
      if (end < 0) return;
      const line = text.slice(0, end);
      text = text.slice(end + (isMail ? 5 : 2));
      if (isMail) {
        mails.push(line);
        isMail = false;
        say('250 taken');
      } else isMail = command(line, socket, say, state.busy);
    }
  });
}

/** Gives whether a mail follows. */
function command(line: string, socket: Socket, say: (line: string) => void, busy: boolean): boolean {
  const verb = line.slice(0, 4).toUpperCase();
  if (verb === 'QUIT') {
    socket.end('221 bye\r\n');
    return false;
  }
  if (busy) {
    say('451 not now');
    return false;
  }
  say(verb === 'DATA' ? '354 go on' : '250 ok');
  return verb === 'DATA';
}
