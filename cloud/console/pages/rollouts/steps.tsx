import { Stack, Text } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import { Mark } from '../../kit/mark.tsx'
import { CohortBar, CohortCounts } from './cohort.tsx'
import type { Rollout } from './queries.ts'
import classes from './steps.module.css'
import { devices, STATE_TONES, stepWords } from './words.ts'

/** The steps in their order with where the rollout is, each with the devices that it told; then all of them together. */
export function Steps({ rollout }: { rollout: Rollout }) {
  const { step: here, state, document, cohorts, counts } = rollout
  const { steps } = document.spec
  const byStep = new Map(cohorts.map((cohort) => [cohort.step, cohort]))
  const late = byStep.get(steps.length)
  const isOver = !['running', 'paused'].includes(state)
  return (
    <Stack gap="xs">
      <ol className={classes.steps}>
        {steps.map((step, index) => {
          const at = index < here ? 'done' : index > here ? 'ahead' : isOver ? 'ended' : 'here'
          const cohort = byStep.get(index)
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place; two may be the same.
            <li key={index} className={classes.step} data-at={at} aria-current={at === 'here' ? 'step' : undefined}>
              <span className={classes.place} aria-hidden>
                {at === 'done' ? (
                  <IconCheck size={14} stroke={3} />
                ) : at === 'ended' ? (
                  <IconX size={14} stroke={3} />
                ) : (
                  index + 1
                )}
              </span>
              <Stack gap={4} miw={0}>
                <div className={classes.title}>
                  {stepWords(step)} {at === 'here' && <Mark tone={state === 'paused' ? 'warning' : 'busy'}>here</Mark>}
                  {at === 'ended' && <Mark tone={STATE_TONES[state]}>{`${state} here`}</Mark>}
                  {at === 'ahead' && isOver && <Mark tone="quiet">not reached</Mark>}
                </div>
                {cohort && (
                  <>
                    <CohortBar of={cohort} whole={cohort.told + cohort.excluded} />
                    <CohortCounts of={cohort} whole={cohort.told + cohort.excluded} />
                  </>
                )}
              </Stack>
            </li>
          )
        })}
        {late && (
          <li className={classes.step} data-at="done">
            <span className={classes.place} aria-hidden>
              +
            </span>
            <Stack gap={4} miw={0}>
              <div className={classes.title}>Told once every step was done</div>
              <CohortBar of={late} whole={late.told + late.excluded} />
              <CohortCounts of={late} whole={late.told + late.excluded} />
            </Stack>
          </li>
        )}
      </ol>
      <Stack gap={4} component="section" aria-label="All devices">
        <Text size="sm" fw={600}>
          All {devices(counts.devices)}: {counts.told.toLocaleString('en')} told, {counts.untold.toLocaleString('en')}{' '}
          not yet{counts.shadow > 0 && `, ${counts.shadow.toLocaleString('en')} of them with the candidate in shadow`}
          {counts.late > 0 && `; ${counts.late.toLocaleString('en')} came after the start`}
        </Text>
        <CohortBar of={counts} whole={counts.devices} />
        <CohortCounts of={counts} whole={counts.devices} />
      </Stack>
    </Stack>
  )
}
