/** Receives the parts of a JSON text in their order, and may throw to stop. */
export interface JsonVisitor {
  /** @param depth of the object or array that opens; the outermost has 1 */
  open(depth: number): void
  name(member: MemberName): void
  /** @param value of every string, names included */
  string?(value: string): void
  comma?(): void
}

export interface MemberName {
  readonly name: string
  /** How deep the member's object is nested; the outermost object has depth 1. */
  readonly depth: number
  /** Whether the object has had a member of this name before. */
  readonly isRepeated: boolean
  /** The name of the member whose value the object is; `undefined` in an array, and for the outermost object. */
  readonly parent: string | undefined
}

/** An object or array that is open at the current position. */
interface Level {
  /** The names so far; made with the first one, since most levels of a hostile text have none. */
  names?: Set<string>
  readonly parent: string | undefined
}

const QUOTE = 34
const BACKSLASH = 92
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const COLON = 58
const COMMA = 44

/**
 * Finds what `JSON.parse` does not report: names that an object has more than once, and how deep the text is nested. Takes
 * linear time and does not recurse.
 *
 * It does not judge: a text that is not JSON yields some parts, and the parser rejects it.
 */
export function scanJson(text: string, visitor: JsonVisitor): void {
  const levels: Level[] = []
  let name: string | undefined
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        levels.push({ parent: name })
        name = undefined
        visitor.open(levels.length)
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        levels.pop()
        break
      case COMMA:
        name = undefined
        visitor.comma?.()
        break
      case QUOTE: {
        const end = endOfString(text, i)
        const string = decodeLiteral(text.slice(i, end))
        visitor.string?.(string)
        i = end - 1
        if (!isColonNext(text, end)) break
        name = string
        visitName(name, levels, visitor)
      }
    }
  }
}

function visitName(name: string, levels: readonly Level[], visitor: JsonVisitor): void {
  const level = levels.at(-1)
  if (level === undefined) return
  level.names ??= new Set()
  const isRepeated = level.names.has(name)
  level.names.add(name)
  visitor.name({ name, depth: levels.length, isRepeated, parent: level.parent })
}

/** The position after the string that opens at `start`; the end of the text if nothing closes it. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === BACKSLASH) i++
    else if (c === QUOTE) return i + 1
  }
  return text.length
}

/** In JSON, a colon follows a string only if the string is a name. */
function isColonNext(text: string, from: number): boolean {
  let i = from
  while (i < text.length && ' \t\r\n'.includes(text.charAt(i))) i++
  return text.charCodeAt(i) === COLON
}

/** @returns the literal itself if it is not one that JSON allows */
function decodeLiteral(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return JSON.parse(literal)
  } catch {
    return literal
  }
}
