import { OPEN_STATES, type Rollouts } from '../../rollout/index.ts'
import type { SubjectSource } from '../subjects.ts'

const PAGE = 100

/** Rollouts that are open, or ended within `over`. */
export const rolloutSubjects =
  (rollouts: Pick<Rollouts, 'list'>): SubjectSource =>
  async ({ now, over }) => {
    const found: Awaited<ReturnType<Rollouts['list']>>['items'] = []
    let after: string | undefined
    do {
      const page = await rollouts.list({ after, limit: PAGE })
      found.push(
        ...page.items.filter(({ state, finishedAt }) => OPEN_STATES.includes(state) || (finishedAt ?? 0) > now - over),
      )
      after = page.next
    } while (after !== undefined)
    return found.map(({ id, name, model, version, state, reason, createdAt, counts, analysis }) => ({
      id,
      labels: { rollout: name, model, version: String(version) },
      facts: {
        ...{ id, name, model, version, state, reason: reason ?? '', ageSeconds: (now - createdAt) / 1000 },
        ...{ devices: counts, verdict: analysis?.analysis.verdict ?? null },
      },
    }))
  }
