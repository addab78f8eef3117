// The site of all shapes, with one configuration: the image's page, a larger file, and the page with an entry in the access log.

/** The directory of the files, on the host and in each container, so that all shapes open the very same files. */
export const siteDirectory = "/home/site";

export const largeBytes = 1024 * 1024;

/** A kind of load. */
export interface Kind {
  readonly name: string;
  readonly path: string;
  /** Whether each request has its own connection. */
  readonly fresh: boolean;
  /** Whether it makes entries in the access log. The aim is for the kinds that don't. */
  readonly logged: boolean;
}

export const kinds: readonly Kind[] = [
  { name: "Page, connections kept", path: "/", fresh: false, logged: false },
  { name: "Page, a connection each", path: "/", fresh: true, logged: false },
  { name: "1 MiB, connections kept", path: "/large", fresh: false, logged: false },
  // The cost of an entry depends on where it goes: to a file on the host, or from a container to conmon and the journal.
  { name: "Page, connections kept, access log on", path: "/logged/", fresh: false, logged: true },
];

/** nginx's default.conf; the rest is the image's nginx.conf. */
export const configuration = (port: number) => `server {
    listen ${port};
    root ${siteDirectory};
    access_log off;
    location /logged/ {
        access_log /var/log/nginx/access.log main;
        alias ${siteDirectory}/;
    }
}
`;
