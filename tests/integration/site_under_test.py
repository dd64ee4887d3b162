# SPDX-License-Identifier: Apache-2.0
"""All that one test needs: an S3 server whose uploads go to a Kafka topic of its own, and thumbpipes for it."""

import concurrent.futures
import json

from pictures import SIZES, check_thumbnail
from servers import Offsets, Versitygw, wait_until
from thumbpipe import Thumbpipe

BUCKET = "photos"
PARTITIONS = 4


class Site:
    def __init__(self, name, kafka, scratch, logs, properties=None):
        self.name = name
        self.logs = logs
        self.topic = f"uploads-{name}"
        self.group = f"thumbpipe-{name}"
        self.thumbpipes = []
        # Before the S3 server, which announces itself at its start.
        kafka.create_topic(self.topic, PARTITIONS)
        kafka.create_topic(f"{self.topic}.dead-letter", 1)
        self.s3 = Versitygw(scratch / name, logs / f"versitygw-{name}.log", kafka, self.topic)
        self.s3.client.create_bucket(Bucket=BUCKET)
        self.offsets = Offsets(kafka, self.topic, self.group, PARTITIONS)
        self.dead_letters = Offsets(kafka, f"{self.topic}.dead-letter", self.group, 1)
        self.config = scratch / f"{name}.yaml"
        self.config.write_text(
            f"""\
kafka:
  brokers: "{kafka.address}"
  topics: [{self.topic}]
  group: {self.group}
  properties: {json.dumps(properties or {})}
storage:
  endpoint: "{self.s3.endpoint}"
  addressing: path
sizes:
"""
            + "".join(
                f"  {size}: {{width: {width}{f', height: {height}' if height else ''}}}\n"
                for size, (width, height) in SIZES.items()
            )
            + """\
admin: {listen: ""}
log: {level: debug, format: json}
"""
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for thumbpipe in self.thumbpipes:
            thumbpipe.discard()
        self.offsets.close()
        self.dead_letters.close()
        self.s3.stop()

    def start(self):
        log = self.logs / f"thumbpipe-{self.name}-{len(self.thumbpipes) + 1}.log"
        self.thumbpipes.append(Thumbpipe(self.config, log))
        return self.thumbpipes[-1]

    def upload(self, pictures):
        def put(picture):
            self.s3.client.put_object(
                Bucket=BUCKET, Key=picture.key, Body=picture.body, ContentType=picture.content_type
            )

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(put, pictures))

    def ended(self):
        """The lines of all processes that ended the work on an upload; a thumbnail is none."""
        return [
            line
            for thumbpipe in self.thumbpipes
            for event in ("event.done", "event.skipped", "event.failed")
            for line in thumbpipe.events(event)
            if "key" in line and not line["key"].startswith("resized/")
        ]

    def wait_for_endings(self, count, timeout):
        wait_until(
            lambda: len(self.ended()) >= count,
            timeout,
            lambda: f"{len(self.ended())} of {count} uploads done; " + self.thumbpipes[-1].report(),
        )

    def wait_for_commits(self, timeout):
        """Waits until the group has committed all there is; thumbnails announce themselves, too."""
        wait_until(
            lambda: self.offsets.committed() == self.offsets.end(),
            timeout,
            lambda: f"committed {self.offsets.committed()} of {self.offsets.end()}; "
            + self.thumbpipes[-1].report(),
        )

    def check_thumbnails(self, pictures):
        """Fails unless exactly the thumbnails of these are there; returns their bytes by key."""
        expected = {key for picture in pictures for key in picture.outputs().values()}
        assert self.s3.keys(BUCKET, "resized/") == expected
        assert self.dead_letters.end() == 0

        def check(picture):
            thumbnails = {}
            for size, key in picture.outputs().items():
                answer = self.s3.client.get_object(Bucket=BUCKET, Key=key)
                thumbnails[key] = answer["Body"].read()
                check_thumbnail(picture, size, thumbnails[key], answer["ContentType"])
            return thumbnails

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return {key: body for found in pool.map(check, pictures) for key, body in found.items()}
