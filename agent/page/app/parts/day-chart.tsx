import { area, axis, line, type Point, steps } from '../chart.ts'
import { type Day, soldBy } from '../day.ts'
import { useWords } from '../i18n.tsx'
import { expected, QUANTITY } from '../names.ts'
import type { Times } from '../times.ts'
import { RangeKey } from './range-key.tsx'

const WIDTH = 640
const HEIGHT = 320
const LEFT = 52
const RIGHT = 14
const TOP = 30
const BOTTOM = 34
/** Hours between two names on the axis. */
const HOURS = 4
const HOUR = 3_600_000

interface DayChartProps {
  readonly day: Day
  readonly now: number
  readonly times: Times
}

/** What is sold as the day goes on: the range that is expected, and what was. The table says the same in numbers. */
export function DayChart({ day, now, times }: DayChartProps) {
  const { t, number } = useWords()
  const { start, end, hours } = day
  const sold = soldPoints(day, now)
  const { top, ticks } = axis(Math.max(...hours.map(({ high }) => high), ...sold.map(({ total }) => total)))
  const x = (time: number) => LEFT + ((time - start) / (end - start)) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM)
  const origin: Point = { x: x(start), y: y(0) }
  const curve = (of: 'low' | 'middle' | 'high') => [origin, ...hours.map((hour) => ({ x: x(hour.at), y: y(hour[of]) }))]
  const last = hours[hours.length - 1]!
  const isToday = now > start && now < end
  const label = t('product.chart', {
    end: times.clock(end - 1),
    low: number(expected(last.low)),
    middle: number(expected(last.middle)),
    high: number(expected(last.high)),
    sold: number(soldBy(day, now), QUANTITY),
  })
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text class="tick" x={LEFT - 8} y={y(tick) + 5} text-anchor="end">
              {number(tick)}
            </text>
          </g>
        ))}
        {hoursNamed(day).map((time) => (
          <text key={time} class="tick" x={x(time)} y={HEIGHT - 10} text-anchor="middle">
            {times.hour(time)}
          </text>
        ))}
        <path class="band" d={area(curve('high'), curve('low'))} />
        <path class="middle" d={line(curve('middle'))} />
        {isToday && <line class="now" x1={x(now)} x2={x(now)} y1={TOP} y2={HEIGHT - BOTTOM} />}
        {isToday && (
          <text class="tick" x={x(now)} y={TOP - 8} text-anchor={x(now) > WIDTH / 2 ? 'end' : 'start'}>
            {t('product.now')}
          </text>
        )}
        <path class="sold" d={steps(sold.map(({ at, total }) => ({ x: x(at), y: y(total) })))} />
      </svg>
      <figcaption>
        <RangeKey levels={day.levels} />
      </figcaption>
    </figure>
  )
}

/** From nothing at the day's beginning up to what is known by now. */
function soldPoints(day: Day, now: number): readonly { at: number; total: number }[] {
  if (now <= day.start) return []
  const until = Math.min(now, day.end)
  return [{ at: day.start, total: 0 }, ...day.sold, { at: until, total: soldBy(day, until) }]
}

const hoursNamed = ({ start, end }: Day): readonly number[] =>
  Array.from({ length: Math.floor((end - start) / (HOURS * HOUR)) }, (_, i) => start + (i + 1) * HOURS * HOUR).filter(
    (time) => time < end,
  )
