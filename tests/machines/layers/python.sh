# A system Python that works, with which environments can be made.
python3 -m venv /tmp/trial
rm -r /tmp/trial
describe
