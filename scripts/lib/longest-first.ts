import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** From half a minute up, longest first. */
const LONG = [
  'agent/test/update-kill.test.ts',
  'fleet/test/story.test.ts',
  'cloud/test/console-pages.test.ts',
  'fleet/test/rollouts/rollouts.test.ts',
  'fleet/test/kills.test.ts',
  'cloud/test/rollout-pages.test.ts',
  'fleet/test/shop-page/shop-page.test.ts',
  'fleet/test/metro-stewardship.test.ts',
  'agent/update/reconciler.test.ts',
  'scripts/guards.test.ts',
]

/**
 * Begins with the files that take longest, so that none of them is left over for one core at the end. Vitest knows how long
 * files took where it ran before; on a fresh clone it knows their sizes alone.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = LONG.findIndex((path) => moduleId.endsWith(`/${path}`))
      return index < 0 ? LONG.length : index
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}
