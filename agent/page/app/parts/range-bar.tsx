import type { Range } from '../chart.ts'

interface RangeBarProps {
  readonly range: Range
  readonly sold: number
  /** What the whole width stands for. */
  readonly scale: number
}

const WIDTH = 400

/** A forecast at a glance; the words beside it say the same. */
export function RangeBar({ range: { low, middle, high }, sold, scale }: RangeBarProps) {
  const x = (value: number) => (Math.min(value, scale) / scale) * WIDTH
  return (
    <svg class="range" viewBox={`0 0 ${WIDTH} 24`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="track" x="0" y="9" width={WIDTH} height="6" />
      <rect class="band" x={x(low)} y="4" width={Math.max(2, x(high) - x(low))} height="16" />
      <rect class="sold" x="0" y="9" width={x(sold)} height="6" />
      <rect class="middle" x={Math.min(x(middle), WIDTH - 3)} y="2" width="3" height="20" />
    </svg>
  )
}
