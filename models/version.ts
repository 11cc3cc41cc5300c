/** Of Storecast, as lineages name it. */
export const VERSION = '0.1.0'
