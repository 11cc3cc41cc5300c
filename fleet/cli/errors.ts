/** The user has to change something about the call: what they typed, or a file that they named. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The user, asked again, did not want it. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError'
}

/** No token, or one that the cloud does not know. */
export class NotLoggedInError extends Error {
  override readonly name = 'NotLoggedInError'
}

/** The files and the cloud differ: what `storecast diff` was asked for, and no trouble. */
export class DifferencesError extends Error {
  override readonly name = 'DifferencesError'
}
