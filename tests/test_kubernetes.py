"""The manifests for Kubernetes: what they name is there, in this service and in each other."""

import re
import tomllib

import pytest
import yaml
from click.testing import CliRunner

from tests.processes import ROOT
from translator.cli import cli
from translator.journal import open_journal
from translator.journal.kafka.address import parsed
from translator.receive import create_app
from translator.serving import GRACEFUL_SECONDS
from translator.settings.load import NAMED, SINGLE, load_settings, settings_from
from translator.settings.values import JournalSettings, Settings

FOLDER = ROOT / "deploy" / "kubernetes"
DOCUMENTS = [one for path in sorted(FOLDER.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())]
KINDS = {(one["kind"], one["metadata"]["name"]): one for one in DOCUMENTS}
RUNNING = {name: one for (kind, name), one in KINDS.items() if kind in ("Deployment", "Job")}
PAGE = (ROOT / "docs" / "kafka.md").read_text()


def pod(name):
    return RUNNING[name]["spec"]["template"]


def container(name):
    (only,) = pod(name)["spec"]["containers"]
    return only


def environment(name):
    """Its variables; a secret's value is where it comes from."""
    return {one["name"]: one.get("value", "of the secret") for one in container(name)["env"]}


def toml():
    return KINDS["ConfigMap", "translator"]["data"]["translator.toml"]


def test_there_is_what_the_page_says():
    assert set(KINDS) == {
        ("ConfigMap", "translator"),
        ("Job", "translator-journal-init"),
        *((kind, f"translator-{name}") for kind in ("Deployment", "PodDisruptionBudget") for name in ("web", "worker")),
        ("Service", "translator-web"),
    }
    assert len(KINDS) == len(DOCUMENTS)
    applied = re.findall(r"-f deploy/kubernetes/([\w-]+\.yaml)", PAGE)
    assert sorted(applied) == sorted(path.name for path in FOLDER.iterdir())


def test_whoever_chooses_pods_chooses_those_that_there_are():
    for (kind, name), one in KINDS.items():
        if kind in ("Deployment", "PodDisruptionBudget"):
            assert one["spec"]["selector"]["matchLabels"] == pod(name)["metadata"]["labels"]
        if kind == "Service":
            assert one["spec"]["selector"] == pod(name)["metadata"]["labels"]
            (port,) = one["spec"]["ports"]
            assert port["targetPort"] in [said["name"] for said in container(name)["ports"]]
        assert one["metadata"]["labels"]["app.kubernetes.io/name"] == "translator"
    labels = [tuple(pod(name)["metadata"]["labels"].items()) for name in RUNNING]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", RUNNING)
def test_what_is_mounted_and_which_secrets_are_meant(name):
    volumes = {one["name"]: one for one in pod(name)["spec"]["volumes"]}
    assert {one["name"] for one in container(name)["volumeMounts"]} == set(volumes)
    assert ("ConfigMap", volumes["config"]["configMap"]["name"]) in KINDS
    for one in container(name)["env"]:
        if "valueFrom" in one:
            secret = one["valueFrom"]["secretKeyRef"]
            assert secret["name"] == "translator"
            assert f"--from-literal={secret['key']}=" in PAGE
    assert "kubectl create secret generic translator " in PAGE


@pytest.mark.parametrize("name", RUNNING)
def test_the_environment_is_one_that_the_service_reads(name, tmp_path):
    given = environment(name)
    known = {*NAMED, *SINGLE, "PORT", "WEB_CONCURRENCY", "TRANSLATOR_CONFIG"}
    assert all(one in known or one.startswith("TRANSLATOR__") for one in given)
    config = tmp_path / "translator.toml"
    config.write_text(toml())
    found = load_settings(None, {**given, "TRANSLATOR_CONFIG": str(config)})
    # the image says SQLite
    assert (given["JOURNAL_URL"], parsed(found.journal.url).topic) == ("", "segment-calls")
    assert found.journal.kafka.options["sasl.password"] == "of the secret"
    assert given["TRANSLATOR_CONFIG"] == f"{container(name)['volumeMounts'][0]['mountPath']}/translator.toml"
    assert list(found.destinations) == (["amplitude"] if name == "translator-worker" else [])
    if name == "translator-web":
        (port,) = container(name)["ports"]
        assert (found.server.port, found.server.host, found.server.delivery) == (
            port["containerPort"],
            "0.0.0.0",
            False,
        )
        assert found.segment.shared_secret


def test_the_configuration_names_what_is_run_and_no_secret():
    settings = settings_from(tomllib.loads(toml()))
    assert settings.server.behind_proxy
    assert settings.journal.kafka.replication <= len(parsed(settings.journal.url).servers.split(","))
    assert "password" not in toml()


def test_probes_ask_what_there_is(tmp_path):
    journal = open_journal(JournalSettings(f"sqlite:///{tmp_path}/journal.db"))
    doors = {rule.rule for rule in create_app(Settings(), journal).url_map.iter_rules()}
    journal.close()
    web = container("translator-web")
    asked = {kind: web[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {kind: one["path"] for kind, one in asked.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        # a pod that is not ready takes no calls, and /readyz is 503 too while no worker lives
        "readiness": "/healthz",
    }
    assert "`web` counts as ready by `/healthz`" in PAGE
    assert {one["path"] for one in asked.values()} <= doors
    assert {one["port"] for one in asked.values()} == {"http"}


def test_a_stop_has_the_time_that_it_needs():
    (_, sleep) = container("translator-web")["lifecycle"]["preStop"]["exec"]["command"]
    web, worker = (pod(f"translator-{name}")["spec"]["terminationGracePeriodSeconds"] for name in ("web", "worker"))
    assert web >= int(sleep) + GRACEFUL_SECONDS + 10
    assert worker >= 20 + 10, "docs/deploy.md: give it 20 s"


def test_the_commands_are_there():
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert container("translator-web")["command"] == lines["web"].split()
    assert container("translator-worker")["command"] == lines["worker"].split()
    program, *command = container("translator-journal-init")["command"]
    assert program == "translator"
    assert CliRunner().invoke(cli, [*command, "--help"]).exit_code == 0


@pytest.mark.parametrize("name", ["translator-web", "translator-worker"])
def test_never_all_are_away_at_once(name):
    assert RUNNING[name]["spec"]["replicas"] > KINDS["PodDisruptionBudget", name]["spec"]["maxUnavailable"]
    assert RUNNING[name]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("name", RUNNING)
def test_nobody_has_more_rights_than_needed(name):
    assert container(name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    said = pod(name)["spec"]
    assert (said["automountServiceAccountToken"], said["securityContext"]["runAsNonRoot"]) == (False, True)


def test_the_image_has_the_engine():
    assert "'.[kafka]'" in (ROOT / "deploy" / "Dockerfile").read_text()
