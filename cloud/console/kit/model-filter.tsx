import { useQuery } from '@tanstack/react-query'
import { FilterSelect } from './filters.tsx'
import { modelNamesQuery } from './names.ts'

interface ModelFilterProps {
  readonly value: string | undefined
  readonly onChange: (model: string | undefined) => void
}

/** One of the models that there are; one that an address names and that is gone stays to be taken away. */
export function ModelFilter({ value, onChange }: ModelFilterProps) {
  const models = useQuery(modelNamesQuery)
  const names = new Set([...(models.data ?? []).map(({ name }) => name), ...(value === undefined ? [] : [value])])
  return <FilterSelect label="Model" any="any" options={[...names]} value={value} onChange={onChange} />
}
