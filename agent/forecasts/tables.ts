/** Where forecasts and the runs that made them lie. */
export interface ForecastTables {
  readonly forecasts: 'forecasts' | 'shadow_forecasts'
  readonly runs: 'forecast_runs' | 'shadow_runs'
}

/** Of the versions that serve. */
export const SERVED: ForecastTables = { forecasts: 'forecasts', runs: 'forecast_runs' }
/** Of candidates, which nobody is told of. */
export const SHADOW: ForecastTables = { forecasts: 'shadow_forecasts', runs: 'shadow_runs' }
