import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AnomalyDetector, DETECTOR, type DetectorOptions } from '../../agent/anomalies/detector.ts'
import type { BenchOptions, BenchResult } from './measure.ts'
import { readCorpus, type Stream } from './nab/corpus.ts'
import { evaluate } from './nab/score.ts'
import { windowedGaussian } from './nab/windowed-gaussian.ts'

const DATA = fileURLToPath(new URL('../../../shared/data/nab', import.meta.url))

/**
 * NAB realKnownCause by NAB's rules, standard profile. The detector is the one that devices run, through the interface that
 * devices feed it by. `nab_score`: each file at the threshold that is best over the other six; `…_hindsight`: all files at the one
 * threshold that is best over all seven, as NAB's published scores are. `nab_nested`: for each file, design and threshold are
 * chosen by the other six among the shipped design and simpler ones.
 */
export async function run({ data = DATA }: BenchOptions): Promise<BenchResult> {
  if (!existsSync(data)) throw new Error(`nab: there is no ${data}: name NAB's realKnownCause folder with --data`)
  const streams = await readCorpus(data)
  const began = performance.now()
  const shipped = streams.map((stream) => scored(stream))
  const seconds = (performance.now() - began) / 1000
  const rows = streams.reduce((sum, { values }) => sum + values.length, 0)
  const result = evaluate(streams, { shipped })
  const gaussian = evaluate(streams, { gaussian: streams.map(({ values }) => windowedGaussian(values)) })
  const simpler = Object.entries(SIMPLER).map(([name, options]) => {
    const scores = streams.map((stream) => scored(stream, { ...DETECTOR, ...options }))
    return { name, scores, evaluation: evaluate(streams, { [name]: scores }) }
  })
  const designs = Object.fromEntries(simpler.map(({ name, scores }) => [name, scores]))
  const figure = (value: number) => value.toFixed(1)
  return {
    nab_score: result.leaveOneOut,
    nab_score_hindsight: result.hindsight,
    nab_threshold: result.threshold,
    nab_windowed_gaussian: gaussian.leaveOneOut,
    nab_windowed_gaussian_hindsight: gaussian.hindsight,
    nab_nested: evaluate(streams, { shipped, ...designs }).leaveOneOut,
    nab_null: evaluate(streams, { null: streams.map(({ values }) => values.map(() => 0)) }).leaveOneOut,
    nab_perfect: evaluate(streams, { perfect: streams.map(perfect) }).leaveOneOut,
    microseconds_per_reading: (seconds * 1e6) / rows,
    ...Object.fromEntries(
      result.files.map(({ name, raw, windows }) => [name, `${raw.toFixed(2)} of ${windows}, from ${-windows}`]),
    ),
    ...Object.fromEntries(
      simpler.map(({ name, evaluation }) => [
        `design: ${name}`,
        `${figure(evaluation.leaveOneOut)}, in hindsight ${figure(evaluation.hindsight)}`,
      ]),
    ),
  }
}

const [hourSlow, hourFast, halfSlow, halfFast] = DETECTOR.members
const SIMPLER: Readonly<Record<string, Partial<DetectorOptions>>> = {
  'hour, weight 0.1': { members: [hourSlow!] },
  'hour, weight 0.25': { members: [hourFast!] },
  'half an hour, weight 0.1': { members: [halfSlow!] },
  'half an hour, weight 0.25': { members: [halfFast!] },
  'no spans': { spansMs: [] },
  'no spans, the newest week alone': { spansMs: [], members: [{ ...hourSlow!, weight: 1 }] },
  'told again after an hour': { holdMs: 3_600_000 },
  'told again after a day': { holdMs: 86_400_000 },
}

function scored({ times, values }: Stream, options?: DetectorOptions): Float64Array {
  const detector = new AnomalyDetector(options)
  return Float64Array.from(values, (value, row) => detector.next({ localMs: times[row]!, value }))
}

const perfect = ({ values, windows }: Stream) =>
  values.map((_, row) => (windows.some(([first]) => first === row) ? 1 : 0))
