export const DECISIONS = ['allowed', 'denied', 'failed'] as const
