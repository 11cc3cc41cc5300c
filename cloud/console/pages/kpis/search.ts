/** Days that are looked at. */
export const SPANS = ['7', '28', '84'] as const
