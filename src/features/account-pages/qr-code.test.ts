import assert from 'node:assert/strict'
import { test } from 'node:test'
import decodeQR from 'qr/decode.js'
import { qrCode } from './qr-code.ts'

/** Pixels of a module, so that the decoder finds its edges. */
const SCALE = 4

/** The picture that a browser draws of the path. */
function pictureOf(svg: string) {
  const [, x = '', size = ''] = /viewBox="(-?\d+) -?\d+ (\d+) \d+"/.exec(svg) ?? []
  const [quiet, modules] = [-Number(x), Number(size)]
  const width = modules * SCALE
  const data = new Uint8ClampedArray(width * width * 4).fill(255)
  const [, path = ''] = /<path d="([^"]*)"/.exec(svg) ?? []
  for (const square of squaresOf(path, modules)) {
    const [column, row] = square
    for (let dy = 0; dy < SCALE; dy++)
      for (let dx = 0; dx < SCALE; dx++) {
        const at = ((row + quiet) * SCALE + dy) * width + (column + quiet) * SCALE + dx
        data.fill(0, at * 4, at * 4 + 3)
      }
  }
  return { width, height: width, data }
}

/** The modules inside of a path of horizontal and vertical lines, by the rule of even and odd crossings. */
function* squaresOf(path: string, modules: number): Iterable<[number, number]> {
  const edges = verticalEdges(path)
  for (let row = 0; row < modules; row++) {
    const crossings = edges
      .filter(({ from, to }) => from <= row && row < to)
      .map(({ x }) => x)
      .toSorted((a, b) => a - b)
    for (let i = 0; i + 1 < crossings.length; i += 2)
      for (let column = crossings[i] ?? 0; column < (crossings[i + 1] ?? 0); column++)
        yield [column, row]
  }
}

function verticalEdges(path: string) {
  const edges: { x: number; from: number; to: number }[] = []
  let [x, y, startX, startY] = [0, 0, 0, 0]
  const lineTo = (newX: number, newY: number): void => {
    if (newX === x && newY !== y)
      edges.push({ x, from: Math.min(y, newY), to: Math.max(y, newY) })
    ;[x, y] = [newX, newY]
  }
  for (const [, command = '', numbers = ''] of path.matchAll(
    /([MmLlHhVvZz])([^A-Za-z]*)/g,
  )) {
    const values = (numbers.match(/-?[\d.]+/g) ?? []).map(Number)
    const [a = 0, b = 0] = values
    if (command === 'M') [x, y, startX, startY] = [a, b, a, b]
    if (command === 'm') [x, y, startX, startY] = [x + a, y + b, x + a, y + b]
    if (command === 'L') lineTo(a, b)
    if (command === 'l') lineTo(x + a, y + b)
    if (command === 'H') lineTo(a, y)
    if (command === 'h') lineTo(x + a, y)
    if (command === 'V') lineTo(x, a)
    if (command === 'v') lineTo(x, y + a)
    if (/z/i.test(command)) lineTo(startX, startY)
  }
  return edges
}

const URI =
  'otpauth://totp/Field%20notes:ada%40example.org?secret=JPHHUESTJHGTXNBLHV4L6T4IR2G2PODB&issuer=Field%20notes&algorithm=SHA1&digits=6&period=30'

test('another implementation reads what the code was made of', () => {
  for (const text of [URI, 'x', `${URI}&image=${'ä'.repeat(100)}`])
    assert.equal(decodeQR(pictureOf(String(qrCode(text, 'Key')))), text)
})

test('the label of the picture is text', () => {
  const svg = String(qrCode('x', '"><script>alert(1)</script>'))
  assert.match(svg, /aria-label="&quot;&gt;&lt;script&gt;/)
})
