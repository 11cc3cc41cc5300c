import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{shared,models,agent,cloud,fleet,scripts}/**/*.test.ts'],
    env: { ORT_DISABLE_TELEMETRY: '1' },
    // Suites start real brokers, databases and model hosts: one worker a core, each in its own process.
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
