/** Window means of a site's sensors, time-major: channel `c` of window `t` at `t * channels + c`. NaN: no reading. */
export interface ChannelHistory {
  readonly windows: number
  readonly channels: number
  readonly values: Float32Array
}

/**
 * The `sequence` view: the last `context` window means of every channel, [1×context×C], in the sensors' units. A gap
 * takes the last value before it; before the first reading, the first. A channel without any reading is 0 throughout:
 * the network normalises each channel by its own mean, so the level says nothing.
 *
 * @param history windows in order of time, the newest last.
 * @returns the series, and for each channel the share of the context that was measured (0 to 1).
 */
export function sequenceRow(
  history: ChannelHistory,
  context: number,
): { series: Float32Array; measured: Float32Array } {
  const { channels, values } = history
  const series = new Float32Array(context * channels)
  const measured = new Float32Array(channels)
  const start = history.windows - context
  for (let c = 0; c < channels; c++) {
    let last = Number.NaN
    let count = 0
    for (let t = 0; t < context; t++) {
      const value = start + t < 0 ? Number.NaN : values[(start + t) * channels + c]!
      if (!Number.isNaN(value)) {
        if (count === 0) for (let before = 0; before < t; before++) series[before * channels + c] = value
        last = value
        count++
      }
      series[t * channels + c] = count === 0 ? 0 : last
    }
    measured[c] = count / context
  }
  return { series, measured }
}
