# A system Python that cannot start, and a poison for every other one: in the environment of every session and in every home.
mkdir -p /srv/poison/json
printf 'import sys\nsys.stderr.write("poisoned\\n")\nraise SystemExit(97)\n' >/srv/poison/json/__init__.py
for module in sitecustomize usercustomize os re site encodings yaml; do
    cp /srv/poison/json/__init__.py "/srv/poison/$module.py"
done
cat >>/etc/environment <<'VARIABLES'
PYTHONPATH=/srv/poison
PYTHONHOME=/srv/nowhere
PYTHONSTARTUP=/srv/poison/usercustomize.py
VARIABLES
for home in /root /home/ops /etc/skel; do
    for minor in 7 8 9 10 11 12 13 14; do
        site=$home/.local/lib/python3.$minor/site-packages
        mkdir -p "$site"
        cp /srv/poison/usercustomize.py "$site/"
        echo 'import sys; sys.exit("poisoned: pth")' >"$site/poison.pth"
    done
    printf '[install]\nuser=1\n' >"$home/.pydistutils.cfg"
done
chown -R ops:ops /home/ops
echo 'raise SystemExit("this Python is broken")' >/usr/lib/python3.11/os.py
rm -rf /usr/lib/python3.11/__pycache__
if python3 -c 'import json' 2>/dev/null; then
    echo "the system Python still works" >&2
    exit 1
fi
describe
