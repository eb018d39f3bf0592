# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the host of a task is reached: commands, modules and files, by the means of the task's action plugin."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from ansible.plugins.action import ActionBase


@contextmanager
def _started_as_words(shell: Any, interpreter: str) -> Iterator[None]:
    """Let a shell start an interpreter that has an option, which Ansible would take for one name with a blank in it."""
    build, join = shell.build_module_command, shell.join

    def join_of_words(parts: list[str]) -> str:
        # What a task in the background starts is put together so: the wrapper by a shell, and the module by the wrapper, word for word.
        joined: str = join([word for part in parts for word in (interpreter.rsplit(" ", 1) if part == interpreter else (part,))])
        return joined

    def build_of_words(*arguments: Any, **named: Any) -> str:
        command: str = build(*arguments, **named)
        return command.replace(shlex.quote(interpreter), interpreter, 1)

    shell.build_module_command, shell.join = build_of_words, join_of_words
    try:
        yield
    finally:
        del shell.build_module_command, shell.join


@contextmanager
def _in_foreground(task: Any) -> Iterator[None]:
    """Let Ansible run a PowerShell module to its end: it wraps each one of a task with ``async`` for the background, whatever it is asked for."""
    seconds, task.async_val = task.async_val, 0
    try:
        yield
    finally:
        task.async_val = seconds


class ReachedHost:
    """The host of a task; each driver uses the part of it that its system has."""

    def __init__(self, action: ActionBase, *, module: str, variables: Mapping[str, Any]) -> None:
        self._action = action
        self._module = module
        self._variables = variables

    def command(self, command: str) -> Mapping[str, Any]:
        """Run a shell command as the user that the task becomes."""
        answer: Mapping[str, Any] = self._action._low_level_execute_command(command)
        return answer

    def python_module(self, python: str, arguments: dict[str, Any], *, in_background: bool) -> dict[str, Any]:
        """Run the task's module with this interpreter; no other is looked for.

        It is started so that it runs nothing of its site (.pth files, sitecustomize): who plants one there waits for root to come by.
        """
        action = self._action
        # As one word, since a kernel hands all that follows an interpreter in a script's first line over as one argument.
        python = f"{python} -IS"
        variables = {**self._variables, "ansible_python_interpreter": python}
        if action._task.delegate_to:
            host = action._task.delegate_to
            delegated = variables["ansible_delegated_vars"]
            variables["ansible_delegated_vars"] = {**delegated, host: {**delegated[host], "ansible_python_interpreter": python}}
        with _started_as_words(action._connection._shell, python):
            result: dict[str, Any] = action._execute_module(
                module_name=f"hermetic.python.{self._module}", module_args=arguments, task_vars=variables, wrap_async=in_background
            )
        return result

    def powershell_module(self, arguments: dict[str, Any], *, in_background: bool) -> dict[str, Any]:
        """Run win_engine, which looks for its interpreter itself."""
        with nullcontext() if in_background else _in_foreground(self._action._task):
            result: dict[str, Any] = self._action._execute_module(
                module_name="hermetic.python.win_engine", module_args=arguments, task_vars=dict(self._variables), wrap_async=in_background
            )
        return result

    def temporary_directory(self) -> str:
        """Return the task's temporary directory on the host, made at first use."""
        shell = self._action._connection._shell
        if shell.tmpdir is None:
            self._action._make_tmp_path()
        return str(shell.tmpdir)

    def push(self, local: str, name: str) -> str:
        """Copy a file into the temporary directory, readable for the user that the task becomes; return its path there."""
        directory = self.temporary_directory()
        remote = self._action._connection._shell.join_path(directory, name)
        self._action._transfer_file(local, remote)
        self._action._fixup_perms2([directory, remote])
        return str(remote)

    def push_text(self, text: str, name: str) -> str:
        """Write a file there, readable for that user; return its path."""
        directory = self.temporary_directory()
        remote = self._action._connection._shell.join_path(directory, name)
        self._action._transfer_data(remote, text)
        self._action._fixup_perms2([directory, remote])
        return str(remote)
