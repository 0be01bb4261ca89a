import { describe, expect, it } from 'vitest';
import { aJob, aVm } from '../domain.fixture.ts';
import { labelSet } from '../labels/label-set.ts';
import { jobSearchText, vmSearchText, wanted } from './search-text.ts';

describe('what a list is searched in', () => {
  it('is what people know a job by, each on a line of its own, in small letters', () => {
    const labels = labelSet(['bellows-2cpu-4gb', 'gpu']);
    expect(jobSearchText(aJob({ name: 'Build', headBranch: 'Fix/A', labels }))).toBe(
      '1\nacme/app\nbuild\nci\nfix/a\nbellows-2cpu-4gb,gpu',
    );
  });

  it('is what people know a VM by', () => {
    const labels = labelSet(['bellows-2cpu-4gb', 'gpu']);
    expect(vmSearchText(aVm({ labels }))).toBe('vm-1\nbellows-x-vm-1\nbellows-2cpu-4gb,gpu');
  });

  it('is cut where an index of the database would be too long', () => {
    expect(jobSearchText(aJob({ name: 'a'.repeat(900) }))).toHaveLength(500);
  });

  it('is looked for without regard to capitals and spaces around', () => {
    expect(wanted('  Fix A ')).toBe('fix a');
  });
});
