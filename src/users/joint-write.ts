/** A transaction of the store, which only stores look into. */
export interface StoreTransaction {
  readonly __is: 'StoreTransaction'
}

/** A write that a verb makes in its own transaction: both are committed, or neither. An error that it throws undoes both. */
export type JointWrite = (transaction: StoreTransaction) => Promise<void>
