import type { Item } from '../../api/client.ts'
import { Mark, type Tone } from '../../kit/mark.tsx'

type Sensitivity = Item<'/v1/datasets'>['spec']['sensitivity']

const TONES = {
  public: 'quiet',
  internal: 'quiet',
  confidential: 'warning',
  restricted: 'bad',
} as const satisfies Readonly<Record<Sensitivity, Tone>>

/** Who may see data, the more conspicuous the fewer. */
export const SensitivityMark = ({ of }: { of: Sensitivity }) => <Mark tone={TONES[of]}>{of}</Mark>
