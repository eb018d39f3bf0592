#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What differs between the declared and the found state of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift
short_description: Check whether a host is exactly as declared
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Compares a host with its declaration and returns every difference with its cause. Changes nothing.
  - C(changed) is always V(false). Use RV(clean) or RV(findings) to check for drift.
  - Without O(bundles), or with O(against=installed), the host is compared with its own current generation only. This finds tampering, but no
    pending changes.
extends_documentation_fragment:
  - hermetic.python.attributes.reads
  - hermetic.python.attributes
  - hermetic.python.root
  - hermetic.python.bundles.list
  - hermetic.python.virtualenvs.list
  - hermetic.python.sources
  - hermetic.python.sources.downloads
  - hermetic.python.sources.wheel_selection
  - hermetic.python.sources.locks
  - hermetic.python.sources.prove
  - hermetic.python.sources.engine
  - hermetic.python.private
options:
  against:
    description:
      - What to compare the host with.
      - V(declared) compares it with O(bundles) and O(virtualenvs). Declared changes that are not deployed yet are findings with the cause
        C(pending).
      - V(installed) compares it with its current generation, that is with what was last deployed. No finding has the cause C(pending).
        O(bundles) and O(virtualenvs) may be given as sources of artifacts, for instance of a temporary interpreter if that of the host does not
        start. The task fails if nothing is installed; RV(generation.before) is null then.
    type: str
    choices: [declared, installed]
    default: declared
  run_checks:
    description:
      - Also run the declared checks on what is in force. Each that fails is a finding of the kind V(unhealthy).
      - A tree that is not as it was installed is not run, which is a warning. Requires a declaration.
    type: bool
    default: false
  foreign_pythons:
    description:
      - List the packages of other Pythons of the host in RV(foreign), such as those of the system, C(/usr/local), pyenv and users.
      - They are reported separately and are not drift.
    type: bool
    default: false
  processes:
    description:
      - Look for processes that still run from an older bundle or VirtualEnv, in RV(processes), and
        report them as findings of the kind V(outdated_process).
      - Run the task as root, or as an administrator on Windows. Other users cannot examine all processes, and RV(processes.complete) is V(false).
    type: bool
    default: false
seealso:
  - module: hermetic.python.system
  - module: hermetic.python.system_info
"""

EXAMPLES = r"""
- name: Compare the host with its declaration
  hermetic.python.drift:
    repository: https://packages.example.com/hermetic
    bundles:
      - name: python
    virtualenvs:
      - name: recipes
        lock: locks/pylock.recipes.toml
  register: drift

- name: Read every file of what is installed and compare its digest
  hermetic.python.drift:
    verify: deep
  register: drift

- name: Find what was not restarted since its VirtualEnv changed
  hermetic.python.drift:
    processes: true
  become: true
  register: drift

- name: Find tampering only, whatever is declared now
  hermetic.python.drift:
    repository: https://packages.example.com/hermetic
    against: installed
    verify: deep
  register: drift

- name: Fail where anything was tampered with
  ansible.builtin.assert:
    that: drift.findings | selectattr('cause', 'equalto', 'tampered') | length == 0
"""

RETURN = r"""
clean:
  description: Whether there are no findings.
  returned: success
  type: bool
  sample: false
findings:
  description: The differences between what is declared and what is on the host, sorted by subject.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description:
        - What differs, such as V(bundle:python), V(virtualenv:recipes), V(package:recipes/flask), V(file:recipes/bin/flask),
          V(generation) or V(store).
      type: str
      returned: always
    kind:
      description:
        - One of V(missing), V(unexpected), V(modified), V(version), V(link), V(mode), V(owner), V(interpreter), V(not_runnable),
          V(interrupted), V(stale), V(receipt), V(outdated_process) and V(unhealthy). A V(receipt) is a record that was changed on the host.
          A V(outdated_process) is what still runs from an older tree, and V(unhealthy) a check that failed, if the module
          M(hermetic.python.drift) was to find them (options C(processes) and C(run_checks)).
      type: str
      returned: always
    severity:
      description: V(high) for what runs code or lets others write, otherwise V(medium). V(low) for processes that could not be examined.
      type: str
      returned: always
    cause:
      description:
        - V(pending) when the declaration changed and the host did not; V(tampered) when the host was changed since the last run;
          V(interrupted) when a run was cut off.
      type: str
      returned: always
    expected:
      description: What was expected, or null.
      type: str
      returned: always
    actual:
      description: What was found, or null.
      type: str
      returned: always
    path:
      description: The path on the host, or null where the subject is a whole package.
      type: str
      returned: always
    remedy:
      description: Suggested fix.
      type: str
      returned: always
    count:
      description: Number of paths, where more than ten differences of one kind in one tree are combined into one finding.
      type: int
      returned: when the finding combines several paths
      sample: 1234
    examples:
      description: Some of these paths, relative to their tree.
      type: list
      elements: str
      returned: when the finding combines several paths
      sample:
        - lib/python3.12/site-packages/flask/app.py
  sample:
    - subject: package:recipes/flask
      kind: missing
      severity: high
      cause: tampered
      expected: 3.1.2
      actual: null
      path: null
      remedy: Converge to install it again from the verified artifact, or roll back.
vouched:
  description:
    - Which records of the host were compared with what the controller knows. A user with root on the host could change a tree and its
      record together; the controller knows the records from the repository and from the runs that installed the trees.
  returned: when O(verify=deep)
  type: dict
  contains:
    known:
      description: Number of records that were compared.
      type: int
      returned: always
    unknown:
      description: The records that the controller does not know. They are not drift, but only the host itself confirms their trees.
      type: list
      elements: str
      returned: always
    interpreter:
      description: Whether the bundle that ran the check was compared with its published manifest before it was started.
      type: bool
      returned: always
  sample:
    known: 42
    unknown:
      - environments/recipes-4be1c06a0d2f
    interpreter: true
plan:
  description:
    - The steps in the order in which they are carried out. Empty when there is nothing to do.
    - In check mode, and always with M(hermetic.python.drift), these are the steps that would be taken.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description:
        - The kind of step.
        - V(install_bundle) and V(build_environment) install what is missing; V(repair_bundle) and V(repair_environment) reinstall what
          was changed on the host.
        - V(check) runs the checks of a bundle or VirtualEnv that changes.
        - V(switch) makes another generation the current one; V(restore_links) makes the links of the current generation again.
        - V(pin) and V(unpin) mark a generation; V(prune) removes what is no longer needed; V(uninstall) removes the whole root.
        - V(protect) restores mode, owner and access of the root's own directories and records; V(rename) restores the spelling of a name;
          V(set_aside) moves an unknown file to C(state/unexpected).
      type: str
      returned: always
    subject:
      description: What the step changes, such as V(bundle:python), V(virtualenv:recipes), V(generation) or V(store).
      type: str
      returned: always
    reason:
      description: Why the step is needed.
      type: str
      returned: always
  sample:
    - action: repair_environment
      subject: virtualenv:recipes
      reason: it is not as it was built
generation:
  description: Number of the current generation before and after the task. Both are the same when no switch was needed.
  returned: success
  type: dict
  contains:
    before:
      description: The generation that was current, or null when nothing was installed.
      type: int
      returned: always
    after:
      description: The generation that is current now, or would be. Null when nothing is installed.
      type: int
      returned: always
  sample:
    before: 42
    after: 42
bundles:
  description: The release of each bundle in the current generation.
  returned: success
  type: dict
  sample:
    python: 3.12.11+4
rollout:
  description: Name of the roll-out that the current generation is of.
  returned: success, if it is of one
  type: str
  sample: october
declared:
  description:
    - A summary of the declaration. C(bundles) has the release of each bundle; C(virtualenvs) has C(bundle) and C(packages) of each
      VirtualEnv, where C(packages) has the version of each package.
    - A VirtualEnv that was declared with C(spec) also has C(specification), with C(file) and the C(sha256) of its text.
    - Both are empty when nothing was declared.
  returned: success
  type: dict
  sample:
    bundles:
      python: 3.12.11+4
    virtualenvs:
      recipes:
        bundle: python
        packages:
          flask: 3.1.2
processes:
  description: The processes that still run from a tree of the root that is not in force, as far as this user may examine processes.
  returned: when O(processes=true) and the host has an interpreter
  type: dict
  contains:
    outdated:
      description:
        - The processes, sorted by number, at most 200. The run itself and the processes that started it are left out.
      type: list
      elements: dict
      returned: always
      contains:
        pid:
          description: Number of the process.
          type: int
          returned: always
        user:
          description: The user that it runs as, or an empty text where that is not known.
          type: str
          returned: always
        since:
          description: When it was started, in UTC, or null where that is not known.
          type: str
          returned: always
        command:
          description: Path of its program and, for a Python, its script or module. Other arguments are left out, since they may hold secrets.
          type: str
          returned: always
        trees:
          description:
            - What it runs from. C(subject) is the bundle or VirtualEnv, C(tree) its directory below the root, C(release) the release of the
              bundle, C(generations) the generations on the host with this tree, and C(in_force) the tree that has this name now, or null.
            - C(state) is V(older), V(replaced) where the tree was reinstalled under its name, or V(removed) where it is no longer on the host.
          type: list
          elements: dict
          returned: always
    number:
      description: Number of these processes, also of those that are not listed.
      type: int
      returned: always
    unknown:
      description: Number of processes that could not be examined.
      type: int
      returned: always
    complete:
      description: Whether all processes were examined. V(false) where the system hides some from this user.
      type: bool
      returned: always
  sample:
    outdated:
      - pid: 812
        user: web
        since: "2026-11-20T08:15:30Z"
        command: /opt/infra-system/environments/web-0d51f3d2b1aa/bin/python -m web
        trees:
          - subject: virtualenv:web
            tree: environments/web-0d51f3d2b1aa
            release: 3.12.11+3
            state: older
            generations:
              - 41
            in_force: environments/web-4be1c06a0d2f
    number: 1
    unknown: 0
    complete: true
foreign:
  description: Other Pythons of the host with their packages, read from their metadata. None of them is run.
  returned: when O(foreign_pythons) is set
  type: list
  elements: dict
  contains:
    interpreter:
      description: The interpreter, or the directory of a user's own packages.
      type: str
      returned: always
    version:
      description: Its version, or null if unknown.
      type: str
      returned: always
    packages:
      description: The version of each package.
      type: dict
      returned: always
  sample:
    - interpreter: /usr/bin/python3.11
      version: 3.11.2
      packages:
        requests: 2.28.1
checks:
  description:
    - The checks that ran, in their order, with C(subject), C(name), C(when) (V(before) or V(after) the switch), C(argv) as it was run, C(user) (null for
      the user of the task), C(passed), C(rc) (null if it was killed at its time limit or did not start), C(expected_rc), C(how) it ended, and
      C(seconds). C(output) has the last lines that a failed check wrote, at most 20.
    - Values of C(environment) and passwords are masked.
  returned: when checks ran, also on failure
  type: list
  elements: dict
  sample:
    - subject: virtualenv:recipes
      name: smoke
      when: before
      argv: [/opt/infra-system/environments/recipes-4be1c06a0d2f/bin/python, -c, import flask]
      user: nobody
      passed: true
      rc: 0
      expected_rc: 0
      how: ended with exit code 0
      seconds: 0.114
      output: []
diff:
  description: The differences as text, one line for each subject.
  returned: when diff mode is on and something differs
  type: dict
  contains:
    before_header:
      description: The root and its generation before the task.
      type: str
      returned: always
    after_header:
      description: The root and its generation after the task.
      type: str
      returned: always
    before:
      description: What was found.
      type: str
      returned: always
    after:
      description: What was expected.
      type: str
      returned: always
  sample:
    before_header: /opt/infra-system (generation 42)
    after_header: /opt/infra-system (generation 42)
    before: ""
    after: "package:recipes/flask: 3.1.2\n"
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
errors:
  description: All problems behind RV(msg), one per entry.
  returned: failure
  type: list
  elements: str
  sample:
    - "no wheel of grpcio 1.76.0 for windows-x86_64-cp312; the index has only its source: build a wheel, publish it and lock that"
msg:
  description: The result in one sentence, or why the task failed.
  returned: always
  type: str
  sample: "1 finding (1 tampered): package:recipes/flask missing. 1 record of the host could not be compared with what this controller knows (vouched.unknown)."
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.hermetic.spec import HIDDEN, RULES, SPECS
from ..module_utils.target_module import answer


def main() -> None:
    """Carry out what the action plugin prepared."""
    module = AnsibleModule(argument_spec={**SPECS["drift"], **HIDDEN}, supports_check_mode=True, **RULES["drift"])
    answer(module)


if __name__ == "__main__":
    main()
