// Scripts that complete commands and options in a shell, made of the commands themselves. They hold all words and call
// nothing, so that completing is fast and needs no control plane.

import type { Command as Commander } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Node {
  /** The words before the cursor that lead here, such as `host drain`; empty at the top. */
  path: string;
  words: string[];
}

function nodesOf(command: Commander, path: readonly string[] = []): Node[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((one) => command.commands.includes(one));
  const options = help.visibleOptions(command).flatMap(({ long }) => (long == null ? [] : [long]));
  const here = { path: path.join(' '), words: [...below.map((one) => one.name()), ...options].sort() };
  return [here, ...below.flatMap((one) => nodesOf(one, [...path, one.name()]))];
}

export function completionScript(shell: Shell, program: Commander): string {
  const nodes = nodesOf(program);
  if (shell === 'fish') return fishScript(nodes);
  const head =
    shell === 'zsh'
      ? [
          '#compdef bellows',
          'autoload -U +X compinit && compinit',
          'autoload -U +X bashcompinit && bashcompinit',
        ]
      : [];
  return [...head, bashFunction(nodes), 'complete -F _bellows bellows'].join('\n');
}

/** Words that are no command, such as ids, leave the path as it is. */
const bashFunction = (nodes: readonly Node[]): string => `_bellows() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
${nodes
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      "${path}") path="${path}" ;;`)
  .join('\n')}
    esac
  done
  case "$path" in
${nodes.map(({ path, words }) => `    "${path}") words="${words.join(' ')}" ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}`;

const fishScript = (nodes: readonly Node[]): string => `function __bellows_words
  set -l path ""
  for word in (commandline -opc)[2..]
    switch (string trim "$path $word")
${nodes
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      case "${path}"\n        set path "${path}"`)
  .join('\n')}
    end
  end
  switch "$path"
${nodes.map(({ path, words }) => `    case "${path}"\n      string split " " "${words.join(' ')}"`).join('\n')}
  end
end
complete -c bellows -f -a "(__bellows_words)"`;
