#!/bin/sh
# The article's VBoxManage commands, run where VirtualBox is: they make and export a machine with image.vmdk as its disk.
#
# Variables: WORK (folder with image.vmdk and output/), VBOXMANAGE (the program).
# Makes: $WORK/output/box.ovf with its disk; $WORK/export-cpu, the processor seconds this took (VBoxManage leaves the
# work to a server, which the caller cannot wait for).
set -eu
: "${WORK:?}" "${VBOXMANAGE:=VBoxManage}"
cd "$WORK"
"$VBOXMANAGE" createvm --name cloudify --ostype Ubuntu_64 --register
"$VBOXMANAGE" storagectl cloudify --name SATA --add sata --portcount 1 --hostiocache on --bootable on
"$VBOXMANAGE" storageattach cloudify --storagectl SATA --port 0 --type hdd --medium image.vmdk
"$VBOXMANAGE" modifyvm cloudify --memory 2048 --cpus 2 --vram 12 --ioapic on --rtc-use-utc on --pae off \
  --boot1 disk --boot2 none --boot3 none --boot4 none
"$VBOXMANAGE" export cloudify --output output/box.ovf
cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^.*) //' |
  awk -v hertz="$(getconf CLK_TCK)" '{ ticks += $12 + $13 + $14 + $15 } END { printf "%.2f\n", ticks / hertz }' >export-cpu
