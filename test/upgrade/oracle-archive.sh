#!/bin/bash
# A stand-in for an archive with VirtualBox's guest modules, as a provisioning script that runs inside the image.
# The two packages have the names of the real ones; the modules do nothing. Like the real ones they come as
# source that dkms compiles against the headers of the guest's kernel, and have a version: dkms would else not
# put them in the place of the kernel's own.
set -Eeuo pipefail
repository=/srv/oracle
mkdir -p "$repository"/{dkms/DEBIAN,dkms/usr/src/virtualbox-guest-9.9,utils/DEBIAN}
cd "$repository/dkms"
for module in vboxguest vboxsf; do
  cat >"usr/src/virtualbox-guest-9.9/$module.c" <<'C'
#include <linux/module.h>
static int __init begin(void) { return 0; }
static void __exit end(void) { }
module_init(begin);
module_exit(end);
MODULE_LICENSE("GPL");
MODULE_VERSION("9.9");
C
done
echo 'obj-m := vboxguest.o vboxsf.o' >usr/src/virtualbox-guest-9.9/Makefile
cat >usr/src/virtualbox-guest-9.9/dkms.conf <<'CONF'
PACKAGE_NAME="virtualbox-guest"
PACKAGE_VERSION="9.9"
AUTOINSTALL="yes"
BUILT_MODULE_NAME[0]="vboxguest"
DEST_MODULE_LOCATION[0]="/updates"
BUILT_MODULE_NAME[1]="vboxsf"
DEST_MODULE_LOCATION[1]="/updates"
MAKE[0]="make -C $kernel_source_dir M=$dkms_tree/$PACKAGE_NAME/$PACKAGE_VERSION/build modules"
CONF
# shellcheck disable=SC2016 # for the package's script
printf '#!/bin/sh\nset -e\n[ "$1" != configure ] || dkms add -m virtualbox-guest -v 9.9\n' >DEBIAN/postinst
chmod 755 DEBIAN/postinst
control() {
  printf '%s\n' "Package: $1" 'Version: 9.9' 'Architecture: all' 'Maintainer: Test <test@example.org>' "$2" 'Description: stand-in'
}
control virtualbox-guest-dkms 'Depends: dkms' >DEBIAN/control
cd "$repository"
control virtualbox-guest-utils 'Section: misc' >utils/DEBIAN/control
dpkg-deb --build dkms virtualbox-guest-dkms_9.9_all.deb
dpkg-deb --build utils virtualbox-guest-utils_9.9_all.deb
rm -r dkms utils
apt-ftparchive packages . >Packages
echo "deb [trusted=yes] file:$repository ./" >/etc/apt/sources.list.d/oracle.list
apt-get -q update
