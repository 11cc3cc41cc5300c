/** Stands where something was taken out. */
const GONE = '[redacted]'

/** Names of fields that hold secrets, or may. */
const SECRET_NAME =
  /(?:pass(?:word|phrase|wd)?|secret|token|claim|credential|authorization|cookie|private.?key|api.?key)/i

/** What a secret looks like, wherever it stands. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE REQUEST)-----[\s\S]*?-----END [A-Z0-9 ]+-----/g, GONE],
  // A login in an address.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, `$1${GONE}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${GONE}`],
  // A JWT or JWS, and what an operator enrols a device by.
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, GONE],
  [/\bstorecast[-_:][\w-]*claim[\w.:~+/=-]*/gi, GONE],
  // name=value and "name": "value" where the name says that it is one.
  [
    /((?:^|[\s"'{,?&;])[\w.-]*(?:pass(?:word|phrase|wd)?|secret|token|claim|api.?key)["']?\s*[=:]\s*["']?)[^\s"',;&}]+/gim,
    `$1${GONE}`,
  ],
]

/** Text without what looks like a secret. */
export const redactText = (text: string): string =>
  PATTERNS.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text)

/** The same of a value of JSON: fields whose name says that they hold a secret lose their value whole. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map(redact)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      // Where a secret's file lies is no secret.
      const holdsOne = SECRET_NAME.test(name) && !/file$/i.test(name) && inner !== null && typeof inner !== 'boolean'
      return [name, holdsOne ? GONE : redact(inner)]
    }),
  )
}
