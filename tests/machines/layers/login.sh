# An sshd, an unprivileged login called ops, and sudo for it.
useradd --create-home --shell /bin/bash ops
echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops
chmod 0440 /etc/sudoers.d/ops
cat >/etc/ssh/sshd_config.d/machine.conf <<'SETTINGS'
AuthorizedKeysFile /etc/ssh/authorized_keys
PasswordAuthentication no
PermitRootLogin prohibit-password
UseDNS no
PrintMotd no
MaxStartups 200
MaxSessions 100
SETTINGS
mkdir -p /run/sshd
ssh-keygen -A >/dev/null
if command -v python3 >/dev/null || command -v python >/dev/null; then
    echo "a Python came along" >&2
    exit 1
fi
describe
