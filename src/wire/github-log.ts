// The lines of a job's log as GitHub keeps it: each with a time stamp, some with colours.

/** A line of which the beginning was cut off is left out, unless it is the only one. */
export function linesOfTail(bytes: Uint8Array): readonly string[] {
  const lines = new TextDecoder().decode(bytes).split('\n').map(bare);
  const whole = lines.length > 1 && !startsWithStamp(bytes) ? lines.slice(1) : lines;
  return whole.filter((line) => line !== '');
}

const stamp = /^\uFEFF?\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+Z ?/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins a colour
const colour = /\u001b\[[\d;]*[A-Za-z]/g;

const bare = (line: string): string => line.replace(stamp, '').replace(colour, '').trimEnd();

const startsWithStamp = (bytes: Uint8Array): boolean =>
  stamp.test(new TextDecoder().decode(bytes.subarray(0, 40)));
