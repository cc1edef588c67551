"""Rows from a Kafka topic: each message is one JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from foretaste.errors import MissingExtraError, UnreadableDataError
from foretaste.stream.intake import Messages

__all__ = ["KafkaTopic"]


@dataclass(frozen=True)
class KafkaTopic:
    """Messages of all partitions of a topic; partitions are assigned, and no offset is committed.

    Tested against the mock cluster of librdkafka, not against a Kafka broker.

    Parameters
    ----------
    servers
        Such as ``localhost:9092``.
    topic
        Name of the topic.
    block
        Messages that come at once.
    wait
        Seconds without a message after which there are no more for now.
    settings
        Further settings of librdkafka, such as those of authentication.
    """

    servers: str
    topic: str
    block: int = 500
    wait: float = 2.0
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the topic."""
        return f"kafka:{self.topic}"

    def read(self, offset: str | None) -> Iterator[Messages]:
        """Messages from the offset of each partition on."""
        try:
            import confluent_kafka as kafka  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError("reading Kafka", "kafka") from error
        after: dict[str, int] = json.loads(offset) if offset is not None else {}
        consumer = kafka.Consumer(
            {
                "bootstrap.servers": self.servers,
                "group.id": "foretaste",  # asked for by the client, not used
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                **self.settings,
            }
        )
        try:
            parts = consumer.list_topics(self.topic, timeout=10).topics[self.topic].partitions
            consumer.assign(
                [
                    kafka.TopicPartition(self.topic, part, after.get(str(part), 0))
                    for part in sorted(parts)
                ]
            )
            while found := consumer.consume(self.block, timeout=self.wait):
                for message in found:
                    if message.error() is not None:
                        raise kafka.KafkaException(message.error())  # noqa: TRY301 - told below
                    after[str(message.partition())] = int(message.offset() or 0) + 1
                yield Messages(
                    [(f"{m.partition()}:{m.offset()}", m.value() or b"") for m in found],
                    json.dumps(after, sort_keys=True),
                )
        except kafka.KafkaException as error:
            raise UnreadableDataError(
                f"{self.name}: the servers cannot be read: {error}; nothing is lost, start again"
            ) from error
        finally:
            consumer.close()
