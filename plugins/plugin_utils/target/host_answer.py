# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what a host answered is a result of the engine: a host may be anything by now, and the controller goes on with it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.model.bundle_json import metadata_problems
from ...module_utils.hermetic.model.layout import is_tree_name
from ...module_utils.hermetic.text.grammar import (
    digest_problem,
    file_name_problem,
    is_number,
    name_problem,
    shown,
    tree_parts,
    version_problem,
)
from ...module_utils.hermetic.text.json_text import plain_problem
from ...module_utils.hermetic.text.redaction import redacted

Result = dict[str, Any]

# What a part of a result must be, if it is there at all.
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "plan": list,
    "findings": list,
    "generation": dict,
    "bundles": dict,
    "rollout": str,
    "diff": dict,
    "timings": dict,
    "info": dict,
    "manifests": dict,
    "foreign": list,
    "processes": dict,
    "needs": list,
    "lacks": list,
    "errors": list,
    "warnings": (list, str),
    "changed": bool,
    "failed": bool,
    "msg": str,
    "rc": int,
    "stdout": str,
    "stderr": str,
    "cmd": list,
    "checks": list,
    "switched_back": bool,
    "environment_made": bool,
    "changed_bundles": dict,
    "changed_virtualenvs": dict,
    "vouched": dict,
}
_STEP = ("action", "subject", "reason")
_FINDING = ("subject", "kind", "severity", "cause")
_FINDING_OR_NULL = ("expected", "actual", "path", "remedy")
_INFO = {"generations": list, "bundles": list, "virtualenvs": list}
_DEEPEST = 12


def checked_answer(answer: object) -> Result:
    """Return the answer of a host if the controller can rely on its parts; raises HermeticError with what it cannot rely on."""
    if isinstance(answer, dict) and answer.get("warnings"):
        answer = {**answer, "warnings": _warning_texts(answer["warnings"])}
    problems = list(answer_problems(answer))
    if problems or not isinstance(answer, dict):
        raise HermeticError(
            "The host answered with something that is no result of the engine, and nothing of it is used. "
            "Somebody may have changed what its Python runs: check the host, and reinstall it if in doubt.",
            problems[:10],
        )
    return answer


def ended_without_result(answer: Mapping[str, Any]) -> bool:
    """Return whether a module ended without a result of its own, as an interpreter with damaged files does."""
    return bool(answer.get("failed")) and "module_stdout" in answer


def last_line(answer: Mapping[str, Any]) -> str:
    """Return the last line that a module wrote which ended without a result."""
    text = str(answer.get("module_stderr") or "").strip() or str(answer.get("module_stdout") or "").strip() or "nothing"
    return redacted(text.splitlines()[-1][:300])


def _warning_texts(warnings: object) -> list[str]:
    """Return warnings as texts: ansible-core makes objects with a message out of those of a module."""
    if not isinstance(warnings, (list, tuple)):
        return [str(warnings)]
    return [each if isinstance(each, str) else str(getattr(getattr(each, "event", None), "msg", each)) for each in warnings]


def answer_problems(answer: object) -> Iterator[str]:
    """Yield everything that is wrong with the answer of a host."""
    if not isinstance(answer, dict):
        yield f"it is {shown(answer)}; expected an object"
        return
    for key, kind in _KINDS.items():
        if answer.get(key) is not None and not isinstance(answer[key], kind):
            yield f"{key} is {shown(answer[key])}"
            return
    for step in answer.get("plan") or ():
        if not isinstance(step, dict) or not all(isinstance(step.get(key), str) for key in _STEP):
            yield f"plan holds {shown(step)}, which is no step"
    for finding in answer.get("findings") or ():
        if not _is_finding(finding):
            yield f"findings holds {shown(finding)}, which is no finding"
    generation = answer.get("generation") or {}
    for key in ("before", "after"):
        if generation.get(key) is not None and not is_number(generation[key]):
            yield f"generation.{key} is {shown(generation[key])}"
    if answer.get("failed_generation") is not None and not is_number(answer["failed_generation"]):
        yield f"failed_generation is {shown(answer['failed_generation'])}"
    for check in answer.get("checks") or ():
        if not _is_check(check):
            yield f"checks holds {shown(check)}, which is no check"
    for need in answer.get("needs") or ():
        if not isinstance(need, dict) or digest_problem(need.get("sha256")) is not None:
            yield f"needs holds {shown(need)}, which names no artifact"
    if answer.get("rollout") is not None and name_problem(answer["rollout"]) is not None:
        yield f"rollout is {shown(answer['rollout'])}"
    for key in ("bundles", "diff"):
        if not all(isinstance(text, str) for text in (answer.get(key) or {}).values()):
            yield f"{key} holds something else than texts"
    for tree, made in (answer.get("manifests") or {}).items():
        if not _is_manifest(tree, made):
            yield f"manifests has for {shown(tree)} {shown(made)}, which says of no tree what it holds"
    for key in ("changed_bundles", "changed_virtualenvs"):
        for name, change in (answer.get(key) or {}).items():
            if not _is_change(change):
                yield f"{key} has for {shown(name)} {shown(change)}, which is no change"
    unknown = (answer.get("vouched") or {}).get("unknown")
    if unknown is not None and (not isinstance(unknown, list) or not all(map(_is_text, unknown))):
        yield f"vouched.unknown is {shown(unknown)}"
    seconds = (answer.get("timings") or {}).values()
    if not all(isinstance(each, (int, float)) and 0 <= each < 10**9 for each in seconds):
        yield "timings holds something else than seconds"
    if answer.get("info") is not None:
        yield from _info_problems(answer["info"])
    problem = plain_problem({key: answer[key] for key in _KINDS if key in answer}, deepest=_DEEPEST)
    if problem is not None:
        yield problem


def _is_finding(finding: object) -> bool:
    return (
        isinstance(finding, dict)
        and all(isinstance(finding.get(key), str) for key in _FINDING)
        and all(isinstance(finding.get(key), (str, type(None))) for key in _FINDING_OR_NULL)
    )


def _is_check(check: object) -> bool:
    return (
        isinstance(check, dict)
        and all(isinstance(check.get(key), str) for key in ("subject", "name", "when", "how"))
        and isinstance(check.get("passed"), bool)
        and all(isinstance(check.get(key), list) and all(map(_is_text, check[key])) for key in ("argv", "output"))
    )


def _is_change(change: object) -> bool:
    return (
        _has_sides(change)
        and isinstance(change, dict)
        and isinstance(change.get("change"), str)
        and isinstance(change.get("packages"), dict)
        and all(map(_has_sides, change["packages"].values()))
    )


def _has_sides(value: object) -> bool:
    return isinstance(value, dict) and all(key in value and isinstance(value[key], (str, type(None))) for key in ("before", "after"))


def _is_manifest(tree: object, made: object) -> bool:
    if not _is_tree(tree) or not isinstance(made, dict) or digest_problem(made.get("digest")) is not None:
        return False
    by, was = made.get("by") or None, made.get("was") or {}
    return (
        isinstance(made.get("here"), bool)
        and (by is None or version_problem(by) is None)
        and isinstance(was, dict)
        and all(_is_tree(each) and digest_problem(digest) is None for each, digest in was.items())
    )


def _is_tree(value: object) -> bool:
    kind, _slash, tree_id = value.partition("/") if isinstance(value, str) else ("", "", "")
    return kind != "generations" and is_tree_name(kind, tree_id)


def _info_problems(info: Mapping[str, Any]) -> Iterator[str]:
    for key, kind in _INFO.items():
        if not isinstance(info.get(key), kind) or not all(isinstance(each, dict) for each in info[key]):
            yield f"info.{key} is {shown(info.get(key))}; expected a list of objects"
            return
    if info.get("generation") is not None and not is_number(info["generation"]):
        yield f"info.generation is {shown(info['generation'])}"
    for each in info["generations"]:
        trees = (each.get("bundles"), each.get("virtualenvs", {}))
        if not is_number(each.get("number")) or not all(isinstance(part, dict) and all(map(_is_text, part.values())) for part in trees):
            yield f"info.generations holds {shown(each)}, which is no generation"
        elif not isinstance(each.get("default"), (str, type(None))):
            yield f"info.generations has the default {shown(each['default'])}"
    for bundle in info["bundles"]:
        problems = metadata_problems(bundle)
        if problems or tree_parts("bundles", bundle.get("id")) is None or digest_problem(bundle.get("sha256")) is not None:
            yield f"info.bundles holds {shown(bundle.get('id'))}: {(problems or ['that is no bundle with its digest'])[0]}"
    for environment in info["virtualenvs"]:
        wheels = environment.get("wheels", [])
        if not all(_is_text(environment.get(key)) for key in ("name", "id", "bundle")) or not isinstance(wheels, list):
            yield f"info.virtualenvs holds {shown(environment.get('id'))}, which is no VirtualEnv"
        elif not all(
            isinstance(each, dict) and digest_problem(each.get("sha256")) is None and file_name_problem(each.get("filename")) is None
            for each in wheels
        ):
            yield f"info.virtualenvs has wheels of {shown(environment['id'])} without a digest or file name"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def checked_host(host: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a Windows host reports of itself if its parts can be relied on; raises HermeticError where they cannot."""
    problems = []
    problem = host.get("problem")
    if not isinstance(host.get("platform"), str):
        problems.append(f"platform is {shown(host.get('platform'))}")
    if problem is not None and not (isinstance(problem, Mapping) and isinstance(problem.get("kind"), str)):
        problems.append(f"problem is {shown(problem)}")
    elif problem is not None and problem["kind"] == "bootstrap" and not isinstance(problem.get("step"), str):
        problems.append(f"problem.step is {shown(problem.get('step'))}")
    if host.get("engine_digest") and digest_problem(host["engine_digest"]) is not None:
        problems.append(f"engine_digest is {shown(host['engine_digest'])}")
    if not isinstance(host.get("dead") or [], list):
        problems.append(f"dead is {shown(host['dead'])}")
    seconds = host.get("seconds") or {}
    if not isinstance(seconds, Mapping) or not all(isinstance(each, (int, float)) and 0 <= each < 10**9 for each in seconds.values()):
        problems.append(f"seconds is {shown(seconds)}")
    if problems:
        raise HermeticError("The host answered with something that is no answer of win_engine, and nothing of it is used.", problems)
    return host
