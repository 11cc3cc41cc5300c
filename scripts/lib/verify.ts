/** Runs the checks and the tests and ends with one plain line of counts. A check counts as a test. */
import { spawnSync } from 'node:child_process'
import { startVitest, type Vitest } from 'vitest/node'

interface Counts {
  passed: number
  failed: number
  readonly skipped: string[]
}

const checks = ['types', 'lint', 'structure', 'dead-code']

function runCheck(name: string, counts: Counts): void {
  const began = performance.now()
  const { status } = spawnSync('npm', ['run', '--silent', name], { stdio: 'inherit' })
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`
  console.log(status === 0 ? `✓ ${name} (${took})` : `✗ ${name} failed (${took}): npm run ${name}`)
  if (status === 0) counts.passed++
  else counts.failed++
}

function countTests(vitest: Vitest, counts: Counts): void {
  for (const module of vitest.state.getTestModules()) {
    counts.failed += module.errors().length
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') counts.passed++
      else if (state === 'skipped') counts.skipped.push(`${module.relativeModuleId}: ${test.fullName}`)
      else counts.failed++
    }
  }
  counts.failed += vitest.state.getUnhandledErrors().length
}

const strict = process.argv.includes('--strict')
const paths = process.argv.slice(2).filter((argument) => argument !== '--strict')
const counts: Counts = { passed: 0, failed: 0, skipped: [] }

if (paths.length === 0) for (const name of checks) runCheck(name, counts)
const vitest = await startVitest('test', paths, { run: true, watch: false })
countTests(vitest, counts)
await vitest.close()

if (counts.skipped.length > 0) console.log(`skipped:\n  ${counts.skipped.join('\n  ')}`)
if (counts.passed === 0) console.log('nothing ran: no test matched')
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped.length} skipped`)
const broken = counts.failed > 0 || counts.passed === 0 || (strict && counts.skipped.length > 0)
process.exitCode = broken ? 1 : 0
