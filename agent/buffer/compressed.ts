import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** Packed entries as a row holds them. */
export interface StoredBytes {
  readonly packed: Uint8Array
  /** Before they were compressed (Zstandard); 0: they are as they were. */
  readonly raw_bytes: number
}

/** Times and values repeat from reading to reading: about half of what is packed goes, in microseconds. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export function compressed(bytes: Uint8Array): StoredBytes {
  const packed = zstdCompressSync(bytes, FAST)
  return packed.length < bytes.length ? { packed, raw_bytes: bytes.length } : { packed: bytes, raw_bytes: 0 }
}

export const restored = ({ packed, raw_bytes }: StoredBytes): Uint8Array =>
  raw_bytes === 0 ? packed : zstdDecompressSync(packed, { maxOutputLength: raw_bytes })
