type Search = Record<string, unknown>
type Given<Name extends string, Value> = { [N in Name]?: Value }

/** What is left out of an address stays as it was written: what is wrong has to be undone by name. */
const given = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  ({ [name]: value }) as Given<Name, Value>

/** What an address really has: what is left out of it is not there at all. */
export const present = <S extends object>(search: S): S =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as S

/** A text of a page's address, where it is there. */
export const text = <Name extends string>(search: Search, name: Name): Given<Name, string> => {
  const value = typeof search[name] === 'number' ? String(search[name]) : search[name]
  return given(name, typeof value === 'string' && value !== '' ? value.slice(0, 500) : undefined)
}

/** One of several values of a page's address; another is as good as none. */
export const oneOf = <Name extends string, const Value extends string>(
  search: Search,
  name: Name,
  values: readonly Value[],
): Given<Name, Value> =>
  given(
    name,
    values.find((value) => value === search[name]),
  )

/** A number of a page's address, from 1: of a version, of a rollout. */
export const number = <Name extends string>(search: Search, name: Name): Given<Name, number> => {
  const value = Number(search[name])
  return given(name, Number.isSafeInteger(value) && value > 0 ? value : undefined)
}
