#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A script in the environment that it declares."""

from __future__ import annotations

DOCUMENTATION = r"""
module: script
short_description: Run a script in the environment that it declares
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Runs a Python script with the packages that it declares, on the bundle of the host. The script comes from the controller, or is on the host.
  - The script says what it needs in itself (PEP 723, or C([VPYTHON:BEGIN])), in a file beside it (C(NAME.vpython3)), or in a C(vpython.toml)
    or C(.vpython3) of its directory or of one above. Its packages are pinned by the lock beside that file, which C(hermetic-spec lock) writes.
    A script of the controller is carried to the host with both.
  - A script that declares nothing runs without any packages.
  - The environment is made by C(bin/vpython3) of the root, in the user's own directory for such environments, when the script runs there for the
    first time. It is used again as long as script and lock declare the same, and removed when it was not used for seven days.
  - A lock that is missing or not current, and everything else that can be judged on the controller, is an error before the host is reached.
extends_documentation_fragment:
  - hermetic.python.attributes
  - hermetic.python.root
  - hermetic.python.sources
  - hermetic.python.sources.downloads
  - hermetic.python.private
attributes:
  check_mode:
    support: full
    details:
      - Says whether the script would run, by O(creates) and O(removes). Nothing is run, and no environment is made.
  diff_mode:
    support: none
    details:
      - What a script changes is not known.
  idempotent:
    support: partial
    details:
      - The script runs whenever the task does. O(creates) and O(removes) limit that.
  platform:
    platforms: posix, windows
    support: full
  async:
    support: full
    details:
      - The environment is made before the job is started in the background.
  become:
    support: full
    details:
      - The script runs as the user that the task becomes, with an environment of that user. The root is only read, so anybody can own it whom
        that user trusts, such as root.
options:
  path:
    description:
      - The script.
      - A relative path is searched for in the C(files) directories of the role and the playbook, then beside the tasks and the playbook. With
        O(remote_src), it is relative to O(chdir).
    type: str
    required: true
  remote_src:
    description:
      - The script is on the host already, with its specification and its lock. These are then judged on the host.
      - Addresses in such a lock are used by the host alone. The controller looks for wheels only where the options of the task say.
    type: bool
    default: false
  arguments:
    description:
      - Arguments of the script. They are passed as they are. No shell reads them.
    type: list
    elements: str
    default: []
  stdin:
    description:
      - Text for the standard input of the script, which is empty by default. It is never logged or returned.
    type: str
  stdin_add_newline:
    description:
      - Whether a newline is added to O(stdin).
    type: bool
    default: true
  chdir:
    description:
      - Directory on the host that the script runs in.
    type: str
  environment:
    description:
      - Variables for the script, in addition to those of the keyword C(environment).
      - Use it for secrets. The values are part of no command line, and are neither logged nor returned. Where the script itself writes a value of
        six characters or more, RV(stdout), RV(stderr) and RV(cmd) show C(********) in its place.
    type: dict
  creates:
    description:
      - A path or pattern on the host, relative to O(chdir). The script does not run where it exists.
    type: str
  removes:
    description:
      - A path or pattern on the host, relative to O(chdir). The script does not run where it does not exist.
    type: str
  repository:
    description:
      - The repository to take wheels from, where the host does not have them. A directory on the controller, an C(http://) or C(https://) URL, or a
        C(file://) URL of a share that is mounted at the same path on the controller and the hosts.
      - With a directory on the controller, missing artifacts are copied to the host. With a URL, the host fetches them itself.
      - Where the repository has a prebuilt archive of a wheel, the host takes that.
    type: str
  index_url:
    description:
      - Package index for wheels whose location is not in the lock.
      - The default is the configuration of C(pip) on the controller.
    type: str
  extra_index_urls:
    description:
      - Additional package indexes. Their order does not matter, since every wheel is selected by its digest.
    type: list
    elements: str
    default: []
  find_links:
    description:
      - Directories on the controller, or URLs of pages with links, to search for wheels.
    type: list
    elements: str
    default: []
notes:
  - Characters that act on a terminal are written as escapes in the results, and so are bytes that are no UTF-8.
  - What the script leaves running in the background is not waited for.
  - The root needs a bundle with Python 3.11 or newer as its default one, from a release that has C(bin/vpython3).
  - The variables C(VPYTHON_BYPASS) and C(HERMETIC_VPYTHON_UNLOCKED) of the host have no effect.
seealso:
  - module: hermetic.python.virtualenv
  - module: ansible.builtin.script
"""

EXAMPLES = r"""
- name: Run a script of the controller, whose lock lies beside it
  hermetic.python.script:
    path: files/report.py
    arguments: [--format, json]
  register: report

- name: Run it once, with a secret, on hosts that reach nothing
  hermetic.python.script:
    path: files/register.py
    environment:
      TOKEN: "{{ registration_token }}"
    creates: /var/lib/registered
    repository: /srv/python
    transfer: push
  become: true
  become_user: service

- name: Run a script that is on the host
  hermetic.python.script:
    path: tools/check.py
    chdir: /opt/service
    remote_src: true
"""

RETURN = r"""
rc:
  description: Exit code of the script. Below zero, the number of the signal that ended it. V(0) where it did not run.
  returned: when the host was reached and the script could be judged
  type: int
  sample: 0
stdout:
  description: What the script wrote on its standard output, without the line end at its end.
  returned: when RV(rc) is returned
  type: str
  sample: "12 hosts"
stderr:
  description: What it wrote on its standard error.
  returned: when RV(rc) is returned
  type: str
  sample: ""
stdout_lines:
  description: The lines of RV(stdout).
  returned: when RV(rc) is returned
  type: list
  elements: str
  sample: ["12 hosts"]
stderr_lines:
  description: The lines of RV(stderr).
  returned: when RV(rc) is returned
  type: list
  elements: str
  sample: []
cmd:
  description: The command that was run, word for word. A script of the controller has a temporary directory, which is removed.
  returned: when the script ran
  type: list
  elements: str
  sample: [/opt/infra-system/bin/vpython3, /tmp/hermetic-script-x1y2z3/report.py, --format, json]
start:
  description: When the script was started, by the clock of the host.
  returned: when the script ran
  type: str
  sample: "2026-11-26 14:22:29.087844"
end:
  description: When it ended.
  returned: when the script ran
  type: str
  sample: "2026-11-26 14:22:29.163509"
delta:
  description: How long it ran.
  returned: when the script ran
  type: str
  sample: "0:00:00.075665"
environment_made:
  description: Whether the environment was made in this run. Otherwise it was there.
  returned: when RV(rc) is returned
  type: bool
  sample: true
timings:
  description:
    - Seconds that each part took. A part that was not needed is left out.
    - On the controller, C(probe) (detecting platform and interpreter), C(controller) (resolving the declaration), C(push) (copying
      artifacts to the host), C(verify_interpreter) and C(bootstrap) (before the first start of an interpreter), and C(module) (the whole
      run of the module on the host, with its transfer).
    - On the host, C(observe), C(plan), C(fetch), C(install) (bundles), C(build) (VirtualEnvs), C(check), C(switch), C(prune), C(uninstall) and
      C(foreign_pythons). On Windows also C(find) (the interpreter) and C(engine) (all of the engine).
  returned: when the host was reached
  type: dict
  sample:
    probe: 0.05
    controller: 0.11
    module: 1.42
    observe: 0.02
    plan: 0.001
platform:
  description: Platform of the host, as detected.
  returned: when the host was reached
  type: str
  sample: linux-x86_64
needs:
  description: The wheels that no source had, where the environment could not be made for want of them.
  returned: when wheels could not be fetched
  type: list
  elements: dict
  contains:
    sha256:
      description: Digest of the wheel.
      type: str
      returned: always
    filename:
      description: Name of its file.
      type: str
      returned: always
    size:
      description: Its size in bytes, or null.
      type: int
      returned: always
    tried:
      description: The sources that were tried.
      type: list
      elements: str
      returned: always
  sample: []
errors:
  description: All problems behind RV(msg), one per entry.
  returned: failure
  type: list
  elements: str
  sample:
    - "files/report.py is not locked: there is no pylock.report-py.toml beside it. Lock it: hermetic-spec lock files/report.py"
msg:
  description: How the script ended, why it did not run, or why the task failed.
  returned: always
  type: str
  sample: The script ended with exit code 0.
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.hermetic.spec import HIDDEN, RULES, SPECS
from ..module_utils.target_module import answer


def main() -> None:
    """Carry out what the action plugin prepared."""
    module = AnsibleModule(argument_spec={**SPECS["script"], **HIDDEN}, supports_check_mode=True, **RULES["script"])
    answer(module)


if __name__ == "__main__":
    main()
