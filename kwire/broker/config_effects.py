"""Broker configs that kwire does not implement: some are refused at start, the others are ignored.

A config that asks for security, for tiered storage or for a cluster of several machines is refused, because to
ignore it would feign what is not there. The others make no difference to clients.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from kwire.broker.config_definitions import ConfigDefinition, ConfigError, find
from kwire.broker.configs import trimmed
from kwire.broker.resources import BROKER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_log = logging.getLogger("kwire")

NO_TLS: Final = (
    "kwire has no TLS: leave it out, and keep the port where everybody who reaches it may do everything, "
    "or behind a proxy that has TLS"
)
NO_SASL: Final = "kwire has no SASL: leave it out, and keep the port where everybody who reaches it may do everything"
NO_PERMISSIONS: Final = (
    "kwire checks no permissions: leave it out, and keep the port where everybody who reaches it may do everything"
)
NO_POLICIES: Final = "kwire loads no Java classes, so no policy would be asked: leave it out"
ONE_BOUND: Final = "kwire has one bound for all addresses: leave it out and set max.connections.per.ip"
NO_PROVIDERS: Final = "kwire asks no config providers: leave it out and write the values themselves"
ONE_DIRECTORY: Final = "kwire keeps everything in one directory: leave it out and name that with --data DIR"
NO_TIERS: Final = "kwire has no tiered storage: leave it out; records stay in the data directory until their retention"
ONE_PROCESS: Final = (
    "a cluster of kwire is one process that joins no other: leave it out; --brokers N makes it a cluster of several"
)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


REFUSED: Final[Mapping[str, tuple[str, ...]]] = {
    NO_TLS: _names(
        """
        listener.security.protocol.map security.inter.broker.protocol ssl.client.auth ssl.engine.factory.class
        ssl.key.password ssl.keystore.certificate.chain ssl.keystore.key ssl.keystore.location
        ssl.keystore.password ssl.principal.mapping.rules ssl.truststore.certificates ssl.truststore.location
        ssl.truststore.password
        """
    ),
    NO_SASL: _names(
        """
        connections.max.reauth.ms delegation.token.secret.key sasl.client.callback.handler.class
        sasl.enabled.mechanisms sasl.jaas.config sasl.kerberos.principal.to.local.rules
        sasl.kerberos.service.name sasl.login.callback.handler.class sasl.login.class
        sasl.mechanism.controller.protocol sasl.mechanism.inter.broker.protocol
        sasl.oauthbearer.expected.audience sasl.oauthbearer.expected.issuer sasl.oauthbearer.jwks.endpoint.url
        sasl.oauthbearer.jwt.retriever.class sasl.oauthbearer.jwt.validator.class
        sasl.oauthbearer.token.endpoint.url sasl.server.callback.handler.class
        """
    ),
    NO_PERMISSIONS: _names("authorizer.class.name principal.builder.class"),
    NO_POLICIES: _names("alter.config.policy.class.name create.topic.policy.class.name"),
    ONE_BOUND: _names("max.connections.per.ip.overrides"),
    NO_PROVIDERS: _names("config.providers"),
    ONE_DIRECTORY: _names("metadata.log.dir"),
    NO_TIERS: _names("remote.log.storage.system.enable"),
    ONE_PROCESS: _names("controller.quorum.bootstrap.servers controller.quorum.voters process.roles"),
}
"""Configs that are refused at start, by the reason with what to do instead; see ASK_FOR_NOTHING for exceptions."""

IGNORED: Final[Mapping[str, tuple[str, ...]]] = {
    "There is no TLS.": _names(
        """
        security.providers ssl.allow.dn.changes ssl.allow.san.changes ssl.cipher.suites ssl.enabled.protocols
        ssl.endpoint.identification.algorithm ssl.keymanager.algorithm ssl.keystore.type ssl.protocol
        ssl.provider ssl.secure.random.implementation ssl.trustmanager.algorithm ssl.truststore.type
        """
    ),
    "There is no SASL.": _names(
        """
        connection.failed.authentication.delay.ms delegation.token.expiry.check.interval.ms
        delegation.token.expiry.time.ms delegation.token.max.lifetime.ms sasl.kerberos.kinit.cmd
        sasl.kerberos.min.time.before.relogin sasl.kerberos.ticket.renew.jitter
        sasl.kerberos.ticket.renew.window.factor sasl.login.connect.timeout.ms sasl.login.read.timeout.ms
        sasl.login.refresh.buffer.seconds sasl.login.refresh.min.period.seconds sasl.login.refresh.window.factor
        sasl.login.refresh.window.jitter sasl.login.retry.backoff.max.ms sasl.login.retry.backoff.ms
        sasl.oauthbearer.allow.unverified.audience sasl.oauthbearer.allow.unverified.issuer
        sasl.oauthbearer.assertion.algorithm sasl.oauthbearer.assertion.claim.aud
        sasl.oauthbearer.assertion.claim.exp.seconds sasl.oauthbearer.assertion.claim.iss
        sasl.oauthbearer.assertion.claim.jti.include sasl.oauthbearer.assertion.claim.nbf.seconds
        sasl.oauthbearer.assertion.claim.sub sasl.oauthbearer.assertion.file
        sasl.oauthbearer.assertion.private.key.file sasl.oauthbearer.assertion.private.key.passphrase
        sasl.oauthbearer.assertion.template.file sasl.oauthbearer.client.credentials.client.id
        sasl.oauthbearer.client.credentials.client.secret sasl.oauthbearer.clock.skew.seconds
        sasl.oauthbearer.jwks.endpoint.refresh.ms sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms
        sasl.oauthbearer.jwks.endpoint.retry.backoff.ms sasl.oauthbearer.scope sasl.oauthbearer.scope.claim.name
        sasl.oauthbearer.sub.claim.name sasl.server.max.receive.size
        """
    ),
    "There are no transactions.": _names(
        """
        add.partitions.to.txn.retry.backoff.max.ms add.partitions.to.txn.retry.backoff.ms
        transaction.abort.timed.out.transaction.cleanup.interval.ms transaction.max.timeout.ms
        transaction.partition.verification.enable transaction.remove.expired.transaction.cleanup.interval.ms
        transaction.state.log.load.buffer.size transaction.state.log.min.isr
        transaction.state.log.num.partitions transaction.state.log.replication.factor
        transaction.state.log.segment.bytes transaction.two.phase.commit.enable transactional.id.expiration.ms
        """
    ),
    "There are no share groups.": _names(
        """
        errors.deadletterqueue.auto.create.topics.enable errors.deadletterqueue.topic.name.prefix
        group.share.assignment.interval.ms group.share.assignor.offload.enable group.share.assignors
        group.share.delivery.count.limit group.share.dlq.manager.class.name group.share.heartbeat.interval.ms
        group.share.initialize.retry.interval.ms group.share.max.assignment.interval.ms
        group.share.max.delivery.count.limit group.share.max.heartbeat.interval.ms
        group.share.max.partition.max.record.locks group.share.max.record.lock.duration.ms
        group.share.max.session.timeout.ms group.share.max.share.sessions group.share.max.size
        group.share.min.assignment.interval.ms group.share.min.delivery.count.limit
        group.share.min.heartbeat.interval.ms group.share.min.partition.max.record.locks
        group.share.min.record.lock.duration.ms group.share.min.session.timeout.ms
        group.share.partition.max.record.locks group.share.persister.class.name
        group.share.record.lock.duration.ms group.share.session.timeout.ms share.coordinator.append.linger.ms
        share.coordinator.cached.buffer.max.bytes share.coordinator.cold.partition.snapshot.interval.ms
        share.coordinator.load.buffer.size share.coordinator.snapshot.update.records.per.snapshot
        share.coordinator.state.topic.compression.codec share.coordinator.state.topic.min.isr
        share.coordinator.state.topic.num.partitions share.coordinator.state.topic.prune.interval.ms
        share.coordinator.state.topic.replication.factor share.coordinator.state.topic.segment.bytes
        share.coordinator.threads share.coordinator.write.timeout.ms
        share.fetch.purgatory.purge.interval.requests
        """
    ),
    "There are no Streams groups (KIP-1071).": _names(
        """
        group.streams.acceptable.recovery.lag group.streams.assignment.interval.ms
        group.streams.assignor.offload.enable group.streams.assignors group.streams.heartbeat.interval.ms
        group.streams.initial.rebalance.delay.ms group.streams.max.assignment.interval.ms
        group.streams.max.heartbeat.interval.ms group.streams.max.session.timeout.ms group.streams.max.size
        group.streams.max.standby.replicas group.streams.max.warmup.replicas
        group.streams.min.assignment.interval.ms group.streams.min.heartbeat.interval.ms
        group.streams.min.session.timeout.ms group.streams.min.task.offset.interval.ms
        group.streams.num.standby.replicas group.streams.num.warmup.replicas
        group.streams.rack.aware.assignment.tags group.streams.session.timeout.ms
        group.streams.task.offset.interval.ms group.streams.topology.description.plugin.class
        """
    ),
    "There is no tiered storage.": _names(
        """
        follower.fetch.last.tiered.offset.enable log.local.retention.bytes log.local.retention.ms
        log.remote.copy.lag.bytes log.remote.copy.lag.ms remote.fetch.max.wait.ms
        remote.list.offsets.request.timeout.ms remote.log.index.file.cache.total.size.bytes
        remote.log.index.file.cache.ttl.ms remote.log.manager.copier.thread.pool.size
        remote.log.manager.copy.max.bytes.per.second remote.log.manager.copy.quota.window.num
        remote.log.manager.copy.quota.window.size.seconds remote.log.manager.expiration.thread.pool.size
        remote.log.manager.fetch.max.bytes.per.second remote.log.manager.fetch.quota.window.num
        remote.log.manager.fetch.quota.window.size.seconds remote.log.manager.follower.thread.pool.size
        remote.log.manager.task.interval.ms remote.log.manager.task.retry.backoff.max.ms
        remote.log.manager.task.retry.backoff.ms remote.log.manager.task.retry.jitter
        remote.log.manager.thread.pool.size remote.log.metadata.custom.metadata.max.bytes
        remote.log.metadata.manager.class.name remote.log.metadata.manager.class.path
        remote.log.metadata.manager.impl.prefix remote.log.metadata.manager.listener.name
        remote.log.reader.max.pending.tasks remote.log.reader.threads remote.log.storage.manager.class.name
        remote.log.storage.manager.class.path remote.log.storage.manager.impl.prefix
        """
    ),
    "There are no quotas.": _names(
        """
        alter.log.dirs.replication.quota.window.num alter.log.dirs.replication.quota.window.size.seconds
        client.quota.callback.class controller.quota.window.num controller.quota.window.size.seconds
        follower.replication.throttled.rate leader.replication.throttled.rate max.connection.creation.rate
        quota.window.num quota.window.size.seconds replica.alter.log.dirs.io.max.bytes.per.second
        replication.quota.window.num replication.quota.window.size.seconds
        """
    ),
    "Replicas share one log: nothing is copied, and none is ever behind.": _names(
        """
        auto.leader.rebalance.enable broker.rack leader.imbalance.check.interval.seconds
        num.replica.alter.log.dirs.threads num.replica.fetchers replica.fetch.backoff.ms replica.fetch.max.bytes
        replica.fetch.min.bytes replica.fetch.response.max.bytes replica.fetch.wait.max.ms
        replica.high.watermark.checkpoint.interval.ms replica.lag.time.max.ms replica.selector.class
        replica.socket.receive.buffer.bytes replica.socket.timeout.ms unclean.leader.election.enable
        unclean.leader.election.interval.ms
        """
    ),
    "One process holds all brokers and is their controller.": _names(
        """
        broker.heartbeat.interval.ms broker.session.timeout.ms controlled.shutdown.enable
        controller.listener.names controller.performance.always.log.threshold.ms
        controller.performance.sample.period.ms controller.quorum.append.linger.ms
        controller.quorum.auto.join.enable controller.quorum.election.backoff.max.ms
        controller.quorum.election.timeout.ms controller.quorum.fetch.max.bytes
        controller.quorum.fetch.snapshot.max.bytes controller.quorum.fetch.timeout.ms
        controller.quorum.request.timeout.ms controller.quorum.retry.backoff.ms controller.socket.timeout.ms
        early.start.listeners initial.broker.registration.timeout.ms inter.broker.listener.name
        internal.metadata.delete.delay.millis internal.metadata.log.segment.bytes
        internal.metadata.max.batch.size.in.bytes metadata.log.max.record.bytes.between.snapshots
        metadata.log.max.snapshot.interval.ms metadata.log.segment.bytes metadata.log.segment.ms
        metadata.max.idle.interval.ms metadata.max.retention.bytes metadata.max.retention.ms request.timeout.ms
        server.max.startup.time.ms socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms
        """
    ),
    "There are no metrics over JMX, and none are asked of clients.": _names(
        """
        kafka.metrics.polling.interval.secs kafka.metrics.reporters metric.reporters metrics.num.samples
        metrics.recording.level metrics.sample.window.ms telemetry.max.bytes
        """
    ),
    "kwire does this in its own way.": _names(
        """
        background.threads cordoned.log.dirs delete.records.purgatory.purge.interval.requests
        fetch.purgatory.purge.interval.requests group.consumer.assignor.offload.enable
        group.coordinator.append.linger.ms group.coordinator.background.threads
        group.coordinator.cached.buffer.max.bytes group.coordinator.rebalance.protocols
        group.coordinator.threads log.cleaner.threads log.dir.failure.timeout.ms
        log.flush.offset.checkpoint.interval.ms log.flush.start.offset.checkpoint.interval.ms
        log.initial.task.delay.ms log.preallocate num.io.threads num.network.threads
        num.recovery.threads.per.data.dir offsets.commit.timeout.ms offsets.load.buffer.size
        offsets.topic.compression.codec producer.id.expiration.check.interval.ms
        producer.purgatory.purge.interval.requests queued.max.request.bytes queued.max.requests
        socket.receive.buffer.bytes socket.send.buffer.bytes unstable.api.versions.enable
        unstable.feature.versions.enable
        """
    ),
}
"""Configs that change nothing, by the reason."""


def _parts(text: str) -> list[str]:
    return [trimmed(part) for part in text.split(",")]


def _only_plaintext(text: str) -> bool:
    pairs = [pair.partition(":")[::2] for pair in _parts(text)]
    return all(protocol in {"PLAINTEXT", listener} for listener, protocol in pairs)


ASK_FOR_NOTHING: Final[Mapping[str, Callable[[str], bool]]] = {
    "controller.quorum.bootstrap.servers": lambda text: len(_parts(text)) == 1,
    "controller.quorum.voters": lambda text: len(_parts(text)) == 1,
    "listener.security.protocol.map": _only_plaintext,
    "process.roles": lambda text: {*_parts(text)} == {"broker", "controller"},
}
"""Harmless values of refused configs, which are accepted like the default and the empty value."""


def refuse_what_would_be_missed(name: str, text: str) -> None:
    """Refuse to start with a config that asks for something kwire does not do. Its value has been validated.

    Raises:
        ConfigError: one line that says what to do instead.
    """
    definition = find(BROKER, name)
    if definition is None or _is_as_ever(definition, text):
        return
    asks_for_nothing = ASK_FOR_NOTHING.get(definition.name)
    if asks_for_nothing is not None and asks_for_nothing(text):
        return
    for why, names in REFUSED.items():
        if definition.name in names:
            raise ConfigError(f"{name}: {why}")


def say_what_has_no_effect(config: Mapping[str, str]) -> None:
    """Log one line with the names of the configs that change nothing, if there are any."""
    names = ", ".join(without_effect(config))
    if names:
        _log.warning("without effect in kwire: %s (docs/configuration.md says what each config does)", names)


def without_effect(config: Mapping[str, str]) -> Iterable[str]:
    """Find the configs that change nothing although their values are not the defaults."""
    ignored = {name for names in IGNORED.values() for name in names} | ASK_FOR_NOTHING.keys()
    for name, text in config.items():
        definition = find(BROKER, name)
        if definition is not None and definition.name in ignored and not _is_as_ever(definition, text):
            yield name


def _is_as_ever(definition: ConfigDefinition, text: str) -> bool:
    return definition.canonical(text) in {"", definition.default}
