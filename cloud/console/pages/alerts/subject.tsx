import { DeviceLink, PageLink } from '../../kit/links.tsx'
import { VersionLink } from '../models/version-link.tsx'
import type { Alert } from './alerts.tsx'

/** What an alert is about, with the way to its page where it has one. */
export function Subject({ of: { about, subject, labels } }: { of: Alert }) {
  const { device, sensor, rollout, model, version } = labels
  switch (about) {
    case 'device':
      return <DeviceLink id={subject} />
    case 'sensor':
      return (
        <>
          {sensor} of <DeviceLink id={device ?? subject} />
        </>
      )
    case 'rollout':
      return (
        <PageLink to="/rollouts/$rollout" params={{ rollout: subject }}>
          {rollout ?? subject}
        </PageLink>
      )
    case 'task':
      return (
        <PageLink to="/data/tasks/$task" params={{ task: subject }}>
          stewardship task {subject}
        </PageLink>
      )
    case 'forecast':
      if (model === undefined || version === undefined) return subject
      return (
        <VersionLink model={model} version={Number(version)}>
          {subject}
        </VersionLink>
      )
    case 'drift':
      return <PageLink to="/drift">{subject}</PageLink>
    default:
      return subject
  }
}
