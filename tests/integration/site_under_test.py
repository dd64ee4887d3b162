# SPDX-License-Identifier: Apache-2.0
"""What one test needs: an S3 server that announces on a topic of its own, and thumbpipes for it."""

import concurrent.futures
import json

from pictures import SIZES, check_thumbnail
from servers import Offsets, Versitygw, wait_until
from thumbpipe import ENDINGS, Thumbpipe

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

    def wait_until(self, condition, timeout, what):
        """Fails at once when a process has ended that nobody told to."""

        def holds():
            answer = condition()
            for thumbpipe in self.thumbpipes:
                assert (
                    answer or thumbpipe.told_to_end or thumbpipe.process.poll() is None
                ), thumbpipe.report()
            return answer

        def more():
            return "\n".join([what(), *(t.report() for t in self.thumbpipes if not t.told_to_end)])

        return wait_until(holds, timeout, more)

    def endings(self):
        """The lines of all processes that ended the work on an upload; a thumbnail is none."""
        return [
            line
            for thumbpipe in self.thumbpipes
            for event in ENDINGS
            for line in thumbpipe.events(event)
            if "key" in line and not line["key"].startswith("resized/")
        ]

    def wait_for_endings(self, count, timeout):
        self.wait_until(
            lambda: len(self.endings()) >= count,
            timeout,
            lambda: f"{len(self.endings())} of {count} uploads are through",
        )

    def wait_for_keys_done(self, keys, timeout):
        """For when an event may be done twice, as where a partition changes hands."""

        def missing():
            return keys - set().union(*(thumbpipe.keys_done() for thumbpipe in self.thumbpipes))

        self.wait_until(lambda: not missing(), timeout, lambda: f"not done: {sorted(missing())}")

    def wait_for_commits(self, timeout):
        """Waits until the group has committed all there is; thumbnails announce themselves, too."""
        self.wait_until(
            lambda: self.offsets.committed() == self.offsets.end(),
            timeout,
            lambda: f"committed {self.offsets.committed()} of {self.offsets.end()}",
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
