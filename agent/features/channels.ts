import type { SensorDefinition, SequenceView, WindowSize } from '@storecast/shared/contracts'
import type { ChannelHistory } from '@storecast/shared/features'
import { type Calendar, fromSteps, type Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'

/** The `count` windows of a size that end at or before `time`, oldest first. */
export function windowsBefore(calendar: Calendar, { size, time, count }: WindowCount): Span[] {
  const spans: Span[] = []
  for (let end = calendar.windowAt(time, size).start; spans.length < count; end = spans.at(-1)!.start) {
    spans.push(calendar.windowAt(end - 1, size))
  }
  return spans.reverse()
}

/** The `count` windows of a size that begin at `time`, or with the next that begins. */
export function windowsFrom(calendar: Calendar, { size, time, count }: WindowCount): Span[] {
  const around = calendar.windowAt(time, size)
  const spans: Span[] = []
  for (let start = around.start === time ? time : around.end; spans.length < count; start = spans.at(-1)!.end) {
    spans.push(calendar.windowAt(start, size))
  }
  return spans
}

export interface WindowCount {
  readonly size: WindowSize
  readonly time: number
  readonly count: number
}

interface StoredWindow extends Span {
  readonly count: number
  readonly sum: number
}

/**
 * Values of site-wide sensors over windows of one size, in the sensors' units: a gauge's mean, what a counter or the events
 * of a sensor sum up to. NaN where there is no window.
 * @param spans ascending
 */
export function readChannels(
  db: Connection,
  options: { channels: readonly SensorDefinition[]; spans: readonly Span[] },
): ChannelHistory {
  const { channels, spans } = options
  const values = new Float32Array(spans.length * channels.length).fill(Number.NaN)
  channels.forEach((definition, channel) => {
    let at = 0
    let [sum, count] = [0, 0]
    const finish = () => {
      if (count === 0) return
      const total = fromSteps(sum, definition.resolution)
      values[at * channels.length + channel] = definition.kind === 'gauge' ? total / count : total
      ;[sum, count] = [0, 0]
    }
    for (const window of stored(db, definition.name, spans)) {
      if (window.start >= spans[at]!.end) {
        finish()
        while (window.start >= spans[at]!.end) at++
      }
      sum += window.sum
      count += window.count
    }
    finish()
  })
  return { windows: spans.length, channels: channels.length, values }
}

function stored(db: Connection, sensor: string, spans: readonly Span[]): StoredWindow[] {
  if (spans.length === 0) return []
  return db
    .statement<[string, number, number], StoredWindow>(
      `SELECT start, "end", count, sum FROM windows
       WHERE series = (SELECT id FROM series WHERE sensor = ? AND entity = '') AND start >= ? AND start < ?
       ORDER BY start`,
    )
    .all(sensor, spans[0]!.start, spans.at(-1)!.end)
}

/** The sensors that a view's channels name, in order; `*`: those that the model was trained on. */
export function channelNames(view: SequenceView, trainedOn: readonly string[]): readonly string[] {
  return view.channels === '*' ? trainedOn : view.channels
}
