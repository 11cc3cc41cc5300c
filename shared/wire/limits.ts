/** Of an MQTT payload: AWS IoT Core allows 128 KB with topic and header. */
export const MAX_PAYLOAD_BYTES = 120 * 1024

/** Of a batch's records before compression, checked before and while decompressing. */
export const MAX_BODY_BYTES = 1024 * 1024

/** Runs that a hello tells. */
export const MAX_RUNS = 64

/** Records in a batch. */
export const MAX_BATCH_RECORDS = 8192

/** No window is longer: a local day has 25 hours, and where a zone changes sides of the date line it may come twice. */
export const MAX_WINDOW_MS = 50 * 3_600_000

/** Bins of one sketch, and quantiles of one forecast. */
export const MAX_BINS = 4096
export const MAX_QUANTILES = 99

/** Characters. */
export const MAX_EVENT_MESSAGE = 2000
export const MAX_EVENT_DETAIL = 4000
export const MAX_REASON = 200

/** Bytes of JSON: one record always fits a batch, compressed or not. */
export const MAX_REPORTED = 64 * 1024
