import './tones.css'
import { UnstyledButton } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './heat-map.module.css'
import type { Tone } from './mark.tsx'
import { Wide } from './wide.tsx'

export interface HeatCell {
  readonly text: string
  readonly tone: Tone
  /** What it says to who hears it: the colour is not enough. */
  readonly label: string
}

interface HeatMapProps<Row> {
  readonly name: string
  readonly rows: readonly Row[]
  readonly rowId: (row: Row) => string
  readonly rowTitle: (row: Row) => ReactNode
  readonly columns: readonly { readonly id: string; readonly title: string }[]
  /** Undefined: nothing is known there. */
  readonly cell: (row: Row, column: string) => HeatCell | undefined
  readonly onChoose?: (row: Row, column: string) => void
  readonly isChosen?: (row: Row, column: string) => boolean
}

/** Rows by columns, each cell a value on a colour that tells how good it is. */
export function HeatMap<Row>(props: HeatMapProps<Row>) {
  const { name, rows, rowId, rowTitle, columns, cell, onChoose, isChosen } = props
  return (
    <Wide label={name} maxHeight="70dvh">
      <table className={classes.map}>
        <thead>
          <tr>
            <td />
            {columns.map(({ id, title }) => (
              <th key={id} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowId(row)}>
              <th scope="row">{rowTitle(row)}</th>
              {columns.map(({ id }) => {
                const shown = cell(row, id)
                if (shown === undefined) return <td key={id} className={classes.none} aria-label="not known" />
                const { text, tone, label } = shown
                return (
                  <td key={id} data-tone={tone} data-chosen={isChosen?.(row, id) || undefined}>
                    {onChoose ? (
                      <UnstyledButton className={classes.cell!} aria-label={label} onClick={() => onChoose(row, id)}>
                        {text}
                      </UnstyledButton>
                    ) : (
                      <span className={classes.cell} title={label}>
                        {text}
                      </span>
                    )}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  )
}
