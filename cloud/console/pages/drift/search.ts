export const KINDS = ['sensor', 'feature', 'target'] as const
export const VERDICTS = ['drift', 'minor', 'stable', 'insufficient'] as const
