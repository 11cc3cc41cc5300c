export { createKpis, type Kpi, type Kpis } from './kpis.ts'
export { kpiMetrics } from './metrics.ts'
