/** The channel of the notifications that `parseNotification` reads. */
export const CHANNEL = 'watchword'

/** A change: a session was revoked, a user changed or deleted, the signing keys rotated. */
export type Notification =
  | { readonly kind: 'revoked' | 'user'; readonly id: string }
  | { readonly kind: 'keys' }

export function parseNotification(payload: string): Notification | undefined {
  if (payload === 'keys') return { kind: 'keys' }
  const [, kind, id = ''] = /^(ended|user) (.*)$/s.exec(payload) ?? []
  switch (kind) {
    case 'ended':
      return { kind: 'revoked', id }
    case 'user':
      return { kind: 'user', id }
    default:
      return undefined
  }
}

/**
 * Every commit of such a change notifies, also one made with psql. A refresh sets no column that a trigger watches.
 * (PostgreSQL refuses payloads of 8000 bytes, and the change with it; the ids of this package are shorter.)
 */
export const TRIGGERS: readonly string[] = [
  `create function watchword_tell() returns trigger language plpgsql as $$
    begin
      perform pg_notify('${CHANNEL}', tg_argv[0] || case when tg_argv[0] = 'keys' then '' else ' ' || left(old.id, 1000) end);
      return null;
    end
  $$`,
  `create trigger watchword_session_ended after update of ended_at on sessions for each row
    when (new.ended_at is not null and old.ended_at is null) execute function watchword_tell('ended')`,
  `create trigger watchword_user_changed after update on users for each row
    when (old.* is distinct from new.*) execute function watchword_tell('user')`,
  `create trigger watchword_user_deleted after delete on users for each row execute function watchword_tell('user')`,
  `create trigger watchword_keys_changed after insert or update or delete on keys for each row
    execute function watchword_tell('keys')`,
]

/** Whether all triggers exist and are enabled; without them changes are not notified. */
export const TRIGGERS_QUERY = {
  name: 'watchword_triggers',
  text: `select count(*) = 4 as enabled from pg_catalog.pg_trigger
    where tgrelid in (to_regclass('sessions'), to_regclass('users'), to_regclass('keys')) and tgenabled in ('O', 'A')
      and tgname in ('watchword_session_ended', 'watchword_user_changed', 'watchword_user_deleted', 'watchword_keys_changed')`,
}
