// The files by which a step speaks to the runner: GITHUB_ENV, GITHUB_OUTPUT, GITHUB_PATH, GITHUB_STEP_SUMMARY
// (GitHub docs, workflow commands, environment files).

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class CommandFiles {
  readonly #folder: string;
  readonly env: string;
  readonly output: string;
  readonly path: string;
  readonly summary: string;
  readonly state: string;

  /** Empty files for the step `id` below the runner's temporary folder. */
  constructor(temp: string, id: string) {
    this.#folder = join(temp, '_runner_file_commands');
    mkdirSync(this.#folder, { recursive: true });
    const file = (kind: string): string => {
      const path = join(this.#folder, `${kind}_${id}`);
      writeFileSync(path, '');
      return path;
    };
    this.env = file('set_env');
    this.output = file('set_output');
    this.path = file('add_path');
    this.summary = file('step_summary');
    this.state = file('save_state');
  }

  variables(): Record<string, string> {
    return {
      GITHUB_ENV: this.env,
      GITHUB_OUTPUT: this.output,
      GITHUB_PATH: this.path,
      GITHUB_STEP_SUMMARY: this.summary,
      GITHUB_STATE: this.state,
    };
  }

  /** @throws when a file is not in the documented form */
  take(): { env: Record<string, string>; output: Record<string, string>; path: string[]; summary: string } {
    const taken = {
      env: parsePairs(readFileSync(this.env, 'utf8')),
      output: parsePairs(readFileSync(this.output, 'utf8')),
      path: readFileSync(this.path, 'utf8')
        .split(/\r?\n/)
        .filter((line) => line !== ''),
      summary: readFileSync(this.summary, 'utf8'),
    };
    for (const file of Object.values(this.variables())) rmSync(file, { force: true });
    return taken;
  }
}

/** `NAME=value`, or `NAME<<DELIMITER`, lines, `DELIMITER`. */
export function parsePairs(content: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  const lines = content.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (heredoc >= 0 && (equals < 0 || heredoc < equals)) {
      const name = line.slice(0, heredoc);
      const delimiter = line.slice(heredoc + 2);
      const end = lines.indexOf(delimiter, at + 1);
      if (name === '' || end < 0)
        throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
      pairs[name] = lines.slice(at + 1, end).join('\n');
      at = end;
    } else if (equals > 0) {
      pairs[line.slice(0, equals)] = line.slice(equals + 1);
    } else {
      throw new Error(`Invalid format '${line}'`);
    }
  }
  return pairs;
}
