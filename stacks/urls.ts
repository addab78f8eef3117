/** The pages of one entry by its hosts. */
interface Pages {
  name: string;
  hosts: Record<string, string[]>;
}

/** Host → entry → its pages. */
export function byHost(entries: readonly Pages[]): Record<string, Record<string, string[]>> {
  const urls: Record<string, Record<string, string[]>> = {};
  for (const { name, hosts } of entries)
    for (const [host, pages] of Object.entries(hosts)) urls[host] = { ...urls[host], [name]: pages };
  return urls;
}
