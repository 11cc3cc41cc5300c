type Search = Record<string, unknown>

/** A text of a page's address, where it is there. */
export const text = <Name extends string>(search: Search, name: Name): { [N in Name]?: string } => {
  const value = search[name]
  const given = typeof value === 'number' ? String(value) : value
  return (typeof given === 'string' && given !== '' ? { [name]: given.slice(0, 500) } : {}) as { [N in Name]?: string }
}

/** One of several values of a page's address; another is as good as none. */
export const oneOf = <Name extends string, const Value extends string>(
  search: Search,
  name: Name,
  values: readonly Value[],
): { [N in Name]?: Value } =>
  (values.includes(search[name] as Value) ? { [name]: search[name] } : {}) as { [N in Name]?: Value }

/** A number of a page's address, from 1: of a version, of a rollout. */
export const number = <Name extends string>(search: Search, name: Name): { [N in Name]?: number } => {
  const value = Number(search[name])
  return (Number.isSafeInteger(value) && value > 0 ? { [name]: value } : {}) as { [N in Name]?: number }
}
