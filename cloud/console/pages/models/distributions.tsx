import { Group, Select, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Bars } from '../../kit/bars.tsx'
import { count, figure, percent } from '../../kit/figures.ts'
import { Empty, Loaded } from '../../kit/states.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { type Evaluation, evaluationQuery, type ModelVersion } from './queries.ts'

type Distribution = Evaluation['distributions'][number]

/** What the bundle froze of the data it was trained on, and drift is measured against: a column at a time. */
export function Distributions({ of: { model, version } }: { of: ModelVersion }) {
  const { column } = useSearch({ from: '/signed-in/models/$model/$version' })
  const filter = useFilters()
  const evaluation = useQuery(evaluationQuery(model, version))
  return (
    <Loaded query={evaluation} what="the drift reference">
      {({ distributions }) => {
        const shown = distributions.find(({ name }) => name === column) ?? distributions[0]
        if (!shown) {
          return (
            <Empty title="No drift reference">
              The bundle holds no frozen distributions: its drift cannot be told. Train the model anew.
            </Empty>
          )
        }
        return (
          <Stack gap="sm">
            <Group gap="md" align="flex-end">
              <Select
                label="Column"
                size="xs"
                w={240}
                searchable
                allowDeselect={false}
                data={distributions.map(({ name, kind }) => ({
                  value: name,
                  label: kind === 'target' ? `${name} (what is forecast)` : name,
                }))}
                value={shown.name}
                onChange={(value) => filter({ column: value ?? undefined })}
              />
              <Text size="sm" c="dimmed" pb={4}>
                mean {figure(shown.mean)}, standard deviation {figure(shown.sd)}, {count(shown.rows)} rows of all shops
              </Text>
            </Group>
            <Bars
              title={`Share of rows by ${shown.name}`}
              labels={shown.bins.map(binLabel)}
              groups={[{ label: 'in training', values: sharesOf(shown) }]}
              format={(share) => percent(share)}
            />
          </Stack>
        )
      }}
    </Loaded>
  )
}

const sharesOf = ({ bins, rows }: Distribution) => bins.map((bin) => (rows > 0 ? bin.rows / rows : 0))

const binLabel = ({ from, to }: Distribution['bins'][number]) => {
  if (from === null) return to === null ? 'any' : `to ${figure(to)}`
  return to === null ? `above ${figure(from)}` : `${figure(from)} to ${figure(to)}`
}
