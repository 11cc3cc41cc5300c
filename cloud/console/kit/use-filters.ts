import { useNavigate } from '@tanstack/react-router'
import { present } from './search.ts'

type Search = Record<string, unknown>

/** Changes what a page's address asks for; `undefined` takes a condition away. */
export function useFilters<S extends Search>(): (change: { readonly [Name in keyof S]?: S[Name] | undefined }) => void {
  const navigate = useNavigate()
  return (change) =>
    void navigate({
      to: '.',
      search: ((before: Search) => present({ ...before, ...change })) as never,
      replace: true,
    })
}
