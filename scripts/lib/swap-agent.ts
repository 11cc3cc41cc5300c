/**
 * The agent that `bench swap` measures: 100 sensors, one model, whose versions are switched while inference goes on. Its
 * figures go to standard output as one JSON object.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startAgent } from '../../agent/agent.ts'
import { parseConfig } from '../../agent/config.ts'
import { type BundleFile, float32, InferenceError, int64, type Models } from '../../agent/inference/index.ts'

const SENSORS = 100
const WARM_UP = 10
const ROWS = 100

export interface SwapFigures {
  /** Resident bytes of the agent after each switch. */
  readonly agentRss: readonly number[]
  /** Of the last model host. */
  readonly hostRss: number
  /** Of both, with what the same file holds in both counted once, where it holds more. */
  readonly together: number
  /** Longest time between two answers while versions were switched, in milliseconds. */
  readonly maxPause: number
  readonly answers: number
  readonly switchMs: readonly number[]
}

const { values } = parseArgs({
  options: { data: { type: 'string' }, bundles: { type: 'string' }, switches: { type: 'string' } },
})
const bundles = JSON.parse(values.bundles!) as BundleFile[]
const names = Array.from({ length: SENSORS }, (_, i) => `sensor-${i}`)
const config = parseConfig(
  JSON.stringify({
    device: 'bench',
    dataDir: values.data,
    logLevel: 'error',
    http: { port: 0 },
    sensors: names.map((name) => ({ name, kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 60], interval: 1 })),
  }),
  'bench',
)

await using agent = await startAgent(config, { deviceToken: undefined, httpToken: undefined })
const { models, buffer } = agent.pipeline
// Each sensor once a second.
let tick = 0
const feed = setInterval(() => {
  const time = Date.now()
  const due = names.filter((_, i) => i % 10 === tick % 10)
  tick++
  void buffer.accept(
    due.map((sensor, i) => ({ sensor, entity: '', time, value: 200 + ((tick + i) % 9), outOfRange: false })),
  )
}, 100)

await models.activate(bundles[0]!)
const inputs = await emptyInputs(models)
let asking = true
const answered = ask()
let current = 0
const switchOnce = async () => {
  current = 1 - current
  const began = performance.now()
  await models.activate({ ...bundles[current]!, version: bundles[current]!.version + 2 * switchMs.length })
  switchMs.push(performance.now() - began)
}
const switchMs: number[] = []
for (let i = 0; i < WARM_UP; i++) await switchOnce()
const agentRss = [process.memoryUsage.rss()]
for (let i = 0; i < Number(values.switches); i++) {
  await switchOnce()
  agentRss.push(process.memoryUsage.rss())
}
asking = false
const { maxPause, answers } = await answered
clearInterval(feed)
const { pid, rss: hostRss } = models.host()!
const together = residentTogether(process.pid, pid)
const figures: SwapFigures = { agentRss, hostRss, together, maxPause, answers, switchMs: switchMs.slice(WARM_UP) }
process.stdout.write(`${JSON.stringify(figures)}\n`)

/** Asks without a break, and tells the longest time without an answer. */
async function ask(): Promise<{ maxPause: number; answers: number }> {
  let maxPause = 0
  let answers = 0
  let last = performance.now()
  while (asking) {
    const model = await models.serving('demand')
    try {
      await model!.infer(inputs)
    } catch (error) {
      // The version that this was prepared for has just given way: ask again, on the clock.
      if (error instanceof InferenceError && error.code === 'superseded') continue
      throw error
    }
    const now = performance.now()
    maxPause = Math.max(maxPause, now - last)
    last = now
    answers++
    await sleep(2)
  }
  return { maxPause, answers }
}

async function emptyInputs(models: Models) {
  const { manifest } = (await models.serving('demand'))!
  const width = (name: string) => Number(manifest.inputs.find((spec) => spec.name === name)!.shape[1])
  const [F, S] = [width('features'), width('statics')]
  return {
    features: float32([ROWS, F], new Float32Array(ROWS * F)),
    statics: int64([ROWS, S], new BigInt64Array(ROWS * S)),
    scale: float32([ROWS], new Float32Array(ROWS).fill(1)),
  }
}

function residentTogether(...pids: readonly number[]): number {
  const byFile = new Map<string, number>()
  let own = 0
  for (const resident of pids.map(residentByFile)) {
    own += resident.get('') ?? 0
    for (const [file, bytes] of resident) byFile.set(file, Math.max(bytes, byFile.get(file) ?? 0))
  }
  byFile.delete('')
  return [...byFile.values()].reduce((sum, bytes) => sum + bytes, own)
}

/** Resident bytes by mapped file; memory that no file is behind, under the empty name. */
function residentByFile(pid: number): Map<string, number> {
  const resident = new Map<string, number>()
  let file = ''
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)$/.exec(line)
    if (mapping) file = mapping[1]!.startsWith('/') ? mapping[1]! : ''
    const kilobytes = /^Rss:\s+(\d+) kB$/.exec(line)?.[1]
    if (kilobytes !== undefined) resident.set(file, (resident.get(file) ?? 0) + Number(kilobytes) * 1024)
  }
  return resident
}
