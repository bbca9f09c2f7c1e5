/** How many times as long a trial waits for what it needs to see, and for what makes it better, on a busy machine. */
const PATIENCE = { needs: 10, wants: 4 }

interface Enough {
  /** Whether what the trial needs to see was seen. */
  needs(): boolean
  /** Whether it has seen as much as is useful. */
  wants?(): boolean
}

/** @returns whether a trial that begins now is over: its time is, and it has seen enough or has waited for it long enough */
export function lastingFor(
  seconds: number,
  { needs, wants = () => true }: Enough,
): () => boolean {
  const began = performance.now()
  return () => {
    const lasted = (performance.now() - began) / 1000 / seconds
    if (lasted < 1) return false
    if (!needs()) return lasted > PATIENCE.needs
    return wants() || lasted > PATIENCE.wants
  }
}
