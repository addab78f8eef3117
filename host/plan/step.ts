/** One step of the script: the function `step_VERB` of transaction/scripts/ with its arguments. */
export interface Step {
  verb: string;
  args: string[];
  /** What it does, for the status line and for errors: "pulling docker.io/library/nginx:latest". */
  says: string;
}

export function step(verb: string, says: string, ...args: string[]): Step {
  return { verb, args, says };
}
