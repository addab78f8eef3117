/** What keeps a command from its work: its message is for the person at the keyboard, and the exit status is 1. */
export class Stop extends Error {}
