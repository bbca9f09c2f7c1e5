import { contention } from './time.ts'

/** Milliseconds after which a wait is given up on any machine. */
const MOST = 120_000

/** Milliseconds between two measurements. */
const INTERVAL = 1000

/**
 * Calls `onHang` if it is not cancelled within a time that is given for an idle machine. Time counts less while other programs
 * slow this process down, which is measured in the same run (`contention`), and only after a third of the time.
 *
 * @returns cancels it
 */
export function detectHang(
  milliseconds: number,
  onHang: () => void,
  slowdown: () => number = currentSlowdown,
): () => void {
  const began = performance.now()
  const interval = Math.min(INTERVAL, milliseconds / 3)
  let last = began
  let counted = 0
  let timer = setTimeout(check, milliseconds / 3)
  function check(): void {
    const now = performance.now()
    counted += (now - last) / slowdown()
    last = now
    if (counted >= milliseconds || now - began >= MOST) onHang()
    else timer = setTimeout(check, interval)
  }
  return () => clearTimeout(timer)
}

let measured = { at: Number.NEGATIVE_INFINITY, value: 1 }

/** A measurement takes a tenth of a second, so those who wait share it. */
function currentSlowdown(): number {
  if (performance.now() - measured.at >= INTERVAL)
    measured = { value: Math.max(1, contention()), at: performance.now() }
  return measured.value
}
