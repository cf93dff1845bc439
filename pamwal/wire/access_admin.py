"""Gives a broker the access rules of `contracts.access_rules` and the passwords of Pamwal's users.

It blocks: in a coroutine use a thread.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any, Final

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import ClusterAuthorizationFailedError, SecurityDisabledError
from msgspec import Struct

from pamwal.contracts.access_rules import AccessRule, access_rules
from pamwal.contracts.errors import LogRefused, LogUnavailable
from pamwal.contracts.kafka_users import READER, USERS
from pamwal.contracts.topics import PERSONAL
from pamwal.wire.kafka_admin import kafka_admin
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity

IN_FORCE_WITHIN_S: Final = 10.0
LOOK_S: Final = 0.05
SCRAM_ITERATIONS: Final = 4096
"""Kafka's own; the passwords are random, so more would only make connecting slow."""
_EVERY: Final = ACLFilter(
    principal=None,
    host=None,
    operation=ACLOperation.ANY,
    permission_type=ACLPermissionType.ANY,
    resource_pattern=ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)
_PRINCIPALS: Final = frozenset(f"User:{user}" for user in USERS)
_OTHERS: Final = ("GROUP", READER)
_CHANGES: Final = frozenset({"ALL", "WRITE", "DELETE", "ALTER", "ALTER_CONFIGS"})
_GUARDED: Final = tuple(
    rule for rule in access_rules() if rule.resource != "CLUSTER" and (rule.resource, rule.user) != _OTHERS
)
_SECRET: Final = frozenset(
    rule for rule in _GUARDED if rule.name == PERSONAL.name or rule.resource == "GROUP"
)
_NOT_IN_TABLE: Final = "is not in the table of topics; 'pamwal topics acl --apply --remove' removes it"
_OPEN: Final = "lets another user in: remove the rule with Kafka's own tools, or accept it"


class AccessDifference(Struct, frozen=True):
    """How the rules of a broker differ from the table."""

    missing: tuple[AccessRule, ...]
    """Rules of the table that it does not have."""
    surplus: tuple[ACL, ...]
    """Rules of Pamwal's users that are not in the table."""
    open: tuple[ACL, ...]
    """Rules by which other users may change Pamwal's topics, read names, or take a decider's place."""


def apply_access(
    bootstrap_servers: str, security: KafkaSecurity = PLAINTEXT, *, remove: bool = False
) -> list[str]:
    """Adds the rules that are missing, and returns a line for each thing it did or found.

    `remove` also removes rules of Pamwal's users that are not in the table. Rules of other users are reported
    and never changed. Returns when the rules are in force. LogRefused if the broker has no authorizer, or if
    the user may not change rules; LogUnavailable.
    """
    with kafka_admin(bootstrap_servers, security) as admin:
        try:
            found = _difference(admin)
        except SecurityDisabledError as error:
            raise LogRefused(
                f"the Kafka at {bootstrap_servers} has no authorizer, so every client may do everything: set "
                "authorizer.class.name and allow.everyone.if.no.acl.found=false, and start it again"
            ) from error
        _add(admin, found.missing)
        removed = found.surplus if remove else ()
        _remove(admin, removed)
        _until_in_force(admin, removed)
    return [
        *(f"added {rule}" for rule in found.missing),
        *(f"removed {text_of(acl)}" for acl in removed),
        *(f"{text_of(acl)} {_NOT_IN_TABLE}" for acl in found.surplus if acl not in removed),
        *(f"{text_of(acl)} {_OPEN}" for acl in found.open),
    ]


def apply_passwords(
    bootstrap_servers: str, security: KafkaSecurity, passwords: Mapping[str, str]
) -> list[str]:
    """Sets the SCRAM password of each of these users on the broker; returns a line for each. LogRefused."""
    with kafka_admin(bootstrap_servers, security) as admin:
        made = admin.alter_user_scram_credentials(
            [
                UserScramCredentialUpsertion(
                    user, ScramMechanism.SCRAM_SHA_512, password, iterations=SCRAM_ITERATIONS
                )
                for user, password in passwords.items()
            ]
        )
    failed = [f"{user}: {error}" for user, error in made.items() if error is not None]
    if failed:
        raise LogRefused(f"the Kafka at {bootstrap_servers} did not take passwords: {'; '.join(failed)}")
    return [f"set the password of {user}" for user in passwords]


def check_access(admin: Any) -> list[str]:
    """What is not as the table says, a line each; none for a broker without an authorizer."""
    try:
        found = _difference(admin)
    except SecurityDisabledError:
        return []
    except ClusterAuthorizationFailedError:
        return [
            "access rules: this user may not see them, so none are there: run 'pamwal topics acl --apply'"
        ]
    return [
        *(f"{rule} is missing: run 'pamwal topics acl --apply'" for rule in found.missing),
        *(f"{text_of(acl)} {_NOT_IN_TABLE}" for acl in found.surplus),
        *(f"{text_of(acl)} {_OPEN}" for acl in found.open),
    ]


def text_of(acl: ACL) -> str:
    """A rule of a broker in the words of an `AccessRule`."""
    pattern = acl.resource_pattern
    name = f"{pattern.resource_name}{'*' if pattern.pattern_type is ACLResourcePatternType.PREFIXED else ''}"
    denied = "DENY " if acl.permission_type is ACLPermissionType.DENY else ""
    host = "" if acl.host == "*" else f" from {acl.host}"
    user = acl.principal.removeprefix("User:")
    return f"{user}: {denied}{acl.operation.name} on {pattern.resource_type.name} {name}{host}"


def _difference(admin: Any) -> AccessDifference:
    wanted = {_acl_of(rule): rule for rule in access_rules()}
    there: list[ACL] = admin.describe_acls(_EVERY)[0]
    return AccessDifference(
        missing=tuple(rule for acl, rule in wanted.items() if acl not in there),
        surplus=tuple(acl for acl in there if acl.principal in _PRINCIPALS and acl not in wanted),
        open=tuple(acl for acl in there if acl.principal not in _PRINCIPALS and _lets_in(acl)),
    )


def _acl_of(rule: AccessRule) -> ACL:
    pattern = ACLResourcePatternType.PREFIXED if rule.prefixed else ACLResourcePatternType.LITERAL
    return ACL(
        principal=f"User:{rule.user}",
        host="*",
        operation=ACLOperation[rule.operation],
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(ResourceType[rule.resource], rule.name, pattern),
    )


def _lets_in(acl: ACL) -> bool:
    """Whether a rule of another user breaks a promise of the table: one kind of writer, names for edges."""
    if acl.permission_type is not ACLPermissionType.ALLOW:
        return False
    return any(
        _covers(acl.resource_pattern, rule)
        and (acl.operation.name in _CHANGES or (acl.operation is ACLOperation.READ and rule in _SECRET))
        for rule in _GUARDED
    )


def _covers(pattern: ResourcePattern, rule: AccessRule) -> bool:
    """Whether a pattern is for something that the rule is for."""
    name = pattern.resource_name
    if pattern.resource_type.name != rule.resource:
        return False
    if pattern.pattern_type is ACLResourcePatternType.PREFIXED and rule.name.startswith(name):
        return True
    return name in {"*", rule.name} or (rule.prefixed and name.startswith(rule.name))


def _add(admin: Any, rules: Collection[AccessRule]) -> None:
    if rules:
        failed = admin.create_acls([_acl_of(rule) for rule in rules])["failed"]
        if failed:
            raise failed[0]


def _remove(admin: Any, acls: Collection[ACL]) -> None:
    if not acls:
        return
    filters = [
        ACLFilter(
            acl.principal,
            acl.host,
            acl.operation,
            acl.permission_type,
            ResourcePatternFilter(
                acl.resource_pattern.resource_type,
                acl.resource_pattern.resource_name,
                acl.resource_pattern.pattern_type,
            ),
        )
        for acl in acls
    ]
    for _, _, error in admin.delete_acls(filters):
        if error.errno:
            raise error


def _until_in_force(admin: Any, removed: Collection[ACL]) -> None:
    """A controller takes rules; the broker, which judges by them, hears of it a moment later."""
    deadline = time.monotonic() + IN_FORCE_WITHIN_S
    while True:
        found = _difference(admin)
        if not found.missing and not any(acl in found.surplus for acl in removed):
            return
        if time.monotonic() > deadline:
            raise LogUnavailable(f"the broker has taken the rules, but does not follow them: {found}")
        time.sleep(LOOK_S)
