/** PEM, as Node's TLS takes them. */
export interface ClientTls {
  /** Whoever answers must have its certificate from this authority; default: the system's. */
  readonly ca?: string
  readonly key?: string
  readonly cert?: string
  /** Unix milliseconds that have passed, whatever the device's clock says: by them certificates expire. Default: that clock. */
  readonly now?: (() => number) | undefined
}

/** What the device shows to the cloud, and where. */
export interface Credentials {
  /** `mqtts:` or `mqtt:` URL. */
  readonly broker: string
  /** In place of a certificate: for development, on this machine's own line. */
  readonly token?: string
  readonly tls: ClientTls
}
