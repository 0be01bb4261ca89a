import { defineConfig } from 'vitest/config';

const everywhere = ['src', 'guest', 'demo', 'bench', 'test', 'scripts'];
// Tests that start VMs, or whole programs: one at a time, after the others, since an emulated VM fills two cores.
const slow = ['**/*.vm.test.ts', 'test/e2e/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: everywhere.map((folder) => `${folder}/**/*.test.ts`),
          exclude: ['**/node_modules/**', ...slow],
          // A machine that others use as well can take four times as long; only a test that hangs is to be ended.
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'slow',
          include: slow,
          exclude: ['**/node_modules/**', '.stryker-tmp/**'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
