interface Timed {
  readonly time: number;
}

/** Merges streams by time. Each stream keeps its own order, and is asked for its next entry only after its last one was taken. */
export async function* merged<T extends Timed>(
  streams: readonly AsyncIterator<T>[],
): AsyncGenerator<T, void> {
  const heads = await Promise.all(
    streams.map(async (stream) => ({ stream, next: (await stream.next()) as IteratorResult<T, unknown> })),
  );
  let open = heads.filter(({ next }) => !next.done);
  while (open.length > 0) {
    // The first stream of those with equal times, so that already merged streams stay in order.
    const first = open.reduce((one, other) =>
      (other.next.value as T).time < (one.next.value as T).time ? other : one,
    );
    yield first.next.value as T;
    first.next = await first.stream.next();
    if (first.next.done) open = open.filter((head) => head !== first);
  }
}

/** The last entries of a stream. */
export async function* lastOf<T>(stream: AsyncIterable<T>, count: number): AsyncGenerator<T, void> {
  const kept: T[] = [];
  for await (const one of stream) {
    kept.push(one);
    // Not one at a time, because that would move all others each time.
    if (kept.length > 2 * count + 1000) kept.splice(0, kept.length - count);
  }
  yield* kept.slice(kept.length - Math.min(count, kept.length));
}
