import { type Day, soldBy } from '../day.ts'
import { useWords } from '../i18n.tsx'
import { expected, QUANTITY } from '../names.ts'
import type { Times } from '../times.ts'

export function DayTable({ day, now, times }: { day: Day; now: number; times: Times }) {
  const { t, number } = useWords()
  const say = (value: number) => number(expected(value))
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('product.hour')}</th>
            <th scope="col">{t('product.low')}</th>
            <th scope="col">{t('product.middle')}</th>
            <th scope="col">{t('product.high')}</th>
            <th scope="col">{t('product.sold.column')}</th>
          </tr>
        </thead>
        <tbody>
          {day.hours.map(({ at, low, middle, high }) => (
            <tr key={at}>
              <th scope="row">{times.clock(at)}</th>
              <td>{say(low)}</td>
              <td>{say(middle)}</td>
              <td>{say(high)}</td>
              <td>{at <= now ? number(soldBy(day, at), QUANTITY) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
