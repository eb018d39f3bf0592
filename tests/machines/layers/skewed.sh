# Every program that is linked dynamically lives a year later.
library=$(find /usr/lib -name libfaketime.so.1)
echo "$library" >/etc/ld.so.preload
echo '+365d' >/etc/faketimerc
describe
