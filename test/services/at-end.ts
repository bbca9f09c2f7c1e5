import { after } from 'node:test'

/** What all tests of a process share, such as a browser, is closed after the last of them. */
const ends: (() => Promise<void>)[] = []

export function atEnd(close: () => Promise<void>): void {
  ends.push(close)
}

after(async () => {
  for (const close of ends.splice(0)) await close()
})
