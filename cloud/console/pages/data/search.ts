export const STATES = ['standing', 'open', 'acknowledged', 'closed'] as const
/** Days that are looked at. */
export const SPANS = ['1', '7', '28'] as const
