#!/bin/sh
# Makes this mount namespace a host of its own: libvirt's folders are empty and its own, /sys shows this network namespace.
# Argument: a folder for what it keeps. Stays until it is ended.
set -e
folder="$1"
hostname kvm-lab
for name in etc lib cache log; do
  mkdir -p "$folder/$name"
done
mkdir -p "$folder/run" "$folder/sys" /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt
cat >"$folder/etc/qemu.conf" <<'CONF'
user = "root"
group = "root"
dynamic_ownership = 0
security_driver = "none"
stdio_handler = "file"
namespaces = []
CONF
mount --bind "$folder/etc" /etc/libvirt
mount --bind "$folder/run" /run/libvirt
for name in lib cache log; do
  mount --bind "$folder/$name" "/var/$name/libvirt"
done
# Without the system's bus libvirt keeps its machines to itself.
[ ! -d /run/dbus ] || mount -t tmpfs none /run/dbus

mount -t sysfs sysfs "$folder/sys"
for name in fs/cgroup kernel/tracing kernel/debug fs/bpf; do
  if mountpoint -q "/sys/$name"; then mount --rbind "/sys/$name" "$folder/sys/$name"; fi
done
mount --move "$folder/sys" /sys
echo ready
exec sleep infinity
