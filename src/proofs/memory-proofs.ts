import { memoryOnce } from './memory-once.ts'
import type { Proofs } from './proofs.ts'

/** Values that this process alone knows: for a service that runs as one process, and for tests. */
export function memoryProofs(bound?: number): Proofs {
  const once = memoryOnce(bound)
  return {
    use: async (key, until, now) => once.use(key.toString('base64url'), until, now),
    flush: async (moment, limit) => once.flush(moment, limit),
  }
}
