import { z } from 'zod'
import type { Devices } from '../devices/index.ts'
import type { Database } from '../platform/database.ts'
import type { LabelLimit } from '../platform/label-limit.ts'
import type { Objects } from '../platform/objects.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'
import { remembered } from '../platform/remembered.ts'
import { together } from '../platform/together.ts'
import {
  type Backlog,
  type DeviceEvent,
  deviceAccount,
  type EpochAccount,
  type Gap,
  type GapQuery,
  listBacklogs,
  listEvents,
  listGaps,
  type Reported,
  reportedStates,
} from './account.ts'
import { type DeviceEvidence, type EvidenceFilter, listEvidence } from './evidence.ts'
import { type ForecastScores, forecastScores, type ScoresQuery } from './forecast-scores.ts'
import {
  type ForecastCalibration,
  type ForecastFilter,
  type ForecastView,
  forecastCalibration,
  listForecasts,
} from './forecasts.ts'
import {
  type DeviceDay,
  type DeviceDaysQuery,
  deviceDays,
  type Sample,
  type SamplesQuery,
  type SiteDays,
  type SiteDaysQuery,
  samples,
  siteDays,
} from './merged/by-device.ts'
import { type DaySums, type DaySumsQuery, daySums } from './merged/day-sums.ts'
import { type MergedQuery, type MergedWindows, mergedPage, mergedWindows } from './merged/merged.ts'
import {
  type ServingCount,
  type ServingDevice,
  type ServingDevicesQuery,
  type ServingFilter,
  servingCounts,
  servingDevices,
} from './serving.ts'
import {
  listWindows,
  newestData,
  newestWindowEnd,
  newestWindowEnds,
  type Span,
  type WindowPage,
  type WindowQuery,
  type WindowSteps,
  windowSums,
} from './windows.ts'

/** Questions to what devices have sent. */
export interface Telemetry {
  /** All merged windows that are asked for; see `mergedWindows`. */
  merged(query: MergedQuery): Promise<MergedWindows[]>
  /** Of what devices measure of themselves, by local day; see `daySums`. */
  daySums(query: DaySumsQuery): Promise<DaySums[]>
  mergedPage(query: MergedQuery & PageRequest): Promise<Page<MergedWindows>>
  windows(query: WindowQuery): Promise<WindowPage>
  windowSums(query: Span & { readonly site: string; readonly sensor: string }): Promise<WindowSteps[]>
  /** Distributions of many devices' series; see `samples`. */
  samples(query: SamplesQuery): Promise<Sample[]>
  /** What sites measured day by day; see `siteDays`. */
  siteDays(query: SiteDaysQuery): Promise<SiteDays[]>
  /** What devices measured of themselves day by day; see `deviceDays`. */
  deviceDays(query: DeviceDaysQuery): Promise<DeviceDay[]>
  newestWindowEnd(site: string): Promise<number>
  newestWindowEnds(sites: readonly string[]): Promise<Map<string, number>>
  /** Up to when there is data of the fleet within a limit, Unix ms; null where nothing came yet. */
  newestData(within: LabelLimit): Promise<number | null>
  forecasts(query: ForecastFilter & PageRequest): Promise<Page<ForecastView>>
  forecastScores(query: ScoresQuery): Promise<ForecastScores[]>
  forecastCalibration(query: ForecastFilter): Promise<ForecastCalibration[]>
  /** What candidates in shadow showed, by local day. */
  evidence(query: EvidenceFilter & PageRequest): Promise<Page<DeviceEvidence>>
  gaps(query: GapQuery): Promise<Page<Gap>>
  /** How far the cloud is with each device in service. */
  backlogs(query: GapQuery): Promise<Page<Backlog>>
  /** @throws NotFoundError `device-unknown`. */
  account(device: string): Promise<EpochAccount[]>
  /** Newest first. @throws NotFoundError `device-unknown`. */
  events(query: PageRequest & { readonly device: string }): Promise<Page<DeviceEvent>>
  reported(devices: readonly string[]): Promise<Map<string, Reported>>
  /** How many devices serve each version of the models, and how many should. */
  serving(query: ServingFilter): Promise<ServingCount[]>
  /** What each device that has something of a model serves of it, and should, by id. */
  servingDevices(query: ServingDevicesQuery): Promise<Page<ServingDevice>>
}

const EventPosition = z.tuple([z.int(), z.uuid()])

export function createTelemetry(options: { database: Database; devices: Devices; objects: Objects }): Telemetry {
  const { database, devices, objects } = options
  const { pool } = database
  // Every forecast of a span is read, once for all who ask at once: a large fleet's figures are up to a minute old.
  const kept = { times: 20, longestMs: 60_000, most: 100 }
  const calibrations = remembered<ForecastCalibration[]>(kept)
  const scores = remembered<ForecastScores[]>(kept)
  // Many consoles hear of the same change and ask the same at once: it is answered once.
  const pageOf = together(JSON.stringify, (query: MergedQuery & PageRequest) =>
    mergedPage({ database, objects }, query),
  )
  const countsOf = together(JSON.stringify, (query: ServingFilter) => servingCounts(pool, query))
  return {
    merged: (query) => mergedWindows({ database, objects }, query),
    daySums: (query) => daySums(database, query),
    mergedPage: pageOf,
    windows: (query) => listWindows({ pool, devices, objects }, query),
    windowSums: (query) => windowSums(pool, query),
    samples: (query) => samples(database, query),
    siteDays: (query) => siteDays(database, query),
    deviceDays: (query) => deviceDays(database, query),
    newestWindowEnd: (site) => newestWindowEnd(pool, site),
    newestWindowEnds: (sites) => newestWindowEnds(pool, sites),
    newestData: (within) => newestData(pool, within),
    forecasts: (query) => listForecasts(pool, query),
    forecastScores: (query) => scores.get(JSON.stringify(query), () => forecastScores(pool, query)),
    forecastCalibration: (query) => calibrations.get(JSON.stringify(query), () => forecastCalibration(pool, query)),
    evidence: (query) => listEvidence(pool, query),
    gaps: (query) => listGaps(pool, query),
    backlogs: (query) => listBacklogs(pool, query),
    async account(device) {
      await devices.get(device)
      return deviceAccount(pool, device)
    },
    async events({ device, after, limit }) {
      await devices.get(device)
      const position = after === undefined ? undefined : fromCursor(after, EventPosition)
      const rows = await listEvents(pool, { device, after: position, limit: limit + 1 })
      return toPage(rows, limit, ({ at, id }) => toCursor([at, id]))
    },
    reported: (ids) => reportedStates(pool, ids),
    serving: countsOf,
    servingDevices: (query) => servingDevices(pool, query),
  }
}
