# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes between what is published and what is to be, as steps for those who are to sign it; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from securesystemslib.signer import Key
from tuf.api.metadata import Role, Root, Targets

from ..repository.prebuilt_artifact import PREBUILT
from ..repository.published_file import FILES
from ..repository.rollout_record import ROLLOUTS, STAGED
from ..trust.layout import FLAG, TARGETS, TOP_LEVEL
from .change import Change
from .metadata import InForce
from .metadata_signing import Draft


def draft_changes(draft: Draft, now: InForce | None, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the steps from one index to another, and those from the keys and delegations in force to those of a draft."""
    return [*_role_changes(draft, now), *_index_changes(before, after)]


def keys_of(root: Root, role: str) -> tuple[Role, dict[str, Key]]:
    """Return threshold and keys of a role; the keys as they are, since their identifiers are but names."""
    return root.roles[role], {keyid: root.keys[keyid] for keyid in root.roles[role].keyids if keyid in root.keys}


def _role_changes(draft: Draft, now: InForce | None) -> Iterator[Change]:
    if "root" in draft.metadata:
        root = draft.root(now)
        changed = [role for role in TOP_LEVEL if now is None or keys_of(root, role) != keys_of(now.root.signed, role)]
        expires = f"version {root.version} expires on {root.expires:%Y-%m-%d}"
        if changed:
            new = [
                f"{role} {root.roles[role].threshold} of {', '.join(keyid[:16] for keyid in root.roles[role].keyids)}" for role in changed
            ]
            yield Change("rotate_keys", "role:root", f"new keys or thresholds: {'; '.join(new)}; {expires}")
        else:
            yield Change("renew", "role:root", expires)
    for role, metadata in draft.metadata.items():
        if role == TARGETS and draft.targets(now).delegations != (now.targets.signed.delegations if now is not None else None):
            yield Change("delegate", "role:targets", _delegated(draft.targets(now)))
        if role != "root":
            reason = f"version {metadata.signed.version} expires on {metadata.signed.expires:%Y-%m-%d}"
            yield Change("renew", f"role:{role}", reason)


def _delegated(targets: Targets) -> str:
    roles = (targets.delegations.roles if targets.delegations is not None else None) or {}
    found = [
        f"{name} has {', '.join(role.paths or ())} by {role.threshold} of {', '.join(keyid[:16] for keyid in role.keyids)}"
        for name, role in roles.items()
    ]
    return "; ".join(found) or "nothing is delegated any more"


def _index_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = _entries(before), _entries(after)
    for (kind, name), entry in sorted({**old, **new}.items(), key=lambda item: item[0]):
        was, is_now = old.get((kind, name)), new.get((kind, name))
        added, removed = _ACTIONS[kind]
        if was == is_now:
            continue
        if kind == "channel":
            bundle, _space, channel = name.partition(" ")
            yield Change("move_channel", f"bundle:{bundle}", f"channel {channel}: {was or 'none'} -> {is_now or 'none'}")
        elif is_now is None:
            yield Change(removed, f"{kind}:{name}", f"SHA-256 {entry['sha256']} is published no more")
        elif was is None or was["sha256"] != is_now["sha256"]:
            yield Change(added, f"{kind}:{name}", f"SHA-256 {is_now['sha256']}" + (f" instead of {was['sha256']}" if was else ""))
        else:
            changed = sorted(key for key in {*was, *is_now} if was.get(key) != is_now.get(key))
            yield Change("describe", f"{kind}:{name}", f"its {', '.join(changed)} in the index change")
    yield from _rest_of_bundles(before["bundles"], after["bundles"])
    rest = {key for key in {*before, *after} - _KNOWN if before.get(key) != after.get(key)}
    if rest:
        yield Change("describe", "index", f"its {', '.join(sorted(rest))} change")


def _rest_of_bundles(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Yield what changes of bundles beside their archives and channels: the records of roll-outs, which move hosts to a release, and all else."""
    for name in sorted({*before, *after}):
        was, is_now = before.get(name, {}), after.get(name, {})
        yield from _rollout_changes(name, was.get(ROLLOUTS) or {}, is_now.get(ROLLOUTS) or {})
        changed = _differing(was, is_now, besides=("channels", "releases", ROLLOUTS))
        if changed:
            yield Change("describe", f"bundle:{name}", f"its {', '.join(changed)} in the index change")
        old, new = was.get("releases", {}), is_now.get("releases", {})
        for release in sorted({*old, *new}):
            changed = _differing(old.get(release, {}), new.get(release, {}), besides=("platforms",))
            if changed:
                yield Change("describe", f"bundle:{name} {release}", f"its {', '.join(changed)} in the index change")


def _rollout_changes(bundle: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        was, is_now = before.get(name, {}), after.get(name, {})
        if was == is_now:
            continue
        changed = _differing(was, is_now, besides=("state", *STAGED))
        rest = f"; its {', '.join(changed)} change" if changed else ""
        yield Change("record_rollout", f"bundle:{bundle}", f"roll-out {name}: {_of_record(was)} -> {_of_record(is_now)}{rest}")


def _of_record(record: Mapping[str, Any]) -> str:
    if "percent" not in record:
        return str(record.get("state", "none"))
    hosts = f"{record['percent']} % of the hosts of channel {record['channel']}"
    return f"{record['state']}, {hosts} take {record['release']}, and {record['before']} again after a halt"


def _differing(before: Mapping[str, Any], after: Mapping[str, Any], *, besides: Collection[str]) -> list[str]:
    return sorted(key for key in {*before, *after}.difference(besides) if before.get(key) != after.get(key))


_ACTIONS = {
    "bundle": ("publish", "remove_release"),
    "channel": ("move_channel", "move_channel"),
    "wheel": ("add_wheel", "remove_wheel"),
    "prebuilt": ("add_prebuilt", "remove_prebuilt"),
    "file": ("publish_file", "remove_file"),
}
_KNOWN = {"format", "serial", "generated", FLAG, "bundles", "wheels", PREBUILT, FILES}


def _entries(index: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """Return what the index says of each file, and the release of each channel, by kind and name."""
    found: dict[tuple[str, str], Any] = {}
    for name, bundle in index["bundles"].items():
        found |= {("channel", f"{name} {channel}"): release for channel, release in bundle["channels"].items()}
        for release, entry in bundle["releases"].items():
            found |= {("bundle", f"{name} {release} {platform}"): archive for platform, archive in entry["platforms"].items()}
    for sha256, wheel in index["wheels"].items():
        found["wheel", wheel["path"].removeprefix("wheels/")] = {**wheel, "sha256": sha256}
    for sha256, archives in (index.get(PREBUILT) or {}).items():
        found |= {("prebuilt", f"{sha256} {byte_code}"): entry for byte_code, entry in archives.items() if entry}
    return found | {("file", name): entry for name, entry in (index.get(FILES) or {}).items()}
