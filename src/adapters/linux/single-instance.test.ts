import { expect, it } from 'vitest';
import { holdAlone } from './single-instance.ts';

it('lets one process work on a folder, and the next when the first has let go', async () => {
  const folder = `/tmp/bellows-alone-${process.pid}`;
  const letGo = await holdAlone(folder);
  await expect(holdAlone(folder)).rejects.toThrow(`another agent works on ${folder}`);
  const other = await holdAlone(`${folder}-other`);
  letGo();
  other();
  (await holdAlone(folder))();
});
