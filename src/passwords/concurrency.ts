import { availableParallelism } from 'node:os'

/**
 * How many passwords one process hashes at once. One core is left to other requests: a thread that hashes keeps its core for a
 * time slice, 3 ms on Linux, however low its priority is, and the event loop would wait that long to wake up.
 *
 * @param processes how many share the machine
 */
export const defaultHashesAtOnce = (processes = 1): number =>
  Math.max(1, Math.floor((availableParallelism() - 1) / processes))
