import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/lib/longest-first.ts'

/** Journeys boot brokers, databases and agents, several programs each, and wait for much: half as many at once as there are cores, two at least. */
const journeys = '{agent,cloud,fleet}/test/**/*.test.ts'
const cores = availableParallelism()

export default defineConfig({
  test: {
    env: {
      ORT_DISABLE_TELEMETRY: '1',
      // Hundreds of agents and clouds start as processes of their own: without it, each strips and compiles its sources anew.
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules', '.cache', 'compiled'),
    },
    // Suites start real brokers, databases and model hosts, so each has its own process.
    pool: 'forks',
    // Worker threads that strip types come and go, and V8 can crash where WebAssembly code is compiled anew (nodejs/node#64500).
    execArgv: ['--liftoff-only'],
    sequence: { sequencer: LongestFirst },
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
          maxWorkers: cores,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'journeys',
          include: [journeys],
          maxWorkers: Math.max(2, Math.floor(cores / 2)),
          testTimeout: 300_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
