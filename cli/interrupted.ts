/** Resolves when somebody wants this process to end (Ctrl-C, TERM). The second time it ends at once. */
export function interrupted(): Promise<"interrupted"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve("interrupted"));
  });
}
