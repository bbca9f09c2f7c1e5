/** The values of a path's parameters, as the client sent them: they are not decoded. */
export type PathParameters = Readonly<Record<string, string>>

const isParameter = (segment: string): boolean => segment.startsWith(':')

/** @returns the values of the parameters; `undefined` if the path does not match the pattern */
export function matchPath(pattern: string, path: string): PathParameters | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [i, segment] of wanted.entries()) {
    const value = given[i] ?? ''
    if (!isParameter(segment)) {
      if (segment !== value) return undefined
      continue
    }
    if (value === '') return undefined
    parameters[segment.slice(1)] = value
  }
  return parameters
}

/** Whether some path belongs to both patterns. */
export function overlap(one: string, other: string): boolean {
  const ours = one.split('/')
  const theirs = other.split('/')
  return (
    ours.length === theirs.length &&
    ours.every((segment, i) => areCompatible(segment, theirs[i] ?? ''))
  )
}

const areCompatible = (one: string, other: string): boolean =>
  one === other || isParameter(one) || isParameter(other)
