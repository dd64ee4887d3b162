# SPDX-License-Identifier: Apache-2.0
"""The servers around thumbpipe: Apache Kafka and versitygw, an S3 server that announces uploads."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

import boto3
import botocore.config
import confluent_kafka
import confluent_kafka.admin

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
ACCESS_KEY = "thumbpipe"
SECRET_KEY = "not a secret"

# librdkafka would write to stderr that the broker is gone, when it is meant to be.
QUIET = {"log_level": 0}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tail(path, lines=20):
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def wait_until(condition, timeout, what, every=0.2):
    """Returns the first true answer of condition(); `what` may be a function that says more."""
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{timeout} s passed: {what() if callable(what) else what}")
        time.sleep(every)


class Server:
    """A process of our own, ready once its port takes connections; ended by its id."""

    def __init__(self, command, port, log, env=None):
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **(env or {})},
            )
        try:
            wait_until(
                self.is_ready, 60, lambda: f"{command[0]} is not ready:\n{tail(log)}", every=0.05
            )
        except BaseException:
            self.stop()
            raise

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"ended at its start:\n{tail(self.log)}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Kafka(Server):
    """One broker that is its own controller (KRaft)."""

    # A JVM that starts fast and takes little: the second compiler never pays off in a minute.
    JAVA = [
        "java",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx512m",
        "-cp",
        f"{CACHE}/kafka/*",
    ]

    def __init__(self, folder, log):
        port, controller = free_port(), free_port()
        settings = folder / "server.properties"
        settings.write_text(f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
""")
        formatted = subprocess.run(
            [
                *self.JAVA,
                "kafka.tools.StorageTool",
                "format",
                "-t",
                "dGh1bWJwaXBlLXRlc3RzAA",
                "-c",
                settings,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert formatted.returncode == 0, formatted.stderr + formatted.stdout
        super().__init__(
            [*self.JAVA, "-Dorg.apache.logging.log4j.level=INFO", "kafka.Kafka", settings],
            port,
            log,
        )
        self.admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.address, **QUIET})

    def create_topic(self, name, partitions):
        topic = confluent_kafka.admin.NewTopic(name, partitions, replication_factor=1)
        self.admin.create_topics([topic], operation_timeout=20)[name].result(30)

    def consumer(self, group, **settings):
        return confluent_kafka.Consumer(
            {
                "bootstrap.servers": self.address,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                **QUIET,
                **settings,
            }
        )


class Offsets:
    """How far a group has committed a topic, and how far the topic goes."""

    def __init__(self, kafka, topic, group, partitions):
        self.consumer = kafka.consumer(group)
        self.partitions = [confluent_kafka.TopicPartition(topic, p) for p in range(partitions)]

    def committed(self):
        # A partition without a commit says a negative number.
        return sum(max(p.offset, 0) for p in self.consumer.committed(self.partitions, timeout=20))

    def end(self):
        return sum(self.consumer.get_watermark_offsets(p, timeout=20)[1] for p in self.partitions)

    def close(self):
        self.consumer.close()


class Versitygw(Server):
    """Serves the folders below `folder` as buckets and announces uploads on one Kafka topic."""

    def __init__(self, folder, log, kafka, topic):
        port = free_port()
        for name in ("buckets", "sidecar", "iam"):
            (folder / name).mkdir(parents=True)
        super().__init__(
            [
                str(CACHE / "bin/versitygw"),
                "--port",
                f"127.0.0.1:{port}",
                "--event-kafka-url",
                kafka.address,
                "--event-kafka-topic",
                topic,
                "--iam-dir",
                f"{folder}/iam",
                "posix",
                "--sidecar",
                f"{folder}/sidecar",
                f"{folder}/buckets",
            ],
            port,
            log,
            {"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY},
        )
        self.folder = folder
        self.endpoint = f"http://{self.address}"
        self.client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=botocore.config.Config(
                s3={"addressing_style": "path"},
                max_pool_connections=20,
                retries={"max_attempts": 1},
            ),
        )

    def keys(self, bucket, prefix=""):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {entry["Key"] for page in pages for entry in page.get("Contents", [])}

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)
