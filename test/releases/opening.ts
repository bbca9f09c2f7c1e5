import type { Expected } from './expected.ts'
import { instanceOn } from './instance.ts'

/** One of several processes that open the same data at once. */
const [database = '', terms = ''] = process.argv.slice(2)
const expected = JSON.parse(terms) as Expected

/** @returns the number of users, or the error of the start */
async function opened(): Promise<number | string> {
  const auth = instanceOn(database, expected)
  try {
    await auth.migrate()
    return (await auth.list()).users.length
  } catch (error) {
    return String(error)
  } finally {
    await auth.close()
  }
}

process.once('message', async () => {
  process.send?.(await opened())
  process.disconnect()
})
process.send?.('ready')
