import type { Command as Commander } from 'commander';

/** The help of every command below `program`, as Markdown; commands that only group others are passed over. */
export function printHelp(program: Commander): string {
  return leaves(program)
    .map((command) => {
      const help = command.createHelp();
      help.helpWidth = 100;
      return `## ${nameOf(command)}\n\n\`\`\`text\n${help.formatHelp(command, help).trim()}\n\`\`\``;
    })
    .join('\n\n');
}

/** Without those that only group others, which have no options of their own. */
const leaves = (command: Commander): readonly Commander[] => {
  const acts = command.commands.length === 0 || (command.parent !== null && command.options.length > 0);
  return [...(acts ? [command] : []), ...command.commands.flatMap(leaves)];
};

const nameOf = (command: Commander): string =>
  command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
