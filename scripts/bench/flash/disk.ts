import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** A folder, and a count of what is really written for the files in it. */
export interface CountedDisk extends Disposable {
  readonly folder: string
  /** How it is counted, in words. */
  readonly countedBy: string
  /** Bytes written since the disk was made, what waits in memory included. @param pid the process that writes */
  written(pid: number): number
}

/** What the kernel says that a process has caused to be written: pages of its files. */
export const writtenBy = (pid: number): number =>
  Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])

const IMAGE_BYTES = 1024 ** 3
const SECTOR_BYTES = 512
/** Of /sys/block/<device>/stat (Documentation/block/stat.rst of Linux), from 0. */
const WRITE_SECTORS = 6
const TMPFS_MAGIC = 0x01021994

/**
 * As root, an ext4 of its own on a loop device, whose counter has everything that reaches it: the files' pages, the file
 * system's journal and its metadata. Otherwise what the kernel says the process has caused to be written
 * (/proc/<pid>/io), which is the files' pages alone.
 * @throws Error where the folder for temporary files is in memory: nothing is written there
 */
export function countedDisk(): CountedDisk {
  const parent = mkdtempSync(join(tmpdir(), 'bench-flash-'))
  if (statfsSync(parent).type === TMPFS_MAGIC)
    throw new Error(`${parent} is in memory: set TMPDIR to a folder on a disk`)
  return mounted(parent) ?? counted(parent)
}

function mounted(parent: string): CountedDisk | undefined {
  const [image, folder] = [join(parent, 'disk.img'), join(parent, 'disk')]
  writeFileSync(image, '')
  truncateSync(image, IMAGE_BYTES)
  mkdirSync(folder)
  try {
    execFileSync('mkfs.ext4', ['-q', '-F', image], { stdio: 'ignore' })
    execFileSync('mount', ['-o', 'loop,noatime', image, folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', folder], { encoding: 'utf8' }).trim()
  return {
    folder,
    countedBy: 'the block device of an ext4 of its own',
    written() {
      execFileSync('sync', ['-f', folder])
      const fields = readFileSync(`/sys/block/${basename(device)}/stat`, 'utf8')
        .trim()
        .split(/\s+/)
      return Number(fields[WRITE_SECTORS]) * SECTOR_BYTES
    },
    [Symbol.dispose]() {
      execFileSync('umount', [folder])
      rmSync(parent, { recursive: true })
    },
  }
}

function counted(parent: string): CountedDisk {
  return {
    folder: parent,
    countedBy: 'write_bytes of /proc/<pid>/io, without the file system’s journal (as root: a disk of its own)',
    written: writtenBy,
    [Symbol.dispose]: () => rmSync(parent, { recursive: true }),
  }
}
