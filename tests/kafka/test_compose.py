"""deploy/kafka/compose.yaml, held against a real broker of the same version; Docker is not needed."""

import re
import subprocess

import yaml
from confluent_kafka.admin import AdminClient, ConfigResource

from tests.conftest import missing
from tests.kafka.cluster import lacking, program
from tests.processes import ROOT

PLACE = ROOT / "deploy" / "kafka" / "compose.yaml"
COMPOSE = yaml.safe_load(PLACE.read_text())
SERVICES = COMPOSE["services"]


def properties(service):
    """What the image makes of its environment: without KAFKA_, small, with a dot for each ``_``."""
    found = SERVICES[service]["environment"].items()
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in found
        if name.startswith("KAFKA_")
    }


def listeners(value):
    """``NAME://host:port,…`` as a dictionary."""
    return dict(re.findall(r"(\w+)://([^,]*)", value))


def test_the_version_is_that_which_the_tests_run():
    pom = (ROOT / "tests" / "kafka" / "pom.xml").read_text()
    (version,) = re.findall(r"<artifactId>kafka_[\d.]+</artifactId>\s*<version>(.*?)</version>", pom)
    assert {service["image"] for service in SERVICES.values()} == {f"apache/kafka:{version}"}


def test_each_setting_is_one_of_kafkas(kafka):
    admin = AdminClient(kafka.client())
    (known,) = admin.describe_configs([ConfigResource("broker", "1")]).values()
    for service in SERVICES:
        assert set(properties(service)) <= set(known.result(30))


def test_storage_is_formatted_with_each_brokers_settings(tmp_path):
    """As the image does first: whatever contradicts itself is refused here."""
    if lacks := lacking():
        missing(lacks)
    for service in SERVICES:
        found = {**properties(service), "log.dirs": str(tmp_path / service)}
        file = tmp_path / f"{service}.properties"
        file.write_text("".join(f"{name}={value}\n" for name, value in found.items()))
        cluster = SERVICES[service]["environment"]["CLUSTER_ID"]
        command = program("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(file))
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert f"cluster.id={cluster}\n" in (tmp_path / service / "meta.properties").read_text()


def test_clients_find_each_broker_where_it_says_that_it_is():
    outside = []
    for number, (name, service) in enumerate(SERVICES.items(), 1):
        said = listeners(properties(name)["advertised.listeners"])
        own = listeners(properties(name)["listeners"])
        (published,) = service["ports"]
        assert published == f"127.0.0.1:{said['OUTSIDE'].rpartition(':')[2]}{own['OUTSIDE']}"
        assert said["OUTSIDE"].startswith("localhost:")
        assert said["INSIDE"] == name + own["INSIDE"]
        assert properties(name)["node.id"] == str(number)
        assert f"{number}@{name}{own['CONTROLLER']}" in properties(name)["controller.quorum.voters"].split(",")
        outside.append(said["OUTSIDE"])
    assert f"JOURNAL_URL=kafka://{','.join(outside)}/translator\n" in PLACE.read_text()
    inside = ",".join(f"{name}:19092" for name in SERVICES)
    assert f"JOURNAL_URL=kafka://{inside}/translator " in PLACE.read_text()


def test_what_they_keep_outlives_them():
    for service in SERVICES.values():
        (volume,) = service["volumes"]
        name, _, folder = volume.partition(":")
        assert name in COMPOSE["volumes"]
        assert folder == service["environment"]["KAFKA_LOG_DIRS"]
    assert len({str(service["volumes"]) for service in SERVICES.values()}) == 3
