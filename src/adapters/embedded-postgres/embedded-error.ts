/** The embedded PostgreSQL cannot be used as things are. The message is for people and says what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

const causes: readonly { sign: RegExp; advice: string }[] = [
  {
    sign: /No space left on device|could not (extend|write).*space/i,
    advice: 'The disk is full: free some space there.',
  },
  {
    sign: /Read-only file system/i,
    advice: 'The disk is mounted read-only: choose a data folder on one that can be written.',
  },
  {
    sign: /has invalid permissions/i,
    advice: 'Others may read the folder, and PostgreSQL refuses that: `chmod -R go= ` it.',
  },
  {
    sign: /wrong ownership|Permission denied|must be owned/i,
    advice:
      'The files belong to another user: give them back (`chown -R`), or start Bellows as the user it had.',
  },
  {
    sign: /incompatible with server|initialized by PostgreSQL version/i,
    advice: 'The data was made by another version of PostgreSQL.',
  },
  {
    sign: /could not map anonymous shared memory|Cannot allocate memory/i,
    advice: 'There is not enough free memory to start PostgreSQL.',
  },
];

/** An error of which `output` (of a command, or the end of a log) tells the cause. */
export function explained(what: string, output: string): EmbeddedPostgresError {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => /FATAL|PANIC|error:|ERROR/.test(line));
  const shown = (telling.length > 0 ? telling : lines).slice(-3).join('\n  ');
  const advice = causes.find(({ sign }) => sign.test(output))?.advice;
  return new EmbeddedPostgresError([what, advice, `PostgreSQL says:\n  ${shown}`].filter(Boolean).join(' '));
}
