// The agent's settings as the service reads them (systemd.exec(5), EnvironmentFile) and as a shell can read them too: one
// `NAME='value'` a line. Lines of the operator's own stay.

export type Environment = ReadonlyMap<string, string>;

export function parseEnvironment(text: string): Environment {
  const pairs = text.split('\n').flatMap((line): [string, string][] => {
    const [, name, value = ''] = /^\s*([A-Za-z_]\w*)=(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) return [];
    return [[name, /^(['"]).*\1$/.test(value) ? value.slice(1, -1) : value]];
  });
  return new Map(pairs);
}

/** @throws when a value cannot be written so that both read the same. */
export function printEnvironment(environment: Environment): string {
  const lines = [...environment].map(([name, value]) => {
    if (/['\\\n]/.test(value)) throw new Error(`${name}: quotes, backslashes and line ends cannot be in it`);
    return `${name}='${value}'\n`;
  });
  return [
    '# Settings of the agent: docs/configuration.md. Then: systemctl restart bellows-agent\n',
    '# No secrets here: the environment of a process is inherited by its children.\n',
    ...lines,
  ].join('');
}
