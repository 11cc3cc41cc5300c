import classes from './bars.module.css'
import { figure } from './figures.ts'

interface BarsProps {
  readonly title: string
  /** Of each place on the axis. */
  readonly labels: readonly string[]
  /** Up to three values side by side at each place. */
  readonly groups: readonly { readonly label: string; readonly values: readonly number[] }[]
  readonly format?: (value: number) => string
}

/** Groups of bars, which are the rows of a table: heard as well as seen. */
export function Bars({ title, labels, groups, format = figure }: BarsProps) {
  const most = Math.max(...groups.flatMap(({ values }) => values), Number.EPSILON)
  return (
    <figure className={classes.figure}>
      <figcaption className={classes.caption}>
        {title}
        {groups.map(({ label }, group) => (
          <span key={label} className={classes.key} data-group={group}>
            {label}
          </span>
        ))}
      </figcaption>
      <table className={classes.bars}>
        <thead className={classes.heard}>
          <tr>
            <th>Bin</th>
            {groups.map(({ label }) => (
              <th key={label}>{label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label, at) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {groups.map(({ label: group, values }, n) => (
                <td key={group}>
                  <span
                    className={classes.bar}
                    data-group={n}
                    style={{ width: `calc((100% - 56px) * ${values[at]! / most})` }}
                  />
                  <span className={classes.value}>{format(values[at]!)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  )
}
