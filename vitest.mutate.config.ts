import { defineConfig } from 'vitest/config';

// The domain is judged by its own tests alone: a mutant that only a scenario notices is one that its unit tests missed.
export default defineConfig({ test: { include: ['src/domain/**/*.test.ts'] } });
