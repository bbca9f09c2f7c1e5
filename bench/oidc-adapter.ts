import { DatabaseSync } from 'node:sqlite'

/** What oidc-provider stores of a model, as its documentation of adapters has it. */
interface Payload {
  readonly grantId?: string
  readonly uid?: string
  readonly [name: string]: unknown
}

interface Row {
  readonly payload: string
  readonly consumed: number | null
}

const now = (): number => Math.floor(Date.now() / 1000)

/** A table for all models, with a statement for each function of the interface. As durable as our own. */
export function sqliteAdapter(file: string) {
  const db = new DatabaseSync(file)
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table models (
      model text not null, id text not null, payload text not null, grant_id text, uid text, consumed integer, expires integer,
      primary key (model, id)
    ) without rowid, strict;
    create index of_grant on models (grant_id);
    create index of_uid on models (uid);
  `)
  const upsert = db.prepare(
    'insert or replace into models values (?, ?, ?, ?, ?, null, ?)',
  )
  const find = db.prepare(
    'select payload, consumed from models where model = ? and id = ? and expires > ?',
  )
  const findByUid = db.prepare(
    'select payload, consumed from models where model = ? and uid = ? and expires > ?',
  )
  const consume = db.prepare('update models set consumed = ? where model = ? and id = ?')
  const destroy = db.prepare('delete from models where model = ? and id = ?')
  const revoke = db.prepare('delete from models where grant_id = ?')

  const read = (row: unknown): Payload | undefined => {
    if (row === undefined) return undefined
    const { payload, consumed } = row as Row
    return { ...JSON.parse(payload), ...(consumed !== null && { consumed }) }
  }

  return class {
    readonly #model: string

    constructor(model: string) {
      this.#model = model
    }
    async upsert(id: string, payload: Payload, expiresIn = 1e9): Promise<void> {
      const { grantId = null, uid = null } = payload
      const text = JSON.stringify(payload)
      upsert.run(this.#model, id, text, grantId, uid, now() + expiresIn)
    }
    async find(id: string): Promise<Payload | undefined> {
      return read(find.get(this.#model, id, now()))
    }
    async findByUid(uid: string): Promise<Payload | undefined> {
      return read(findByUid.get(this.#model, uid, now()))
    }
    async findByUserCode(): Promise<undefined> {}
    async consume(id: string): Promise<void> {
      consume.run(now(), this.#model, id)
    }
    async destroy(id: string): Promise<void> {
      destroy.run(this.#model, id)
    }
    async revokeByGrantId(grantId: string): Promise<void> {
      revoke.run(grantId)
    }
  }
}
