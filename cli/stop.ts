/** Ends a command that can't do its work, with exit status 1. The message is for the user. */
export class Stop extends Error {}
