import type { Hits } from './hits.ts'
export const memoryHits = (): Hits => ({ hit: () => ({ kind: 'counted' }), flush: async () => 0 })
