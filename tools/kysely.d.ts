/**
 * Stands for Kysely in the published declarations.
 *
 * No public function takes or returns a statement, and a project that uses the
 * package has not installed Kysely.
 */
export type Compilable = unknown
export type Kysely<_Tables> = unknown
export type RawBuilder<_Result> = unknown
export type SchemaModule = unknown
