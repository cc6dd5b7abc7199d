"""The built-in checks: one module per rule, brought to the engine by the entry point `builtin`."""

from __future__ import annotations

from edanalyze.check.rule import Rule
from edanalyze_checks.breaking_contract_change import BreakingContractChange
from edanalyze_checks.closed_consumer_schema import ClosedConsumerSchema
from edanalyze_checks.contested_event_owner import ContestedEventOwner
from edanalyze_checks.correlation_id_dropped import CorrelationIdDropped
from edanalyze_checks.early_ack import EarlyAck
from edanalyze_checks.event_loop import EventLoop
from edanalyze_checks.event_named_as_command import EventNamedAsCommand
from edanalyze_checks.http_in_loop import HttpInLoop
from edanalyze_checks.http_in_message_handler import HttpInMessageHandler
from edanalyze_checks.http_in_transaction import HttpInTransaction
from edanalyze_checks.http_without_correlation_id import HttpWithoutCorrelationId
from edanalyze_checks.http_without_timeout import HttpWithoutTimeout
from edanalyze_checks.leaky_event import LeakyEvent
from edanalyze_checks.malformed_suppression import MalformedSuppression
from edanalyze_checks.missing_partition_key import MissingPartitionKey
from edanalyze_checks.no_dead_letter import NoDeadLetter
from edanalyze_checks.non_idempotent_handler import NonIdempotentHandler
from edanalyze_checks.orphan_event import OrphanEvent
from edanalyze_checks.outbox_outside_transaction import OutboxOutsideTransaction
from edanalyze_checks.poison_message_loop import PoisonMessageLoop
from edanalyze_checks.publish_after_autocommit_write import PublishAfterAutocommitWrite
from edanalyze_checks.publish_after_commit import PublishAfterCommit
from edanalyze_checks.publish_before_commit import PublishBeforeCommit
from edanalyze_checks.publish_in_commit_hook import PublishInCommitHook
from edanalyze_checks.publish_without_correlation_id import PublishWithoutCorrelationId
from edanalyze_checks.replay_unsafe_handler import ReplayUnsafeHandler
from edanalyze_checks.retried_post_without_key import RetriedPostWithoutKey
from edanalyze_checks.saga_without_compensation import SagaWithoutCompensation
from edanalyze_checks.swallowed_handler_failure import SwallowedHandlerFailure
from edanalyze_checks.sync_http_chain import SyncHttpChain
from edanalyze_checks.sync_http_cycle import SyncHttpCycle
from edanalyze_checks.sync_http_fan_out import SyncHttpFanOut
from edanalyze_checks.sync_http_in_request import SyncHttpInRequest
from edanalyze_checks.unconfirmed_publish import UnconfirmedPublish
from edanalyze_checks.undocumented_choreography import UndocumentedChoreography
from edanalyze_checks.undocumented_dependency import UndocumentedDependency
from edanalyze_checks.unused_suppression import UnusedSuppression
from edanalyze_checks.unversioned_event import UnversionedEvent

RULES: tuple[type[Rule], ...] = (
    SyncHttpInRequest,
    SyncHttpChain,
    SyncHttpFanOut,
    HttpInTransaction,
    HttpInMessageHandler,
    SyncHttpCycle,
    SagaWithoutCompensation,
    EventLoop,
    UndocumentedChoreography,
    UndocumentedDependency,
    HttpInLoop,
    HttpWithoutTimeout,
    PublishAfterCommit,
    PublishBeforeCommit,
    PublishInCommitHook,
    UnconfirmedPublish,
    PublishAfterAutocommitWrite,
    OutboxOutsideTransaction,
    MissingPartitionKey,
    NonIdempotentHandler,
    EarlyAck,
    RetriedPostWithoutKey,
    PublishWithoutCorrelationId,
    HttpWithoutCorrelationId,
    CorrelationIdDropped,
    UnversionedEvent,
    ClosedConsumerSchema,
    EventNamedAsCommand,
    ContestedEventOwner,
    OrphanEvent,
    BreakingContractChange,
    LeakyEvent,
    SwallowedHandlerFailure,
    NoDeadLetter,
    PoisonMessageLoop,
    ReplayUnsafeHandler,
    UnusedSuppression,
    MalformedSuppression,
)
