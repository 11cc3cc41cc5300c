import { KPIS, TARGETS } from '../../cloud/kpis/definitions.ts'
import { code, page, table } from './markdown.ts'

/** Every KPI as its definition has it. */
export function kpiPage(): string {
  const target = (id: string) => {
    const { above, below } = TARGETS[id] ?? {}
    return [above === undefined ? '' : `> ${above}`, below === undefined ? '' : `< ${below}`].filter(Boolean).join(', ')
  }
  return page(
    '# KPIs',
    'By their ids, as `GET /v1/kpis` and `storecast_kpi` in `/metrics` tell them. A share has the unit 1. By whose clock facts fall into a span, the shops’ or the cloud’s: [clocks](../cloud-team/kpis.md#clocks). What they are for, and how to compare them: [KPIs](../cloud-team/kpis.md).',
    table(
      ['KPI', 'what', 'unit', 'formula', 'source', 'clock', 'target'],
      KPIS.map(({ id, title, unit, formula, source, clock }) => [
        ...[code(id), title, unit, formula],
        ...[source.replaceAll(/\$[\w-]+|cloud_cpu|cost\.cpuHoursBefore/g, code), clock, target(id) || '–'],
      ]),
    ),
  )
}
