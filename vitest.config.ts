import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'

/** Journeys boot brokers, databases and agents: they run one after another, once the quick suites are through. */
const journeys = '{agent,cloud,fleet}/test/**/*.test.ts'

export default defineConfig({
  test: {
    env: { ORT_DISABLE_TELEMETRY: '1' },
    // Suites start real brokers, databases and model hosts, so each has its own process.
    pool: 'forks',
    // Worker threads that strip types come and go, and V8 can crash where WebAssembly code is compiled anew (nodejs/node#64500).
    execArgv: ['--liftoff-only'],
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    setupFiles: ['scripts/lib/patience.ts'],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['{shared,models,agent,cloud,fleet,scripts}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, journeys],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'journeys',
          include: [journeys],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
