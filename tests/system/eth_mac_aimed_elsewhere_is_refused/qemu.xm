The stock QEMU's board has no Ethernet MAC.
