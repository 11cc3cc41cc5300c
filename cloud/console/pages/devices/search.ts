/** In the order in which somebody looks at them. */
export const STATES = ['quarantined', 'disconnected', 'reduced', 'updating', 'operational', 'retired'] as const
export type State = (typeof STATES)[number]

export const SORTS = ['id', 'site', 'state', 'lastSeen', 'agent', 'version'] as const
export const ORDERS = ['asc', 'desc'] as const

/** What the list shows, as the page's address has it. */
export interface DevicesSearch {
  readonly state?: State
  readonly q?: string
  readonly selector?: string
  readonly site?: string
  readonly model?: string
  readonly version?: string
  readonly sort?: (typeof SORTS)[number]
  readonly order?: (typeof ORDERS)[number]
}

/** Of a device that is in service; those retired are asked for by name. */
export const IN_SERVICE = STATES.filter((state) => state !== 'retired').join(',')
