// Commands that a step prints, such as `::error file=a.js::message` (GitHub docs, workflow commands).

import type { Masker } from './masker.ts';

export interface Annotation {
  level: 'notice' | 'warning' | 'failure';
  message: string;
}

/** Follows the output of one step. */
export class CommandReader {
  readonly annotations: Annotation[] = [];
  readonly #masker: Masker;
  #stopToken: string | undefined;

  constructor(masker: Masker) {
    this.#masker = masker;
  }

  /** The line as it goes to the log; undefined for a command that is not shown. */
  read(line: string): string | undefined {
    const [, command = '', , message = ''] = /^\s*::([\w-]+)( [^:]*)?::(.*)$/.exec(line) ?? [];
    if (this.#stopToken !== undefined) {
      if (command === this.#stopToken) this.#stopToken = undefined;
      return line;
    }
    const value = decoded(message);
    switch (command) {
      case 'add-mask':
        this.#masker.add(value);
        return undefined;
      case 'stop-commands':
        this.#stopToken = value;
        return undefined;
      case 'error':
        return this.#annotate('failure', 'error', value);
      case 'warning':
        return this.#annotate('warning', 'warning', value);
      case 'notice':
        return this.#annotate('notice', 'notice', value);
      case 'group':
      case 'endgroup':
        return `##[${command}]${value}`;
      case 'debug':
      case 'echo':
        return undefined;
      case 'set-env':
      case 'set-output':
      case 'add-path':
      case 'save-state':
        return this.#annotate(
          'warning',
          'warning',
          `The \`${command}\` command is not supported. Please use the environment files.`,
        );
      default:
        return line;
    }
  }

  #annotate(level: Annotation['level'], word: string, message: string): string {
    this.annotations.push({ level, message: this.#masker.mask(message) });
    return `##[${word}]${message}`;
  }
}

const decoded = (message: string): string =>
  message.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
