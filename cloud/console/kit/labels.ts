/** `region=eu` for each label. */
export const labelTexts = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels).map(([name, value]) => `${name}=${value}`)

/** `region=eu, tier=gold` as labels; the cloud says what is wrong with one. */
export const parseLabels = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .map((term) => term.trim())
      .filter((term) => term !== '')
      .map((term) => {
        const at = term.indexOf('=')
        return at < 0 ? [term, ''] : [term.slice(0, at).trim(), term.slice(at + 1).trim()]
      }),
  )
