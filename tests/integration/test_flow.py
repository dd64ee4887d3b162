# SPDX-License-Identifier: Apache-2.0
"""Uploads in, thumbnails out, through real servers; nothing in between is simulated."""

import random
import threading
import time

import pytest

from pictures import TOP_KEY, make_picture


@pytest.fixture(scope="module")
def first_run(new_site, pictures):
    """One process has met every picture once; what it made is there for comparison."""
    site = new_site("one")
    thumbpipe = site.start()
    began = time.monotonic()
    site.upload(pictures)
    site.wait_for_endings(len(pictures), timeout=180)
    site.wait_for_commits(timeout=30)
    print(f"{len(pictures)} uploads and their thumbnails took {time.monotonic() - began:.1f} s")
    return site, thumbpipe, site.check_thumbnails(pictures)


def assert_same(thumbnails, others):
    assert [key for key in thumbnails if thumbnails[key] != others[key]] == []


def test_every_upload_gets_its_thumbnails(first_run, pictures):
    site, thumbpipe, thumbnails = first_run
    assert len(thumbnails) == 2 * len(pictures)
    assert thumbpipe.keys_done() == {picture.key for picture in pictures}
    done = thumbpipe.events("event.done")
    assert {(line["outcome"], line["thumbnails"]) for line in done} == {("stored", 2)}


def test_thumbnails_cause_no_thumbnails(first_run, pictures):
    _, thumbpipe, _ = first_run
    assert len(thumbpipe.events("event.skipped", reason="own_output")) == 2 * len(pictures)


def test_an_upload_at_the_top_of_its_bucket(new_site):
    site = new_site("top")
    picture = make_picture(0)
    picture.key = TOP_KEY
    thumbpipe = site.start()
    site.upload([picture])
    site.wait_for_keys_done({TOP_KEY}, timeout=60)
    site.wait_for_commits(timeout=30)
    site.check_thumbnails([picture])
    thumbpipe.stop()


def test_uploads_again_give_the_same_thumbnails(first_run, pictures):
    site, thumbpipe, thumbnails = first_run
    site.upload(pictures)
    site.wait_for_endings(2 * len(pictures), timeout=180)
    site.wait_for_commits(timeout=30)
    assert_same(thumbnails, site.check_thumbnails(pictures))
    thumbpipe.stop()


def test_two_processes_share_the_work(new_site, first_run, pictures):
    site = new_site("two")
    both = [site.start()]
    both[0].wait_for("kafka.assigned")
    both.append(site.start())
    both[1].wait_for("kafka.assigned")
    site.upload(pictures)
    site.wait_for_keys_done({picture.key for picture in pictures}, timeout=180)
    site.wait_for_commits(timeout=30)
    assert_same(first_run[2], site.check_thumbnails(pictures))
    shares = [len(thumbpipe.events("event.done", outcome="stored")) for thumbpipe in both]
    print(f"the two stored {shares[0]} and {shares[1]}")
    assert min(shares) >= 40
    for thumbpipe in both:
        thumbpipe.stop()


def test_nothing_is_lost_when_killed_ten_times(new_site, first_run, pictures, capsys):
    kills = 10
    batch = len(pictures) // kills
    # A killed member's partitions come back when its session has ended; the least a broker allows.
    site = new_site("killed", properties={"session.timeout.ms": 6000})
    seed = time.time_ns()
    delays = [random.Random(seed + n).uniform(0, 1) for n in range(kills)]
    print("killed after", [f"{delay:.2f}" for delay in delays], "s")

    found_in_flight = 0
    for n, delay in enumerate(delays):
        mine = pictures[n * batch : (n + 1) * batch]
        # Half of them wait when it comes up, the others come while it works.
        site.upload(mine[: batch // 2])
        thumbpipe = site.start()
        others = threading.Thread(target=upload_slowly, args=(site, thumbpipe, mine[batch // 2 :]))
        others.start()
        thumbpipe.wait_for("event.done", timeout=60)
        time.sleep(delay)
        thumbpipe.kill()
        others.join()
        found_in_flight += bool(thumbpipe.in_flight())

    last = site.start()
    last.wait_for("kafka.assigned")
    site.wait_for_commits(timeout=120)
    assert_same(first_run[2], site.check_thumbnails(pictures))
    last.stop()
    with capsys.disabled():
        print(f"\n{found_in_flight} of {kills} kills found events in flight")
    assert found_in_flight > 0


def upload_slowly(site, thumbpipe, pictures):
    """From when the work has begun, and lasting longer than it will."""
    thumbpipe.wait_for("event.done", timeout=60)
    for picture in pictures:
        site.upload([picture])
        time.sleep(0.1)
