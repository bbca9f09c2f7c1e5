import { answer } from '../http/description.ts'
import { closed, named, text } from '../http/json-schema.ts'

/** An answer that is a sentence. */
export const DETAIL = answer('Done.', named('Detail', closed({ detail: text() })))
