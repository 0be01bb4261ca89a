import { readFile } from 'node:fs/promises';

/** Whether a process runs. One that has ended and that nobody has taken note of yet (a zombie) does not. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // `pid (name) state …`, and the name may hold anything (proc(5)).
    return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    // No such process.
    return false;
  }
}
