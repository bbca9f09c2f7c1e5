import { streamed } from '../../src/http/answer.ts'
import { definePreset, definePresetEndpoint } from '../../src/presets/define-preset.ts'

/** What the endpoints have produced. */
export interface Produced {
  parts: number
  /** How many texts were ended: by their producer, or because the client has disconnected. */
  ended: number
}

const TEXT = 'text/plain; charset=utf-8'

export const PART = 'x'.repeat(65_536)

/** Endpoints that answer in parts: a text, one that fails after its first part, one without an end, and what was produced. */
export function inParts() {
  const produced: Produced = { parts: 0, ended: 0 }
  const texts = {
    whole: ['one ', 'tŵo ', 'three'],
    broken: brokenText(),
    endless: endless(),
  }
  async function* counted(text: Iterable<string>): AsyncGenerator<string> {
    try {
      for (const part of text) {
        produced.parts++
        yield part
      }
    } finally {
      produced.ended++
    }
  }
  const named = (name: keyof typeof texts) =>
    definePresetEndpoint({
      path: `/${name}/`,
      create: () => ({
        name,
        methods: { GET: { handle: () => streamed(TEXT, counted(texts[name])) } },
      }),
    })
  const state = definePresetEndpoint({
    path: '/produced/',
    create: () => ({ name: 'produced', methods: { GET: { handle: () => produced } } }),
  })
  const [whole, broken, infinite] = [named('whole'), named('broken'), named('endless')]
  return definePreset({
    name: 'parts',
    prefix: '/api/parts',
    endpoints: { whole, broken, endless: infinite, state },
  })
}

const brokenText = (): Iterable<string> => ({
  *[Symbol.iterator]() {
    yield 'one'
    throw new Error('a secret')
  },
})

const endless = (): Iterable<string> => ({
  *[Symbol.iterator]() {
    for (;;) yield PART
  },
})
