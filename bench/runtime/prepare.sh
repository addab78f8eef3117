# shellcheck shell=sh
# prepare.sh IMAGE SITE BYTES, on the host: nginx and its files out of the image. Run by bench/runtime/deploy.ts.
set -eu
image=$1 site=$2 bytes=$3
podman pull --quiet "$image"
root=$(podman image mount "$image")
cp "$root/usr/sbin/nginx" /usr/sbin/nginx
mkdir -p /etc/nginx/conf.d /var/log/nginx /var/cache/nginx "$site"
cp "$root/etc/nginx/nginx.conf" "$root/etc/nginx/mime.types" /etc/nginx/
cp "$root/usr/share/nginx/html/index.html" "$site/"
head -c "$bytes" /dev/zero >"$site/large"
podman image unmount "$image"
useradd --system --no-create-home nginx
