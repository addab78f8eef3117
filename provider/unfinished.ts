import type { WireObject } from "./wire.ts";

/** The resource as the engine should keep it. */
export interface State {
  id: string;
  inputs: WireObject;
  properties: WireObject;
}

/** An operation that left something behind: the state is kept, and the next `up` tries again by itself. */
export class Unfinished extends Error {
  readonly state: State;

  constructor(cause: Error, state: State) {
    super(cause.message, { cause });
    this.state = state;
  }
}
