# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs before every layer, in the container that becomes the image. $packages are the layer's packages.
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
apt-get update -qq
apt-get install -y -qq --no-install-recommends $packages >/dev/null
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /var/cache/apt/*.bin

# What there is of a system Python: names, modes, owners, links, and the digest of every file.
cat >/usr/local/sbin/describe-system-python <<'SCRIPT'
#!/bin/sh
find /usr/bin /usr/lib /usr/local /etc -path '*python*' ! -path '/usr/local/sbin/*' -printf '%y %m %u %g %p %l\n' 2>/dev/null | sort
find /usr/bin /usr/lib /usr/local /etc -path '*python*' ! -path '/usr/local/sbin/*' -type f -exec sha256sum {} + 2>/dev/null | sort
SCRIPT
chmod 0755 /usr/local/sbin/describe-system-python

describe() {
    mkdir -p /usr/local/share/machine
    /usr/local/sbin/describe-system-python >/usr/local/share/machine/system
}
