import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system in memory for one test. */
export interface Disk {
  readonly folder: string
  /** Leaves no byte free. */
  fill(): void
  /** Deletes the file that filled it. */
  free(): void
  remove(): void
}

/** @returns a string with the reason if it cannot be mounted */
export function aSmallDisk(megabytes: number): Disk | string {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'a disk can be mounted by root alone, on Linux'
  const folder = mkdtempSync(join(tmpdir(), 'watchword-disk-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    mount('-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder)
  } catch (error) {
    remove()
    return `no disk can be mounted here: ${String((error as { readonly stderr?: unknown }).stderr).trim()}`
  }
  chmodSync(folder, 0o755)
  const filler = join(folder, 'filler')
  return {
    folder,
    fill: () => fillWith(filler),
    free: () => unlinkSync(filler),
    remove() {
      // Lazily, because a process may still have a file of it open.
      execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' })
      remove()
    },
  }
}

const mount = (...args: readonly string[]): void =>
  void execFileSync('mount', args, { stdio: 'pipe' })

function fillWith(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (const size of [65_536, 4096, 1]) while (writes(file, size)) {}
  } finally {
    closeSync(file)
  }
}

function writes(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}
