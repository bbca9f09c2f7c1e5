import type { ProofKey, ProofKeys } from '../../src/client/proof-keys.ts'
import { type Bench, openBench as openPlainBench } from './bench.ts'

/** Keys that the tabs of a test share, and that can be lost. */
export function keysOf(): ProofKeys & { readonly all: Map<string, ProofKey> } {
  const all = new Map<string, ProofKey>()
  return {
    all,
    get: async (thumbprint) => all.get(thumbprint),
    set: async (thumbprint, key) => void all.set(thumbprint, key),
    remove: async (thumbprint) => void all.delete(thumbprint),
  }
}

/** A bench whose time waits for WebCrypto. */
export async function openBench(
  t: Parameters<typeof openPlainBench>[0],
  options: Parameters<typeof openPlainBench>[1],
): Promise<Bench> {
  const bench = await openPlainBench(t, options)
  const { subtle } = crypto
  for (const name of ['generateKey', 'exportKey', 'sign', 'digest'] as const) {
    const own = subtle[name].bind(subtle) as (...args: unknown[]) => Promise<unknown>
    Object.defineProperty(subtle, name, {
      configurable: true,
      value: (...args: unknown[]) => bench.time.during(own(...args)),
    })
    t.after(() => Reflect.deleteProperty(subtle, name))
  }
  return bench
}
