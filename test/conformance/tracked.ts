/** Part of a recording that was not played. */
export class Unplayable extends Error {
  constructor(part: string) {
    super(`cannot be played: ${part}`)
  }

  override toString(): string {
    return this.message
  }
}

export interface Tracked<T> {
  readonly value: T
  /** The members that have not been read, by their path: `steps.0.capture`. */
  unread(): string[]
}

/**
 * Records which members of a recording are read. A member that is never read was not played, although the response may be right, and a
 * recording may have members that this runner does not know.
 */
export function tracked<T extends object>(recording: T): Tracked<T> {
  const read = new Set<string>()
  return {
    value: watched(recording, '', (path) => read.add(path)),
    unread: () => leavesOf(recording, '').filter((path) => !read.has(path)),
  }
}

function watched<T extends object>(
  value: T,
  path: string,
  onRead: (path: string) => void,
): T {
  return new Proxy(value, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof name !== 'string' || !Object.hasOwn(target, name)) return member
      onRead(path + name)
      return isObject(member) ? watched(member, `${path}${name}.`, onRead) : member
    },
  })
}

/** Members without members. */
function leavesOf(value: object, path: string): string[] {
  return Object.entries(value).flatMap(([name, member]) =>
    isObject(member) && Object.keys(member).length > 0
      ? leavesOf(member, `${path}${name}.`)
      : [path + name],
  )
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null
