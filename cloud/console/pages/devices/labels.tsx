import { Group, UnstyledButton } from '@mantine/core'
import classes from './labels.module.css'

type Labels = Readonly<Record<string, string>>

/** A device's labels over its site's; the site's are fainter. With `onChoose`, each is a condition that can be set. */
export const LabelChips = ({
  own,
  site,
  onChoose,
}: {
  own: Labels
  site: Labels
  onChoose?: (term: string) => void
}) => (
  <Group gap={4}>
    {Object.entries({ ...site, ...own }).map(([name, value]) => {
      const term = `${name}=${value}`
      const isOwn = name in own
      return onChoose ? (
        <UnstyledButton
          key={name}
          className={classes.chip!}
          data-own={isOwn || undefined}
          title={`Show those with ${term}${isOwn ? '' : ' (of its shop)'}`}
          onClick={() => onChoose(term)}
        >
          {term}
        </UnstyledButton>
      ) : (
        <span key={name} className={classes.chip} data-own={isOwn || undefined}>
          {term}
        </span>
      )
    })}
  </Group>
)
