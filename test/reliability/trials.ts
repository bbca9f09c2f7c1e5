import type { Trial } from './trial.ts'

/** All trials, each read when it is made. */
export const TRIALS: readonly (() => Promise<Trial>)[] = [
  async () => (await import('./races.ts')).oneSuccessor,
  async () => (await import('./races.ts')).strictly,
  async () => (await import('./races.ts')).reuseElsewhere,
  async () => (await import('./limits.ts')).limits,
  async () => (await import('./random-history.ts')).randomHistory,
  async () => (await import('./table.ts')).table,
  async () => (await import('./races.ts')).endInARace,
  async () => (await import('./kills.ts')).kills,
  async () => (await import('./kills.ts')).databaseKills,
  async () => (await import('./durable.ts')).durable,
  async () => (await import('./restart.ts')).restart,
  async () => (await import('./clocks.ts')).clocks,
  async () => (await import('./outage.ts')).outage,
  async () => (await import('./faults.ts')).faults,
  async () => (await import('./disk-full.ts')).diskFull,
  async () => (await import('./redis-outage.ts')).redisOutage,
  async () => (await import('./stops.ts')).stops,
  async () => (await import('./stops.ts')).reloads,
  async () => (await import('./crash.ts')).crash,
  async () => (await import('./flushing.ts')).flushing,
  async () => (await import('./connection-flood.ts')).connectionFlood,
  async () => (await import('./writers.ts')).writers,
  async () => (await import('./key-rotation.ts')).keyRotation,
]
