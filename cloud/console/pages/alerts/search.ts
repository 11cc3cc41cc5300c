export const STATES = ['firing', 'pending', 'resolved'] as const
export const SEVERITIES = ['critical', 'warning', 'info'] as const
