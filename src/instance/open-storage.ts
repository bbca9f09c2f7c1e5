import { type AuditLog, type AuditSettings, auditLog } from '../audit/audit-log.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { configError } from '../base/errors.ts'
import { type InstanceStore, STORE_EXTENSIONS } from '../features.ts'
import { watchClockSkew } from '../observability/clock-skew.ts'
import type { StoreExtension } from '../stores/extension.ts'
import type { RedisAddress } from '../stores/redis/address.ts'
import type { Redis } from '../stores/redis/redis.ts'
import type { CorePorts } from '../stores/store.ts'
import type { Closers } from './closers.ts'
import { openRedisIfConfigured } from './open-redis.ts'
import { openStore } from './open-store.ts'
import { chooseSecrets, type SecretSettings, type Secrets } from './secrets.ts'

export interface StorageSettings extends SecretSettings, AuditSettings {
  readonly database: string
  readonly redis: RedisAddress | undefined
  /** The option `clock`. */
  readonly clock?: Clock | undefined
}

export interface Storage {
  readonly store: InstanceStore
  readonly redis: Redis | undefined
  readonly secrets: Secrets
  readonly clock: Clock
  readonly audit: AuditLog<string>
  ports<Ports extends object>(extension: StoreExtension<Ports>): Ports
}

/** Opens the database and Redis, and what depends on them alone. @throws AuthError `invalid_config`, `store_unavailable` */
export async function openStorage(
  settings: StorageSettings,
  closers: Closers,
  open = openStore,
): Promise<Storage> {
  const { log } = settings
  const { store: opened, file } = await open(settings)
  closers.add(() => opened.close())
  await opened.migrate()
  const redis = await openRedisIfConfigured(settings.redis, log)
  closers.add(() => redis?.close())
  const store = redis?.publishing(opened) ?? opened

  // Processes on several machines agree about the time if they use the database's clock.
  const clock = settings.clock ?? store.time?.now ?? systemClock
  closers.add(watchClockSkew(store.time, log))
  const audit = auditLog(store.ports.events, settings, clock)
  closers.add(() => audit.settled())
  const secrets = chooseSecrets(settings, file)
  return { store, redis, secrets, clock, audit, ports: portsOf(store.ports) }
}

const portsOf =
  (all: CorePorts): Storage['ports'] =>
  <Ports extends object>(extension: StoreExtension<Ports>) => {
    if (STORE_EXTENSIONS.some((known) => known === extension))
      return all as object as Ports
    throw configError(
      `The feature "${extension.name}" is not in the list of features: add it to src/features.ts.`,
    )
  }
