# SPDX-License-Identifier: Apache-2.0
"""What the other tests take for granted about the servers they run against."""

import json

from pictures import KEY_PATTERNS
from site_under_test import BUCKET, PARTITIONS


def messages(consumer, topic, count):
    """The first `count` messages that tell of an upload."""
    consumer.subscribe([topic])
    found = []
    while len(found) < count:
        message = consumer.poll(20)
        assert message is not None, f"{len(found)} of {count} messages came"
        assert message.error() is None, message.error()
        value = json.loads(message.value())
        if "Records" in value and value["Records"][0]["eventName"].startswith("s3:ObjectCreated:"):
            found.append((message.partition(), value["Records"][0]))
    return found


def test_an_upload_announces_itself_on_the_topic(new_site, kafka):
    site = new_site("announced")
    keys = [pattern.format(n=n, ext="jpg") for n in range(4) for pattern in KEY_PATTERNS]
    for key in keys:
        site.s3.client.put_object(Bucket=BUCKET, Key=key, Body=b"12345", ContentType="image/jpeg")
    consumer = kafka.consumer("announced")
    try:
        announced = messages(consumer, site.topic, len(keys))
    finally:
        consumer.close()
    assert {record["s3"]["bucket"]["name"] for _, record in announced} == {BUCKET}
    assert {record["s3"]["object"]["size"] for _, record in announced} == {5}
    assert sorted(record["s3"]["object"]["key"] for _, record in announced) == sorted(keys)
    # Two processes can share the work only because the events are spread.
    assert {partition for partition, _ in announced} == set(range(PARTITIONS))


def test_keys_come_back_as_they_were_stored(new_site):
    site = new_site("listed")
    keys = {pattern.format(n=1, ext="png") for pattern in KEY_PATTERNS}
    for key in keys:
        site.s3.client.put_object(Bucket=BUCKET, Key=key, Body=b"12345", ContentType="image/png")
    assert site.s3.keys(BUCKET) == keys
    for key in keys:
        assert site.s3.client.head_object(Bucket=BUCKET, Key=key)["ContentType"] == "image/png"
