import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until all messages are sent, which they are after the answer. */
export async function outboxSent(db: DatabaseSync): Promise<void> {
  const waiting = db.prepare('select count(*) as n from outbox')
  while (Number(waiting.get()?.n) > 0) await sleep(2)
}
