# SPDX-License-Identifier: Apache-2.0

import contextlib
import pathlib
import shutil
import subprocess
import tempfile

import pytest

import servers
from pictures import make_pictures
from site_under_test import Site


@pytest.fixture(scope="session")
def logs():
    """Stays after the tests, for looking into failures."""
    folder = servers.ROOT / "build/integration-logs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def scratch():
    parent = servers.CACHE / "run"
    parent.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(dir=parent))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka(scratch, logs):
    subprocess.run([servers.ROOT / "tests/integration/fetch-servers"], check=True)
    folder = scratch / "kafka"
    folder.mkdir()
    server = servers.Kafka(folder, logs / "kafka.log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def new_site(kafka, scratch, logs):
    """Makes sites: new_site("name") has topics, an S3 server and a bucket of its own."""
    with contextlib.ExitStack() as stack:
        yield lambda name, **settings: stack.enter_context(
            Site(name, kafka, scratch, logs, **settings)
        )


@pytest.fixture(scope="session")
def pictures():
    return make_pictures(200)
