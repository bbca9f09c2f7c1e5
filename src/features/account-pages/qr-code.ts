import { correction, generate } from 'lean-qr'
import { toSvgPath } from 'lean-qr/extras/svg'
import { type Html, html } from '../../pages/html.ts'

/** Modules around the code that stay white (ISO/IEC 18004 §9.1 asks for four); the padding of the class adds to them. */
const QUIET_ZONE = 2

/** A text as a QR code. A screen needs no more correction than the lowest, which makes the squares larger. @param label what it is, for screen readers */
export function qrCode(text: string, label: string): Html {
  const code = generate(text, { maxCorrectionLevel: correction.L })
  const size = code.size + 2 * QUIET_ZONE
  const viewBox = `${-QUIET_ZONE} ${-QUIET_ZONE} ${size} ${size}`
  return html`<svg class="qr" viewBox="${viewBox}" role="img" aria-label="${label}" shape-rendering="crispEdges"><path d="${toSvgPath(code)}"/></svg>`
}
