export const STATES = ['standing', 'open', 'acknowledged', 'closed'] as const
/** Days that are looked at. */
export const SPANS = ['1', '7', '28'] as const
/** Whether a data set counts for a sensor at each of its shops, as the API has it. */
export const HELD = ['true', 'false'] as const
