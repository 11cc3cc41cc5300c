import { useNavigate } from '@tanstack/react-router'

type Search = Record<string, unknown>

/** Changes what a page's address asks for; `undefined` takes a condition away. */
export function useFilters<S extends Search>(): (change: { readonly [Name in keyof S]?: S[Name] | undefined }) => void {
  const navigate = useNavigate()
  return (change) =>
    void navigate({
      to: '.',
      search: ((before: Search) =>
        Object.fromEntries(
          Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined),
        )) as never,
      replace: true,
    })
}
