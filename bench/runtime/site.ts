// What all shapes serve, with one configuration: the image's page, a larger file, and the page with an entry in the access log.

/** Where the files are, on the host and in each container, so that all open the very same ones. */
export const siteDirectory = "/home/site";

export const largeBytes = 1024 * 1024;

/** A kind of load. */
export interface Kind {
  readonly name: string;
  readonly path: string;
  /** Whether each request has a connection of its own. */
  readonly fresh: boolean;
  /** Whether it makes entries in the access log. The aim is for those that do not. */
  readonly logged: boolean;
}

export const kinds: readonly Kind[] = [
  { name: "Page, connections kept", path: "/", fresh: false, logged: false },
  { name: "Page, a connection each", path: "/", fresh: true, logged: false },
  { name: "1 MiB, connections kept", path: "/large", fresh: false, logged: false },
  // What an entry costs is decided by where it goes: a file on the host, conmon and the journal from a container.
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
