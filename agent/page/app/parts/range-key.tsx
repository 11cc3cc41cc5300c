import { daysOfTen } from '../chart.ts'
import { useWords } from '../i18n.tsx'

/** What the colours of a range, and of a chart, stand for. @param levels of the quantiles that are drawn */
export function RangeKey({ levels }: { levels: readonly number[] }) {
  const { t } = useWords()
  return (
    <ul class="key">
      {(['band', 'middle', 'sold'] as const).map((what) => (
        <li key={what}>
          <i class={`swatch ${what}`} /> {t(`forecast.key.${what}`, { n: daysOfTen(levels) })}
        </li>
      ))}
    </ul>
  )
}
