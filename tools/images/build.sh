#!/usr/bin/env bash
# Makes the registry that test hosts pull from: build.sh BASE DIRECTORY, in a mount namespace of its own.
#
# The images are stand-ins, named as such in their labels: Debian's nginx and certbot in the layout of the official images.
#   docker.io/library/nginx:1, :2 and :latest (= :1)   their page and /etc/image-version tell them apart
#   docker.io/library/httpd:latest, caddy:latest       what a reverse proxy has behind it: nginx too, with another page
#   docker.io/certbot/certbot:VERSION                  by the name that components/tls/acme.ts has
set -euo pipefail

base=$1
registry=$2
here=$(dirname "$(realpath "$0")")
work=$registry/work
address=127.0.0.1:5000
certbot_version=v5.6.0

# A scratch host: the base image with the packages whose files are wanted.
scratch() {
  mkdir -p "$work"/{upper,overlay,root}
  mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/overlay" "$work/root"
  mount --rbind /dev "$work/root/dev"
  mount -t proc proc "$work/root/proc"
  # The way to the Debian mirror, as this machine has it.
  cp /etc/resolv.conf /etc/hosts "$work/root/etc/"
  apt-config dump | grep -E '^Acquire::(http|https)::' >"$work/root/etc/apt/apt.conf.d/machine" || true
  chroot "$work/root" apt-get update
  DEBIAN_FRONTEND=noninteractive chroot "$work/root" \
    apt-get install --yes --no-install-recommends nginx-light busybox docker-registry certbot openssl
}

# take ROOT PROGRAM…: the programs and the libraries that they load, with the directories as Debian has them
take() {
  local to=$1 path libraries
  shift
  mapfile -t libraries < <(chroot "$work/root" ldd "$@" | sed -n 's|.*\s\(/[^ ]*\) (.*|\1|p' | sort -u)
  mkdir -p "$to"/usr/{bin,sbin,lib,lib64}
  ln -s usr/bin usr/sbin usr/lib usr/lib64 "$to/"
  for path in "$@" "${libraries[@]}"; do
    (cd "$work/root" && cp --dereference --parents ".$path" "$to")
  done
}

nginx_root() {
  local to=$work/nginx
  take "$to" /usr/bin/busybox /usr/bin/curl /usr/sbin/nginx
  chroot "$to" /usr/bin/busybox --install -s /usr/bin
  mkdir -p "$to"/{proc,sys,dev,run,tmp,root,etc/nginx,var/log/nginx,var/cache/nginx,var/lib/nginx}
  chmod 1777 "$to/tmp"
  ln -s /run "$to/var/run"
  ln -s /dev/stdout "$to/var/log/nginx/access.log"
  ln -s /dev/stderr "$to/var/log/nginx/error.log"
  cp "$work/root/etc/nginx/mime.types" "$to/etc/nginx/"
  cp -r "$here/nginx/." "$to"
  printf '%s\n' root:x:0:0:root:/root:/bin/sh nginx:x:101:101:nginx:/nonexistent:/bin/false >"$to/etc/passwd"
  printf '%s\n' root:x:0: nginx:x:101: >"$to/etc/group"
  echo 'hosts: files dns' >"$to/etc/nsswitch.conf"
}

# As in the official image: certbot, a shell of busybox's, and the openssl command.
certbot_root() {
  local to=$work/certbot python extensions paths
  python=$(chroot "$work/root" python3 -c 'import sys; print("/usr/lib/python%d.%d" % sys.version_info[:2])')
  mapfile -t extensions < <(
    chroot "$work/root" find "$python/lib-dynload" /usr/lib/python3/dist-packages /usr/lib/*/ossl-modules -name '*.so'
  )
  take "$to" /usr/bin/busybox /usr/bin/openssl /usr/bin/python3 "${extensions[@]}"
  chroot "$to" /usr/bin/busybox --install -s /usr/bin
  # With their times, by which Python knows what is compiled.
  paths=("$python" /usr/lib/python3 /usr/lib/ssl /etc/ssl /usr/share/zoneinfo /usr/bin/certbot)
  (cd "$work/root" && cp --archive --parents "${paths[@]/#/.}" "$to")
  mkdir -p "$to"/{proc,sys,dev,run,tmp,root,etc/letsencrypt,var/lib/letsencrypt,var/log}
  chmod 1777 "$to/tmp"
  echo root:x:0:0:root:/root:/bin/sh >"$to/etc/passwd"
  echo root:x:0: >"$to/etc/group"
  chroot "$to" certbot --version
  echo 'hosts: files dns' >"$to/etc/nsswitch.conf"
}

# push NAME VERSION TITLE: one image that is nginx
push() {
  local name=$1 version=$2 title=$3 root=$work/nginx
  echo "$version" >"$root/etc/image-version"
  sed "s/@VERSION@/$version/; s/Welcome to nginx!/$title/" "$here/nginx/usr/share/nginx/html/index.html" \
    >"$root/usr/share/nginx/html/index.html"
  push_root "$root" "library/$name" "$version" \
    'ENTRYPOINT ["/docker-entrypoint.sh"]' 'CMD ["nginx", "-g", "daemon off;"]' \
    'EXPOSE 80' 'STOPSIGNAL SIGQUIT' "ENV IMAGE_VERSION=$version"
}

# push_root ROOT NAME VERSION CHANGE…
push_root() {
  local root=$1 name=$2 version=$3 change changes=()
  shift 3
  for change in "$@"; do changes+=(--change "$change"); done
  tar --create --numeric-owner --owner=0 --group=0 --directory "$root" . >"$work/root/image.tar"
  chroot "$work/root" podman "${podman[@]}" import --quiet "${changes[@]}" \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --change "LABEL org.opencontainers.image.version=$version" \
    --change "LABEL org.opencontainers.image.title=\"Stand-in for ${name##*/} of quadlet-fleet's tests\"" \
    /image.tar "$address/$name:$version"
  chroot "$work/root" podman "${podman[@]}" push --quiet --tls-verify=false "$address/$name:$version"
}

# Where nothing is but files: no service manager, no cgroups, no network.
podman=(--root /tmp/podman --runroot /tmp/podman-run --storage-driver vfs --cgroup-manager cgroupfs --events-backend none)

images() {
  chroot "$registry" /usr/bin/docker-registry serve /etc/registry.yml &
  until curl --silent --output /dev/null "http://$address/v2/"; do sleep 0.1; done
  push nginx 1 'Welcome to nginx!'
  push nginx 2 'Welcome to nginx!'
  chroot "$work/root" podman "${podman[@]}" push --quiet --tls-verify=false "$address/library/nginx:1" "$address/library/nginx:latest"
  push httpd latest 'It works!'
  push caddy latest 'Caddy works!'
  push_root "$work/certbot" certbot/certbot "$certbot_version" 'ENTRYPOINT ["certbot"]' 'WORKDIR /opt/certbot' \
    'VOLUME /etc/letsencrypt' 'VOLUME /var/lib/letsencrypt' 'EXPOSE 80' 'EXPOSE 443'
  kill %1
}

if [ "${3:-}" = images ]; then
  images
  exit
fi
scratch
take "$registry" /usr/bin/docker-registry
cp -r "$here/registry/." "$registry"
mkdir -p "$registry"/{proc,dev,tmp,var/lib/registry}
# Password: tools/fleet/registry.ts
# shellcheck disable=SC2016
echo 'puller:$2b$05$abcdefghijklmnopqrstuuKcS.CYWVYVaLiiCKrrc0A5s3mGesJ9O' >"$registry/etc/htpasswd"
nginx_root
certbot_root
# In a network namespace, where no other registry can be in the way.
unshare --net sh -c 'ip link set lo up && exec "$@"' sh env REGISTRY_HTTP_ADDR="$address" "$0" "$base" "$registry" images
umount --recursive "$work/root"
rm -rf --one-file-system "$work"
